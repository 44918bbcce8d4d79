"""The frame: settings, addresses, API router, timetable, home page, embedded services. Knows all, known by none."""

from drportal.celery import app as celery_app

__all__ = ["celery_app"]
