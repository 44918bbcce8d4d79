"""The Celery application and its timetable.

Beat only ticks: every task looks into the database for work that is due, so that any number of beats, late or doubled,
does each thing once. No ETA or countdown anywhere (see docs/decisions).
"""

import os
import time
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import after_task_publish, beat_init, worker_init
from django.db import connections

from drportal.entering import begin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")

app = Celery("drportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

SIGN_EVERY = 15.0  # seconds between two signs of life of beat
_signed: dict[str, float] = {}

# Every so many seconds; work that people wait for is in settings.CELERY_BEAT_SCHEDULE.
HOUSEKEEPING = {
    "people.tasks.end_machine_tokens": 300.0,
    "workloads.tasks.forget_imports": 600.0,
    "workloads.tasks.lapse_waivers": 3600.0,
    "drportal.tasks.forget_answers": 3600.0,
}


@beat_init.connect
def give_signs(**_: Any) -> None:
    """In the process of beat alone: what it hands out is its sign of life, so that one that waits for the broker is silent."""
    after_task_publish.connect(_sign_of_beat, weak=False)


def _sign_of_beat(**_: Any) -> None:
    now = time.monotonic()
    if now - _signed.get("at", -SIGN_EVERY) < SIGN_EVERY:
        return
    _signed["at"] = now
    # Models are there only when the application is set up, which is after this module is read.
    ticks = import_module("audit.ticks")
    ticks.tick(ticks.Part.BEAT)
    connections.close_all()


@app.on_after_configure.connect
def keep_house(sender: Celery, **_: Any) -> None:
    for task, seconds in HOUSEKEEPING.items():
        sender.add_periodic_task(seconds, sender.signature(task), name=task, expires=seconds)


@worker_init.connect
@beat_init.connect
def look_around(**_: Any) -> None:
    begin(serves_pages=False)
