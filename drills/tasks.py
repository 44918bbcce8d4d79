"""Doormen: what the timetable wakes."""

from celery import shared_task
from django.utils import timezone

from drills import reminders


@shared_task(name="drills.tasks.remind")
def remind() -> None:
    reminders.remind_all(at=timezone.now())
