"""Doormen of the frame."""

from celery import shared_task
from django.utils import timezone

from audit import ticks
from drportal import idempotency


@shared_task(name="drportal.tasks.tick")
def tick() -> None:
    """That a worker runs, and takes what beat hands out."""
    ticks.tick(ticks.Part.WORKER)


@shared_task(name="drportal.tasks.forget_answers")
def forget_answers() -> None:
    while idempotency.forget_expired(at=timezone.now()) == idempotency.SWEPT_AT_ONCE:
        pass
