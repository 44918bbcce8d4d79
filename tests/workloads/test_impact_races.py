"""Two people at one impact analysis at the same moment, over connections of their own."""

from __future__ import annotations

import pytest

from audit.errors import WrongState
from audit.models import Event
from tests.cast import make_cast
from tests.races import at_once, done
from tests.workloads.impact import answer
from workloads.impact.queries import picture
from workloads.impact.services import Given
from workloads.impact.suggestion import DATA, TIME, Cell
from workloads.models import ImpactAnalysis

HOUR = Cell(TIME, None, "trust", 3600)
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def _form(client, address, **values):
    form = client.get(address).context["form"]
    said = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in said.items()} | values


def test_of_two_who_answer_at_once_neither_loses_anything():
    cast = make_cast()
    ImpactAnalysis.objects.all().delete()
    for number in range(5):
        found = ImpactAnalysis.objects.filter(workload=cast.workload).first()
        revision, level = found.revision if found else 0, Given(number)
        outcomes = at_once(
            lambda: answer(cast, {HOUR: level}, revision=revision),  # noqa: B023 (the threads end within the round)
            lambda: answer(cast, {Cell(DATA, None, "money", 900): level}, by=cast.stakeholder, revision=revision),  # noqa: B023
        )
        assert done(outcomes) == 1
        assert [str(one)[:30] for one in outcomes if isinstance(one, WrongState)] == ["Somebody has changed this anal"]
    assert Event.objects.filter(kind="impact.answered").count() == 5


def test_two_pages_sent_at_once_are_both_saved_where_they_answer_different_questions(page):
    cast = make_cast()
    ImpactAnalysis.objects.all().delete()
    address = f"/workloads/{cast.workload.pk}/impact/answer/"
    sent = [
        (
            owner := page(cast.owner),
            money := f"{address}?category=money",
            _form(owner, money, **{"time-0-money-900": "2"}),
        ),
        (
            other := page(cast.stakeholder),
            trust := f"{address}?category=trust",
            _form(other, trust, **{HOUR.name: "3"}),
        ),
    ]
    replies = at_once(*[lambda one=one: one[0].post(one[1], one[2]).status_code for one in sent])
    assert replies == [302, 302]
    stored = {cell.name: row.level for cell, row in picture(cast.workload).cells.items()}
    assert stored == {"time-0-money-900": 2, HOUR.name: 3}
