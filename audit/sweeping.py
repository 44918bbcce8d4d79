"""Commands that do without Celery what a sweep does: once, or again and again until they are told to end."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import connection

from audit import ticks
from audit.models import Door
from audit.services import through


class SweepCommand(BaseCommand):
    """Subclasses say what one look does. With --loop a database that is away is waited for."""

    every = 5.0  # seconds between two looks

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on for ever, also while the database is away")
        said = f"between two looks (default {self.every:g})"
        parser.add_argument("--every", type=float, default=self.every, metavar="SECONDS", help=said)

    def handle(self, *args: Any, **options: Any) -> None:
        ending = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ending.set())
        with through(Door.SWEEP):
            while not ending.is_set():
                self._look(ending, patient=options["loop"])
                if not options["loop"]:
                    return
                ending.wait(options["every"])

    def _look(self, ending: threading.Event, *, patient: bool) -> None:
        try:
            done = self.sweep(ending.is_set)
        except DatabaseError as error:
            if not patient:
                raise
            self.stderr.write(f"The database is away, trying again: {error}")
            connection.close()
            return
        ticks.tick(ticks.Part.WORKER)
        if done:
            self.stdout.write(done)

    def sweep(self, stop: Callable[[], bool]) -> str:
        """One look; returns what was done in words, empty for nothing. Ends early, but not in the middle, once `stop` says so."""
        raise NotImplementedError
