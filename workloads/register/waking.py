"""A page that cannot wait for the next tick of the timetable wakes the sweep, as soon as its transaction stands."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

SWEEP = "workloads.tasks.work_on_imports"
log = logging.getLogger(__name__)


def wake() -> None:
    transaction.on_commit(_call)


def _call() -> None:
    """Without a broker the file waits for the timetable, or for `manage.py import_waiting`."""
    try:
        current_app.send_task(SWEEP, expires=60, retry=False, ignore_result=True)
    except (KombuError, RedisError, OSError):
        log.warning("the broker does not answer: nobody is told that a file waits")
