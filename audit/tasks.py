"""Doormen: the timetable knocks, the sealer works."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from audit import sealing, ticks


@shared_task(name="audit.tasks.seal")
def seal() -> None:
    while sealing.seal(at=timezone.now()) == sealing.BATCH:
        pass
    sealing.keep_head_outside()
    ticks.tick(ticks.Part.SEALING)
