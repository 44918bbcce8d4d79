"""The Celery application and its timetable.

Beat only ticks: every task looks into the database for work that is due, so that any number of beats, late or doubled,
does each thing once. No ETA or countdown anywhere (see docs/decisions).
"""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

from drportal.entering import begin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")

app = Celery("drportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Every so many seconds; work that people wait for is in settings.CELERY_BEAT_SCHEDULE.
HOUSEKEEPING = {
    "people.tasks.end_machine_tokens": 300.0,
    "workloads.tasks.forget_imports": 600.0,
    "workloads.tasks.lapse_waivers": 3600.0,
    "drportal.tasks.forget_answers": 3600.0,
}


@app.on_after_configure.connect
def keep_house(sender: Celery, **_: Any) -> None:
    for task, seconds in HOUSEKEEPING.items():
        sender.add_periodic_task(seconds, sender.signature(task), name=task, expires=seconds)


@worker_init.connect
@beat_init.connect
def look_around(**_: Any) -> None:
    begin(serves_pages=False)
