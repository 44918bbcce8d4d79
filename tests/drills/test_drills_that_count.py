"""The day of the last drill that counts is known for what was drilled before it was kept apart (migration 0005)."""

from __future__ import annotations

import importlib

from django.db import connection

from drills import queries
from drportal.bars import shape
from tests.cast import put_in_force
from tests.drills.play import finished
from workloads.models import Workload

FILL = importlib.import_module("drills.migrations.0006_verdict_of_stopped_drills").FILL


def test_what_was_proven_before_counts_for_the_interval(cast):
    put_in_force(cast)
    finished(cast)
    due = queries.drill_due(cast.workload.pk)
    Workload.objects.update(drilled_on=None)
    assert queries.drill_due(cast.workload.pk) != due
    with connection.cursor() as cursor:
        cursor.execute(FILL)
    assert queries.drill_due(cast.workload.pk) == due


def test_a_recovery_that_never_came_fills_its_bar():
    never, late = shape(900, None, "missed"), shape(900, 9000, "missed")
    assert (never.look, never.width) == (late.look, late.width) == ("missed", late.width)
    assert shape(0, None, "missed").look == "missed"
    assert shape(900, None, "unmeasured").look == "unmeasured"
