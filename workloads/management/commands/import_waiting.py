"""`manage.py import_waiting`: check and import the files that people have uploaded, without Celery."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from audit.sweeping import SweepCommand
from workloads.register import sweep


class Command(SweepCommand):
    help = "Work on uploaded files that wait. With --loop it goes on until SIGTERM, finishing the file in its hands."
    every = 2.0

    def sweep(self, stop: Callable[[], bool]) -> str:
        done = sweep.work(clock=timezone.now, stop=stop)
        return f"{done} worked on" if done else ""
