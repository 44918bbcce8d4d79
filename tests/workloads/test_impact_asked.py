"""What is asked in an impact analysis, edited by an administrator while workloads have answers."""

from __future__ import annotations

import pytest

from audit.models import Event
from tests.workloads.campaigns import in_force
from tests.workloads.impact import answer, whole
from workloads.impact.queries import answered, picture
from workloads.models import ImpactAnswer, ImpactCategory, ImpactPoint

pytestmark = pytest.mark.usefixtures("unanswered")
CATEGORY, POINT = "/admin/workloads/impactcategory/", "/admin/workloads/impactpoint/"


@pytest.fixture
def administrator(cast, page):
    answer(cast)
    return page(cast.platform, proven=True)


def _category(**values):
    return {"name": "Customer trust", "question": "Who leaves?", "position": "2"} | values


def test_a_new_name_shows_at_once_and_the_answers_stay(cast, page, administrator):
    reply = administrator.post(f"{CATEGORY}trust/change/", _category(name="Reputation"), follow=True)
    assert reply.status_code == 200
    assert "Reputation" in page(cast.owner).get(f"/workloads/{cast.workload.pk}/impact/").text
    assert answered(cast.workload)
    line = Event.objects.filter(kind="reference.changed").latest("pk")
    assert (line.actor_id, line.before["name"], line.after["name"]) == (
        cast.platform.pk,
        "Customer trust",
        "Reputation",
    )


def test_the_key_of_a_category_stays_whatever_the_form_says(administrator):
    administrator.post(f"{CATEGORY}trust/change/", _category(key="other"))
    assert ImpactCategory.objects.filter(pk="trust").exists()
    assert not ImpactCategory.objects.filter(pk="other").exists()


@pytest.mark.parametrize("address", [f"{CATEGORY}trust/delete/", f"{POINT}3600/delete/"])
def test_what_has_answers_is_not_deleted_and_says_how_many(administrator, address):
    count = ImpactAnswer.objects.count()
    asked = administrator.get(address).text
    assert "in 1 impact analyses. What has been answered cannot be deleted." in asked
    administrator.post(address, {"post": "yes"})
    assert ImpactAnswer.objects.count() == count


def test_what_nobody_answered_is_deleted_with_a_line_in_the_trail(cast, administrator):
    ImpactCategory.objects.create(key="climate", name="Climate", question="What is wasted?", position=9)
    administrator.post(f"{CATEGORY}climate/delete/", {"post": "yes"})
    assert not ImpactCategory.objects.filter(pk="climate").exists()
    assert Event.objects.filter(kind="reference.changed", subject_id="climate").exists()


def test_a_point_is_not_moved_under_its_answers(administrator):
    reply = administrator.post(f"{POINT}3600/change/", {"seconds": "1800"})
    assert reply.status_code == 403
    assert ImpactPoint.objects.filter(pk=3600).exists()
    assert not ImpactPoint.objects.filter(pk=1800).exists()


def test_a_new_point_leaves_the_analysis_with_questions_to_answer(cast, administrator):
    target = in_force(cast)
    administrator.post(f"{POINT}add/", {"seconds": "1800"})
    assert ImpactPoint.objects.filter(pk=1800).exists()
    found = picture(cast.workload)
    assert not answered(cast.workload)
    assert {cell.seconds for cell in found.suggestion.missing} == {1800}
    assert found.first_open.key == "money"
    assert target.state == "signed_off", "what is signed stays"
    line = Event.objects.filter(kind="reference.changed").latest("pk")
    assert (line.subject_name, line.actor_id) == ("1800 s", cast.platform.pk)


def test_answers_are_whole_again_when_the_new_point_is_answered(cast, administrator):
    administrator.post(f"{POINT}add/", {"seconds": "1800"})
    more = {
        cell._replace(seconds=1800): given for cell, given in whole("3" * 6, "3" * 6).items() if cell.seconds == 3600
    }
    answer(cast, more)
    assert answered(cast.workload)
