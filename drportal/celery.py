"""The Celery application and its timetable.

Beat only ticks: every task looks into the database for work that is due, so that any number of beats, late or doubled,
does each thing once. No ETA or countdown anywhere (see docs/decisions).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")

app = Celery("drportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
