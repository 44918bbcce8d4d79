"""A page that cannot wait for the next tick of the timetable wakes the sweep, as soon as its transaction stands."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from audit.breaker import broker

# The person who uploads waits for this, so that a broker that is gone must cost her next to nothing.
IN_A_HURRY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
}
SWEEP = "workloads.tasks.work_on_imports"
log = logging.getLogger(__name__)


def wake() -> None:
    transaction.on_commit(_call)


def _call() -> None:
    """Without a broker the file waits for the timetable, or for `manage.py import_waiting`."""
    if broker.is_open:
        return
    try:
        with (
            current_app.connection_for_write(transport_options=IN_A_HURRY) as line,
            current_app.amqp.Producer(line) as producer,
        ):
            current_app.send_task(SWEEP, expires=60, retry=False, ignore_result=True, producer=producer)
    except (KombuError, RedisError, OSError):
        broker.failed()
        log.warning("the broker does not answer: nobody is told that a file waits")
