"""A leaver's work passes to a successor in one deed: roles, actions, drills; signatures and reviews follow the roles."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from communications.models import Delivery, Message
from drills import gaps
from drills import services as drills
from drills.models import Action, DrillKind
from people.handover import hand_over, kept, passing
from people.models import RoleAssignment, User, organisation_today
from people.permissions import (
    BUSINESS_STAKEHOLDER,
    CONTINUITY_PLANNER,
    EXECUTIVE_SPONSOR,
    HEAD_OF_OPERATIONS,
    WORKLOAD_OWNER,
    Permission,
)
from signoffs import services as signoffs
from signoffs.queries import slots_waiting_for
from tests.cast import NOW, confirm_all, give, make_cast, person, proof, propose, put_in_force
from tests.past import rewriting_history
from tests.people.conftest import signed_in
from tests.races import at_once, done
from workloads.campaigns.queries import reviews_due
from workloads.services import send_for_signature

TODAY = organisation_today(NOW)
DAY = dt.timedelta(days=1)
YESTERDAY = TODAY - DAY


@pytest.fixture
def successor(db):
    return person("Sigrid Next")


def _pass(cast, who, to, by=None, last_day=YESTERDAY, at=NOW, **values):
    return hand_over(person=who, to=to, by=by or cast.head, at=at, last_day=last_day, **values)


def _held(user, on=TODAY):
    found = RoleAssignment.objects.in_force(on).of(user)
    return {(a.role_id, a.workload_id, "holder" if a.person_id == user.pk else "deputy") for a in found}


def test_every_role_passes_as_holder_and_as_deputy(cast, successor):
    give(CONTINUITY_PLANNER, cast.owner, deputy=cast.stakeholder)
    _pass(cast, cast.stakeholder, successor)
    assert (_held(cast.stakeholder), _held(successor)) == (set(), set())
    confirm_all()
    assert _held(cast.stakeholder) == set()
    assert _held(successor) == {
        (CONTINUITY_PLANNER, None, "deputy"),
        (BUSINESS_STAKEHOLDER, cast.workload.pk, "holder"),
    }
    assert User.objects.get(pk=successor.pk).may(Permission.REVIEW, cast.workload)
    assert not User.objects.get(pk=cast.stakeholder.pk).may(Permission.REVIEW, cast.workload)


def test_the_roles_pass_the_day_after_the_last_one(cast, successor):
    _pass(cast, cast.stakeholder, successor, last_day=TODAY + dt.timedelta(days=9))
    ends, begins = TODAY + dt.timedelta(days=9), TODAY + dt.timedelta(days=10)
    assert (_held(successor, ends), _held(cast.stakeholder, begins)) == (set(), set())
    assert (
        _held(cast.stakeholder, ends)
        == _held(successor, begins)
        == {(BUSINESS_STAKEHOLDER, cast.workload.pk, "holder")}
    )


def test_a_role_that_ends_before_stays_and_one_to_come_changes_its_people(cast, successor):
    with rewriting_history():
        RoleAssignment.objects.filter(workload_id=cast.workload.pk, role=BUSINESS_STAKEHOLDER).update(
            until_on=TODAY + dt.timedelta(days=2)
        )
    later = give(EXECUTIVE_SPONSOR, cast.stakeholder, deputy=cast.owner)
    with rewriting_history():
        RoleAssignment.objects.filter(pk=later.pk).update(from_on=TODAY + dt.timedelta(days=30))
    _pass(cast, cast.stakeholder, successor, last_day=TODAY + dt.timedelta(days=9))
    later = RoleAssignment.objects.given().get(role=EXECUTIVE_SPONSOR, from_on=TODAY + dt.timedelta(days=30))
    assert (later.person, later.deputy, later.until_on) == (successor, cast.owner, None)
    own = RoleAssignment.objects.get(workload_id=cast.workload.pk, role=BUSINESS_STAKEHOLDER)
    assert (own.person, own.until_on) == (cast.stakeholder, TODAY + dt.timedelta(days=2))


def test_who_was_the_deputy_holds_it_and_there_is_none_any_more(cast):
    passed = _pass(cast, cast.stakeholder, cast.deputy)
    assert [(one.becomes, one.remark) for one in passed] == [
        ("Oskar Berge, no deputy", "Oskar Berge was the deputy and holds it now; there is no deputy any more")
    ]
    held = RoleAssignment.objects.in_force(TODAY).get(workload_id=cast.workload.pk, role=BUSINESS_STAKEHOLDER)
    assert (held.person, held.deputy) == (cast.deputy, None)


def test_who_is_the_holder_does_not_become_her_own_deputy(cast):
    passed = _pass(cast, cast.deputy, cast.stakeholder)
    assert "was the holder already" in passed[0].remark
    held = RoleAssignment.objects.in_force(TODAY).get(workload_id=cast.workload.pk, role=BUSINESS_STAKEHOLDER)
    assert (held.person, held.deputy) == (cast.stakeholder, None)


def test_what_the_successor_holds_already_is_not_held_twice(cast, successor):
    give(CONTINUITY_PLANNER, cast.stranger)
    give(CONTINUITY_PLANNER, successor)
    passed = _pass(cast, cast.stranger, successor)
    assert [one.remark for one in passed] == ["Sigrid Next holds it already"]
    assert RoleAssignment.objects.in_force(TODAY).filter(role=CONTINUITY_PLANNER).count() == 1


def _drill(cast, **values):
    """Coordinated by the stakeholder, who is in the team that runs drills, and so is her successor."""
    cast.team.members.add(cast.stakeholder, *User.objects.filter(name="Sigrid Next"))
    begins = NOW + dt.timedelta(days=2)
    usual = {
        "workload": cast.workload, "by": cast.head, "at": NOW, "kind": DrillKind.RESTORE, "window_start": begins,
        "window_end": begins + dt.timedelta(hours=3), "coordinator": cast.stakeholder, "success_criteria": "Back.",
    }  # fmt: skip
    return drills.schedule(**(usual | values))


def _action(cast, owner):
    drill = _drill(cast, coordinator=cast.head)
    drills.start(drill=drill, by=cast.head, at=drill.window_start)
    return gaps.open_action(
        drill=drill, by=cast.head, at=NOW + dt.timedelta(days=2), title="Slow names", owner=owner,
        due_on=TODAY + dt.timedelta(days=9),
    )  # fmt: skip


def test_open_actions_and_planned_drills_pass_at_once(cast, successor):
    led, joined = _drill(cast), _drill(cast, coordinator=cast.head, participants=[cast.stakeholder, cast.owner])
    action = _action(cast, cast.stakeholder)
    assert {one.label for one in kept(cast.stakeholder, on=TODAY)} == {"Actions", "Planned drills"}
    _pass(cast, cast.stakeholder, successor, last_day=TODAY + dt.timedelta(days=5))
    for thing in (led, joined, action):
        thing.refresh_from_db()
    assert (led.coordinator, set(joined.participants.all())) == (successor, {successor, cast.owner})
    assert Action.objects.get().owner == successor
    assert Event.objects.filter(kind="drill.changed").count() == 2
    assert Event.objects.get(kind="action.changed").after == {"owner": "Sigrid Next"}


def test_a_running_drill_and_a_closed_past_stay(cast, successor):
    running = _drill(cast)
    drills.start(drill=running, by=cast.head, at=running.window_start)
    _pass(cast, cast.stakeholder, successor)
    running.refresh_from_db()
    assert running.coordinator == cast.stakeholder


def test_signatures_that_wait_follow_the_role_by_themselves(cast, successor):
    request = send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    assert [one.label for one in kept(cast.stakeholder, on=TODAY) if one.follows_roles] == ["Signatures that wait"]
    _pass(cast, cast.stakeholder, successor)
    confirm_all()
    assert not slots_waiting_for(cast.stakeholder, on=TODAY)
    assert [slot.request for slot in slots_waiting_for(successor, on=TODAY)] == [request]
    with pytest.raises(NotAllowed):
        signoffs.sign(request=request, by=cast.stakeholder, at=NOW, proof=proof(), digest=request.digest)
    assert signoffs.sign(request=request, by=successor, at=NOW, proof=proof(), digest=request.digest)


def test_reviews_that_wait_follow_the_role_by_themselves(cast, successor):
    target = put_in_force(cast, at=NOW - dt.timedelta(days=80))
    assert list(reviews_due(cast.stakeholder, TODAY)) == [target]
    _pass(cast, cast.stakeholder, successor)
    assert list(reviews_due(User.objects.get(pk=successor.pk), TODAY)) == [target]
    assert not reviews_due(User.objects.get(pk=cast.stakeholder.pk), TODAY)


def test_the_trail_has_one_line_for_all_and_one_for_each(cast, successor):
    _drill(cast)
    _pass(cast, cast.stakeholder, successor)
    line = Event.objects.get(kind="roles.handed_over")
    assert (line.subject_name, line.after["to"], line.after["roles"], line.after["deactivated"]) == (
        "Priya Raman",
        "Sigrid Next",
        ["Business stakeholder, Payment Hub"],
        False,
    )
    assert len(line.after["planned drills"]) == 1
    assert Event.objects.get(kind="role.ended").after == {"until": YESTERDAY.isoformat()}
    given = Event.objects.get(kind="role.assigned")
    assert (given.thread, given.after["person"], given.after["deputy"]) == (
        f"workload:{cast.workload.pk}",
        "Sigrid Next",
        "Oskar Berge",
    )


def test_successor_and_head_are_told_once(cast, successor):
    with rewriting_history():
        Message.objects.all().delete()
    _pass(cast, cast.stakeholder, successor, by=person("Berit Plan", role=CONTINUITY_PLANNER))
    message = Message.objects.get(purpose="roles-handed-over")
    told = set(Delivery.objects.filter(message=message).values_list("user__name", flat=True))
    assert told == {"Sigrid Next", "Maren Holt"}
    assert "Business stakeholder, Payment Hub" in message.body
    assert "1 of these roles: as soon as a second person has confirmed" in message.body


def test_deactivated_in_the_same_deed(cast, successor):
    _pass(cast, cast.stakeholder, successor, deactivate=True)
    assert not User.objects.get(pk=cast.stakeholder.pk).is_active
    with pytest.raises(Invalid) as refused:
        _pass(cast, cast.owner, successor, last_day=TODAY, deactivate=True)
    assert list(refused.value.fields) == ["deactivate"]


def test_what_makes_no_sense_passes_nothing(cast, successor):
    gone = person("Gone Girl", is_active=False)
    for to, last_day, field in (
        (cast.stakeholder, YESTERDAY, "to"),
        (gone, YESTERDAY, "to"),
        (successor, YESTERDAY - dt.timedelta(days=1), "last_day"),
        (successor, TODAY + dt.timedelta(days=900), "last_day"),
    ):
        with pytest.raises(Invalid) as refused:
            _pass(cast, cast.stakeholder, to, last_day=last_day)
        assert list(refused.value.fields) == [field]
    with pytest.raises(WrongState, match="nothing to hand over"):
        _pass(cast, cast.stranger, successor)
    assert not Event.objects.filter(kind="roles.handed_over").exists()


@pytest.mark.parametrize("who", ["owner", "stakeholder", "sponsor", "platform", "auditor", "stranger"])
def test_who_may_not_give_roles_hands_nothing_over(cast, successor, who):
    with pytest.raises(NotAllowed):
        _pass(cast, cast.stakeholder, successor, by=getattr(cast, who))
    assert signed_in(getattr(cast, who)).get(f"/people/{cast.stakeholder.pk}/hand-over/").status_code == 404


def test_nobody_hands_roles_over_to_themselves(cast):
    planner = person("Berit Plan", role=CONTINUITY_PLANNER)
    with pytest.raises(NotAllowed, match="to themselves"):
        _pass(cast, cast.head, planner, by=planner)
    assert _held(cast.head) == {(HEAD_OF_OPERATIONS, None, "holder")}


def test_who_stays_beside_a_leaver_goes_on_while_the_successor_waits(cast, successor):
    give(CONTINUITY_PLANNER, cast.owner, deputy=cast.stranger)
    _pass(cast, cast.stranger, successor)
    assert _held(cast.owner) == {(CONTINUITY_PLANNER, None, "holder"), (WORKLOAD_OWNER, cast.workload.pk, "holder")}
    assert _held(successor) == set()
    confirm_all()
    held = RoleAssignment.objects.in_force(TODAY).get(role=CONTINUITY_PLANNER)
    assert (held.person, held.deputy) == (cast.owner, successor)


def test_the_page_shows_everything_before_and_hands_it_over(cast, successor):
    at = timezone.now()
    _drill(cast, at=at, window_start=at + dt.timedelta(days=3), window_end=at + dt.timedelta(days=3, hours=1))
    client, address = signed_in(cast.head), f"/people/{cast.stakeholder.pk}/hand-over/"
    shown = client.get(address).text
    assert "Payment Hub" in shown
    assert "Planned drills" in shown
    yesterday = organisation_today(timezone.now()) - dt.timedelta(days=1)
    form = {"to": successor.pk, "last_day": yesterday.isoformat()}
    shown = client.get(address, form).text
    assert "Sigrid Next, deputy Oskar Berge" in shown
    assert "Deactivate Priya Raman too" in shown
    assert "Handed over to Sigrid Next" in client.post(address, form | {"deactivate": "1"}, follow=True).text
    assert not User.objects.get(pk=cast.stakeholder.pk).is_active
    assert client.post(address, form | {"to": cast.stakeholder.pk}).status_code == 422


def test_the_api_hands_over(cast, successor):
    address = f"/api/v1/people/{cast.stakeholder.pk}/hand-over/"
    body = {"to": successor.pk, "last_day": (organisation_today(timezone.now())).isoformat()}
    answer = signed_in(cast.head).post(address, body, content_type="application/json")
    assert answer.status_code == 200, answer.text
    assert [(row["role"], row["person"], row["deputy"]) for row in answer.json()] == [
        (BUSINESS_STAKEHOLDER, successor.pk, cast.deputy.pk)
    ]
    assert signed_in(cast.owner).post(address, body, content_type="application/json").status_code == 403


def test_five_hundred_roles_pass_in_the_queries_of_five(cast, successor, django_assert_max_num_queries):
    roles = [
        RoleAssignment(role_id=CONTINUITY_PLANNER, person=cast.stranger, deputy=cast.head, from_on=TODAY + n * DAY)
        for n in range(1, 501)
    ]
    RoleAssignment.objects.bulk_create(roles)
    assert len(passing(cast.stranger, successor, first_day=TODAY)) == 500
    with django_assert_max_num_queries(70):
        _pass(cast, cast.stranger, successor, last_day=TODAY)
    confirm_all()
    assert RoleAssignment.objects.in_force(TODAY + 500 * DAY).of(successor).count() == 500


def test_what_would_be_held_twice_from_one_day_passes_once(cast, successor):
    for begins in (TODAY - DAY, TODAY):
        RoleAssignment.objects.create(role_id=CONTINUITY_PLANNER, person=cast.stranger, from_on=begins)
    passed = _pass(cast, cast.stranger, successor, last_day=TODAY)
    assert [one.remark for one in passed] == ["", "it passes once"]
    confirm_all()
    assert RoleAssignment.objects.in_force(TODAY + DAY).of(successor).count() == 1


@pytest.mark.django_db(transaction=True)
def test_handed_over_twice_at_once_it_passes_once():
    cast = make_cast()
    first, second = person("Ada One"), person("Bea Two")
    outcomes = at_once(lambda: _pass(cast, cast.stakeholder, first), lambda: _pass(cast, cast.stakeholder, second))
    assert done(outcomes) == 1
    assert RoleAssignment.objects.in_force(TODAY).filter(role=BUSINESS_STAKEHOLDER).count() == 1
