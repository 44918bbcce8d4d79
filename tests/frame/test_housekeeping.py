"""What is kept for a while is thrown away when its time is over, whether or not anybody comes back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from drportal.celery import HOUSEKEEPING, app
from drportal.idempotency import SWEPT_AT_ONCE
from drportal.models import IdempotentAnswer
from tests.cast import NOW
from workloads.models import IMPORT_KEPT_FOR, PendingImport
from workloads.register.waiting import REMEMBERED_FOR, keep_import

FILE = b"reference,name,purpose,team\nA-2,New,For tests.,Payments\n"


def run(name):
    app.loader.import_default_modules()
    app.tasks[name].run()


@pytest.mark.django_db
def test_uploaded_files_go_when_their_hour_is_over_and_a_day_later_nobody_knows_of_them(cast):
    now = timezone.now()
    kept = keep_import(data=FILE, name="a.csv", by=cast.head, at=now)
    over = keep_import(data=FILE, name="b.csv", by=cast.head, at=now - IMPORT_KEPT_FOR)
    keep_import(data=FILE, name="c.csv", by=cast.head, at=now - IMPORT_KEPT_FOR - REMEMBERED_FOR)
    run("workloads.tasks.forget_imports")
    found = {pending.pk: bytes(pending.data) for pending in PendingImport.objects.all()}
    assert found == {kept.pk: FILE, over.pk: b""}


@pytest.mark.django_db
def test_answers_go_when_their_days_are_over():
    now = timezone.now()
    old = (IdempotentAnswer(key=f"u1:{n}", asked="x", kept_until=NOW) for n in range(2 * SWEPT_AT_ONCE + 1))
    IdempotentAnswer.objects.bulk_create(old)
    IdempotentAnswer.objects.create(key="u1:new", asked="x", kept_until=now + dt.timedelta(hours=1))
    run("drportal.tasks.forget_answers")
    assert list(IdempotentAnswer.objects.values_list("key", flat=True)) == ["u1:new"]


def test_the_timetable_wakes_them_and_names_only_tasks_that_exist():
    app.loader.import_default_modules()
    timetable = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert set(HOUSEKEEPING) <= timetable
    assert timetable <= set(app.tasks)
