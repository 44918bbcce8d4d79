"""`manage.py deliver`: send what is due, without Celery."""

from __future__ import annotations

import argparse
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from audit.models import Door
from audit.services import through
from communications import delivery, digests


class Command(BaseCommand):
    help = "Send the messages that are due. With --loop it goes on until SIGTERM, finishing the message in flight."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on for ever, also while the database is away")
        parser.add_argument("--every", type=float, default=5, metavar="SECONDS", help="between two looks (default 5)")

    def handle(self, *args: Any, **options: Any) -> None:
        ending = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ending.set())
        with through(Door.SWEEP):
            while not ending.is_set():
                self._sweep(ending, patient=options["loop"])
                if not options["loop"]:
                    return
                ending.wait(options["every"])

    def _sweep(self, ending: threading.Event, *, patient: bool) -> None:
        try:
            digests.gather(at=timezone.now())
            done = delivery.deliver(seconds=60, stop=ending.is_set)
        except DatabaseError as error:
            if not patient:
                raise
            self.stderr.write(f"The database is away, trying again: {error}")
            connection.close()
            return
        if done.sent or done.failed or done.doubted:
            self.stdout.write(f"{done.sent} sent, {done.failed} failed, {done.doubted} in doubt")
