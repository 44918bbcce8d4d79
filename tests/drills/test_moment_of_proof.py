"""A workload that knew only the day of its last drill learns the moment from the drills (migration 0003)."""

from __future__ import annotations

import datetime as dt
import importlib

import pytest
from django.db import connection

from drills import services as drills
from drills.models import DrillKind
from tests.cast import NOW, put_in_force
from workloads.models import Workload

fill = importlib.import_module("drills.migrations.0003_moment_of_proof").fill


def _drill(cast, at, kind=DrillKind.RESTORE):
    drill = drills.schedule(
        workload=cast.workload, by=cast.head, at=at, kind=kind, window_start=at + dt.timedelta(minutes=1),
        window_end=at + dt.timedelta(hours=3), coordinator=cast.owner, success_criteria="Back.",
    )  # fmt: skip
    drills.start(drill=drill, by=cast.owner, at=at + dt.timedelta(minutes=1))
    return drills.finish(drill=drill, by=cast.owner, at=at + dt.timedelta(minutes=30))


def _filled(cast):
    with connection.schema_editor() as editor:
        fill(None, editor)
    return Workload.objects.get(pk=cast.workload.pk).proven_moment


@pytest.fixture
def drilled(cast):
    put_in_force(cast)
    first, last = _drill(cast, NOW), _drill(cast, NOW + dt.timedelta(hours=2))
    _drill(cast, NOW + dt.timedelta(hours=4), DrillKind.TABLETOP)
    assert first.finished_at < last.finished_at
    Workload.objects.filter(pk=cast.workload.pk).update(proven_moment=None)
    return last


def test_it_is_the_end_of_the_last_drill_of_that_day_that_measured(cast, drilled):
    assert _filled(cast) == drilled.finished_at


def test_a_workload_that_names_another_day_keeps_to_its_day(cast, drilled):
    Workload.objects.filter(pk=cast.workload.pk).update(proven_on=NOW.date() - dt.timedelta(days=9))
    assert _filled(cast) is None
