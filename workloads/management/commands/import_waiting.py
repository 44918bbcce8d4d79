"""`manage.py import_waiting`: check and import the files that people have uploaded, without Celery."""

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
from workloads.register import sweep


class Command(BaseCommand):
    help = "Work on uploaded files that wait. With --loop it goes on until SIGTERM, finishing the file in its hands."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on for ever, also while the database is away")
        parser.add_argument("--every", type=float, default=2, metavar="SECONDS", help="between two looks (default 2)")

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
            done = sweep.work(clock=timezone.now, stop=ending.is_set)
        except DatabaseError as error:
            if not patient:
                raise
            self.stderr.write(f"The database is away, trying again: {error}")
            connection.close()
            return
        if done:
            self.stdout.write(f"{done} worked on")
