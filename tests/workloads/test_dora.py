"""The functions of the register of information, template B_06.01."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import NOW, PASSWORD, put_in_force
from workloads.dora import COLUMNS, REASON_MAX, hours, impact, shortened
from workloads.models import ImpactAnalysis, ImpactAnswer, ImpactCategory, ImpactPoint
from workloads.services import add_workload


def lines(user):
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    answer = client.get("/workloads/export/b_06.01/")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, 0), (0, 1), (5, 1), (3599, 1), (3600, 1), (3601, 2), (14400, 4), (259200, 72)]
)
def test_hours_are_whole_and_never_less_than_promised(seconds, said):
    assert hours(seconds) == said


@given(st.text(max_size=2000))
def test_a_reason_fits_on_one_line_of_the_template(text):
    said = shortened(text)
    assert len(said) <= REASON_MAX
    assert "\n" not in said


def test_the_worst_answer_says_what_discontinuing_means():
    assert [impact(level) for level in (None, 0, 1, 2, 3, 4)] == [
        "eba_ZZ:x799", "eba_ZZ:x791", "eba_ZZ:x791", "eba_ZZ:x792", "eba_ZZ:x793", "eba_ZZ:x793"
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_signed_critical_workload_is_a_critical_function(cast, settings):
    settings.ORGANISATION_LEI = "5493001KJTIIGC8Y1R12"
    put_in_force(cast, tier=1, reason="Claims wait.")
    analysis, _ = ImpactAnalysis.objects.get_or_create(
        workload=cast.workload, defaults={"answered_at": NOW, "answered_by": cast.owner}
    )
    analysis.answers.all().delete()
    for point, level in zip(ImpactPoint.objects.all(), (0, 1, 2, 2, 2, 2), strict=True):
        ImpactAnswer.objects.create(
            analysis=analysis, category=ImpactCategory.objects.get(pk="trust"), point=point, level=level
        )
    row = next(line for line in lines(cast.head) if line["c0030"] == "Payment Hub")
    assert tuple(row) == COLUMNS
    assert row == {
        "c0010": f"F{cast.workload.pk}", "c0020": "", "c0030": "Payment Hub", "c0040": "5493001KJTIIGC8Y1R12",
        "c0050": "eba_BT:x28", "c0060": "Claims wait.", "c0070": "2026-11-20", "c0080": "1", "c0090": "1",
        "c0100": "eba_ZZ:x792",
    }  # fmt: skip


@pytest.mark.django_db
def test_what_nobody_has_signed_is_not_assessed(cast):
    add_workload(by=cast.head, at=NOW, name="=cmd()", purpose="-", owner_team=cast.team)
    row = next(line for line in lines(cast.head) if "cmd" in line["c0030"])
    assert row["c0030"] == "'=cmd()"
    assert (row["c0050"], row["c0070"], row["c0080"], row["c0090"], row["c0100"]) == (
        "eba_BT:x21", "9999-12-31", "0", "0", "eba_ZZ:x799"
    )  # fmt: skip


@pytest.mark.django_db
def test_a_retired_workload_is_no_function_and_a_stranger_sees_none(cast):
    assert lines(cast.stranger) == []
    cast.workload.lifecycle = "retired"
    cast.workload.save(update_fields=["lifecycle"])
    assert lines(cast.head) == []
