"""`manage.py deliver`: send what is due, without Celery."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from audit.sweeping import SweepCommand
from communications import delivery, digests


class Command(SweepCommand):
    help = "Send the messages that are due. With --loop it goes on until SIGTERM, finishing the message in flight."

    def sweep(self, stop: Callable[[], bool]) -> str:
        digests.gather(at=timezone.now())
        done = delivery.deliver(seconds=60, stop=stop)
        some = done.sent or done.failed or done.doubted
        return f"{done.sent} sent, {done.failed} failed, {done.doubted} in doubt" if some else ""
