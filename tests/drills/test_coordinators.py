"""Who may coordinate a drill: somebody who may run it, and never an auditor."""

import datetime as dt

import pytest

from audit.errors import Invalid, NotAllowed
from drills import services
from drills.models import Drill
from people.handover import hand_over
from people.models import organisation_today
from people.permissions import AUDITOR, IT_OPERATIONS
from tests.cast import NOW, PASSWORD, give, person
from tests.drills.play import START, WINDOW, plan, planned


def test_an_auditor_coordinates_nothing(cast):
    with pytest.raises(Invalid) as refused:
        planned(cast, coordinator=cast.auditor)
    assert "auditor" in refused.value.fields["coordinator"].lower()
    drill = planned(cast)
    with pytest.raises(Invalid):
        services.change(drill=drill, by=cast.head, at=NOW, **plan(cast, coordinator=cast.auditor))


def test_not_even_one_who_may_run_drills_in_another_role(cast):
    give(AUDITOR, cast.platform)
    with pytest.raises(Invalid) as refused:
        planned(cast, coordinator=cast.platform)
    assert list(refused.value.fields) == ["coordinator"]


def test_nor_an_auditor_of_this_workload_or_a_deputy(cast):
    give(AUDITOR, None, deputy=cast.platform, workload=cast.workload)
    with pytest.raises(Invalid):
        planned(cast, coordinator=cast.platform)


@pytest.mark.parametrize("who", ["stranger", "stakeholder", "sponsor"])
def test_a_coordinator_may_run_drills_on_the_workload(cast, who):
    with pytest.raises(Invalid) as refused:
        planned(cast, coordinator=getattr(cast, who))
    assert "may not run drills" in refused.value.fields["coordinator"]


@pytest.mark.parametrize("who", ["head", "platform", "owner"])
def test_who_may_run_them_coordinates(cast, who):
    assert planned(cast, coordinator=getattr(cast, who)).pk


def test_an_auditor_takes_part(cast):
    assert list(planned(cast, participants=[cast.auditor]).participants.all()) == [cast.auditor]


def test_who_became_an_auditor_since_starts_nothing(cast):
    drill = planned(cast, coordinator=cast.platform)
    give(AUDITOR, cast.platform)
    with pytest.raises(NotAllowed, match="auditor"):
        services.start(drill=drill, by=cast.platform, at=START)
    drill.refresh_from_db()
    assert drill.state == Drill.State.PLANNED


def test_form_and_api_say_so(cast, client):
    client.login(email=cast.head.email, password=PASSWORD)
    start = dt.datetime.now(dt.UTC) + dt.timedelta(days=5)
    address = f"/drills/new/?workload={cast.workload.pk}"
    offered = client.get(address).context["form"].fields["coordinator"].queryset
    assert cast.owner in offered
    assert cast.auditor not in offered
    form = {
        "kind": "restore", "window_start": f"{start:%Y-%m-%dT%H:%M}",
        "window_end": f"{start + dt.timedelta(hours=2):%Y-%m-%dT%H:%M}", "coordinator": cast.auditor.pk,
        "success_criteria": "Back.",
    }  # fmt: skip
    page = client.post(address, form)
    assert page.context["form"].errors["coordinator"]
    body = form | {
        "workload": cast.workload.pk, "window_start": start.isoformat(),
        "window_end": (start + dt.timedelta(hours=2)).isoformat(),
    }  # fmt: skip
    answer = client.post("/api/v1/drills/", body, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["coordinator"])
    assert not Drill.objects.exists()


def test_a_drill_is_not_handed_over_to_an_auditor(cast):
    drill = planned(cast)
    with pytest.raises(Invalid, match="auditor") as refused:
        hand_over(person=cast.owner, to=cast.auditor, by=cast.head, at=NOW, last_day=organisation_today(NOW))
    assert "to" in refused.value.fields
    drill.refresh_from_db()
    assert drill.coordinator == cast.owner


def test_nor_to_somebody_who_will_not_be_able_to_run_it(cast):
    drill = planned(cast, coordinator=cast.platform)
    boss = person("Greta Vik")
    planner = person("Ida Moe", role=IT_OPERATIONS)
    held = cast.platform.held_roles.get()
    held.until_on = NOW.date()
    held.save()  # her role ends: nothing passes with the hand-over that would let a successor run drills
    with pytest.raises(Invalid, match="may not run drills"):
        hand_over(person=cast.platform, to=boss, by=cast.head, at=NOW, last_day=organisation_today(NOW))
    hand_over(person=cast.platform, to=planner, by=cast.head, at=NOW, last_day=organisation_today(NOW))
    drill.refresh_from_db()
    assert drill.coordinator == planner


def test_roles_that_pass_with_it_count(cast):
    drill = planned(cast)  # coordinated by the owner of the workload, whose role passes from tomorrow on
    hand_over(person=cast.owner, to=cast.sponsor, by=cast.head, at=NOW, last_day=organisation_today(NOW))
    drill.refresh_from_db()
    assert (drill.coordinator, WINDOW[0] > NOW) == (cast.sponsor, True)
