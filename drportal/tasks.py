"""Doormen of the frame."""

from celery import shared_task
from django.utils import timezone

from drportal import idempotency


@shared_task(name="drportal.tasks.forget_answers")
def forget_answers() -> None:
    while idempotency.forget_expired(at=timezone.now()) == idempotency.SWEPT_AT_ONCE:
        pass
