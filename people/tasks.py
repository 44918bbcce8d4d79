"""Doormen: what the timetable wakes."""

from celery import shared_task
from django.utils import timezone

from people import machine_tokens


@shared_task(name="people.tasks.end_machine_tokens")
def end_machine_tokens() -> None:
    machine_tokens.end_lapsed(at=timezone.now())
