"""Guarded roles, rights and signing rules take effect when a second person confirms them."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from communications.models import Message
from drportal.needs import asks_of, count_for
from people import confirmations, services
from people.guarding import guarded_roles
from people.handover import hand_over
from people.models import Confirmation, Role, RoleAssignment, Standing, User, organisation_today
from people.permissions import (
    AUDITOR,
    BUSINESS_STAKEHOLDER,
    COMMUNICATION_LEAD,
    CONTINUITY_PLANNER,
    EXECUTIVE_SPONSOR,
    HEAD_OF_OPERATIONS,
    IT_OPERATIONS,
    WORKLOAD_OWNER,
    Permission,
)
from people.proof import NeedsProof
from people.role_rights import change_rights
from tests.cast import NOW, PASSWORD, confirm_all, give, person, proof, show_it_is_me
from tests.people.conftest import signed_in
from tests.races import at_once, done
from workloads.models import SigningRule
from workloads.signing_rules import change_rule

TODAY = organisation_today(NOW)
DAY = dt.timedelta(days=1)
GUARDED = {HEAD_OF_OPERATIONS, IT_OPERATIONS, CONTINUITY_PLANNER, EXECUTIVE_SPONSOR, BUSINESS_STAKEHOLDER, AUDITOR}


@pytest.fixture
def planner(cast):
    """With her there are two people who may assign roles."""
    return person("Aiko Tanaka", role=CONTINUITY_PLANNER)


def assign(by, role=AUDITOR, at=NOW, **values):
    given = {"person": None, "deputy": None, "from_on": organisation_today(at)}
    return services.assign_role(by=by, at=at, role=Role.objects.get(pk=role), **(given | values))


def confirm(given, by, at=NOW, **values):
    return confirmations.confirm(confirmation=given.confirmation, by=by, at=at, **({"proof": proof(at)} | values))


def holds(user, role, at=NOW):
    return RoleAssignment.objects.in_force(organisation_today(at)).of(user).filter(role=role).exists()


def test_roles_that_decide_or_see_much_are_guarded(cast):
    assert guarded_roles() == GUARDED
    Role.objects.filter(pk=COMMUNICATION_LEAD).update(rights=[Permission.CONFIGURE])
    assert guarded_roles() == GUARDED | {COMMUNICATION_LEAD}


@pytest.mark.parametrize("role", sorted({*GUARDED, COMMUNICATION_LEAD, WORKLOAD_OWNER}))
def test_a_guarded_role_waits_for_a_second_person_and_others_do_not(cast, planner, role):
    given = assign(cast.head, role, person=cast.stranger)
    assert holds(cast.stranger, role) == (role not in GUARDED)
    if role in GUARDED:
        assert given.standing == Standing.WAITING
        confirm(given, planner)
        assert holds(cast.stranger, role)
        kinds = [*Event.objects.filter(kind__startswith="confirmation.").values_list("kind", flat=True).order_by("id")]
        assert kinds == ["confirmation.asked", "confirmation.confirmed"]


def test_what_it_lets_one_do_waits_as_well(cast, planner):
    given = assign(cast.head, CONTINUITY_PLANNER, deputy=cast.stranger)
    assert not User.objects.get(pk=cast.stranger.pk).may(Permission.ASSIGN_ROLES)
    confirm(given, planner)
    assert User.objects.get(pk=cast.stranger.pk).may(Permission.ASSIGN_ROLES)


def test_neither_giver_nor_receiver_nor_anybody_without_the_right_confirms(cast, planner):
    deputy = person("Sigrid Next")
    give(CONTINUITY_PLANNER, None, deputy=deputy)
    given = assign(cast.head, AUDITOR, person=planner)
    for who, words in ((cast.head, "gave this yourself"), (planner, "get something"), (cast.sponsor, "right to")):
        with pytest.raises(NotAllowed, match=words):
            confirm(given, who)
    confirm(given, deputy)


def test_nobody_confirms_for_who_made_her_account_or_her_role_within_thirty_days(cast, planner):
    """A planner adds a second account, and makes it a second person of her own."""
    second = services.add_person(by=planner, at=NOW, email="second@example.org", name="Second Self")
    give(CONTINUITY_PLANNER, second)
    helper = person("Helge Helper")
    confirm(assign(planner, CONTINUITY_PLANNER, person=helper), cast.head)
    given = assign(planner, HEAD_OF_OPERATIONS, person=cast.stranger)
    for who in (second, helper):
        with pytest.raises(NotAllowed, match="less than 30 days ago"):
            confirm(given, who)
    later = NOW + dt.timedelta(days=31)
    assert {p.name for p in confirmations.who_may_confirm(given.confirmation, NOW)} == {cast.head.name}
    assert confirmations.who_may_confirm(given.confirmation, later) == [helper, cast.head, second]


@pytest.mark.parametrize("shown", [None, proof(NOW - dt.timedelta(minutes=6))])
def test_who_confirms_shows_anew_that_it_is_she(cast, planner, shown):
    given = assign(cast.head, person=cast.stranger)
    with pytest.raises(NeedsProof):
        confirm(given, planner, proof=shown)
    assert not holds(cast.stranger, AUDITOR)


@pytest.mark.parametrize("verb", ["confirm", "refuse", "withdraw"])
@pytest.mark.parametrize("state", ["confirmed", "refused", "withdrawn"])
def test_it_is_decided_once(cast, planner, state, verb):
    given = assign(cast.head, person=cast.stranger)
    Confirmation.objects.update(state=state, closed_at=NOW, closed_by=planner)
    with pytest.raises(WrongState):
        decide(given.confirmation, verb, cast, planner)


def decide(confirmation, verb, cast, planner):
    if verb == "withdraw":
        return confirmations.withdraw(confirmation=confirmation, by=cast.head, at=NOW)
    more = {"reason": "Nobody asked me."} if verb == "refuse" else {}
    return getattr(confirmations, verb)(confirmation=confirmation, by=planner, at=NOW, proof=proof(), **more)


@pytest.mark.parametrize(("verb", "standing"), [("refuse", "refused"), ("withdraw", "cancelled")])
def test_what_is_refused_or_taken_back_never_takes_effect(cast, planner, verb, standing):
    given = assign(cast.head, person=cast.stranger)
    decide(given.confirmation, verb, cast, planner)
    given.refresh_from_db()
    assert (given.standing, holds(cast.stranger, AUDITOR)) == (standing, False)


def test_a_refusal_needs_a_reason_and_only_the_giver_takes_back(cast, planner):
    given = assign(cast.head, person=cast.stranger)
    with pytest.raises(Invalid):
        confirmations.refuse(confirmation=given.confirmation, by=planner, at=NOW, proof=proof(), reason=" ")
    with pytest.raises(NotAllowed):
        confirmations.withdraw(confirmation=given.confirmation, by=planner, at=NOW)


def test_a_role_that_waited_begins_when_it_is_confirmed(cast, planner):
    given = assign(cast.head, person=cast.stranger)
    later = NOW + 3 * DAY
    confirm(given, planner, at=later)
    given.refresh_from_db()
    assert given.from_on == TODAY + 3 * DAY
    assert not holds(cast.stranger, AUDITOR)
    assert holds(cast.stranger, AUDITOR, at=later)


def test_a_hand_over_is_confirmed_in_one_deed(cast, planner):
    successor = person("Sigrid Next")
    give(EXECUTIVE_SPONSOR, cast.stakeholder)
    hand_over(person=cast.stakeholder, to=successor, by=cast.head, at=NOW, last_day=TODAY - DAY)
    waiting = Confirmation.objects.waiting().get()
    assert waiting.assignments.count() == 2
    confirmations.confirm(confirmation=waiting, by=planner, at=NOW, proof=proof())
    assert {a.role_id for a in RoleAssignment.objects.in_force(TODAY).of(successor)} == {
        EXECUTIVE_SPONSOR, BUSINESS_STAKEHOLDER,
    }  # fmt: skip
    assert User.objects.get(pk=successor.pk).may(Permission.REVIEW, cast.workload)
    told = Message.objects.get(purpose="roles-confirmed")
    assert [d.user for d in told.deliveries.all()] == [successor]
    assert "Payment Hub" in told.body


def test_in_an_empty_portal_roles_take_effect_at_once_unconfirmed(cast):
    given = assign(cast.head, CONTINUITY_PLANNER, person=cast.stranger)
    assert (given.standing, holds(cast.stranger, CONTINUITY_PLANNER)) == (Standing.UNCONFIRMED, True)
    with pytest.raises(NotAllowed):  # the first second person, but made by the giver
        confirm(given, User.objects.get(pk=cast.stranger.pk))
    confirm_all()
    given.refresh_from_db()
    assert given.standing == Standing.EFFECTIVE
    assert assign(cast.head, person=cast.owner).standing == Standing.WAITING


def test_ending_a_role_does_not_bring_the_start_back(cast, planner):
    held = RoleAssignment.objects.get(role=CONTINUITY_PLANNER)
    services.end_role(assignment=held, by=cast.head, at=NOW, last_day=TODAY - DAY)
    assert assign(cast.head, person=cast.stranger).standing == Standing.WAITING


def test_what_waits_is_ended_by_itself_and_its_deed_with_the_last_of_it(cast, planner):
    given = assign(cast.head, person=cast.stranger)
    services.end_role(assignment=given, by=cast.head, at=NOW, last_day=TODAY - DAY)
    assert Confirmation.objects.get().state == Confirmation.State.WITHDRAWN


def test_head_of_operations_and_auditors_are_told(cast, planner):
    assign(planner, EXECUTIVE_SPONSOR, person=cast.stranger)
    asked = Message.objects.get(purpose="confirmation-asked")
    assert {d.user for d in asked.deliveries.all()} == {cast.head, cast.auditor}
    assert "These people can: Maren Holt." in asked.body
    assert not Message.objects.filter(purpose="role-assigned").exists()
    confirmations.confirm(confirmation=Confirmation.objects.get(), by=cast.head, at=NOW, proof=proof())
    closed = Message.objects.get(purpose="confirmation-closed")
    assert {d.user for d in closed.deliveries.all()} == {planner, cast.auditor}
    assert [d.user for d in Message.objects.get(purpose="role-assigned").deliveries.all()] == [cast.stranger]


def test_it_waits_at_home_for_who_can_confirm_it(cast, planner):
    assign(cast.head, person=cast.stranger, at=timezone.now())
    today = organisation_today(timezone.now())

    def kinds(user):
        return [ask.kind for ask in asks_of(User.objects.get(pk=user.pk), today=today, on=today).listed]

    assert "Confirmation" in kinds(planner)
    assert "Confirmation" not in kinds(cast.head) + kinds(cast.platform)
    assert count_for(planner, today=today) == 1


def test_who_made_the_giver_confirms_nothing_of_hers(cast, planner):
    """A adds S and makes her a planner; S gives X a guarded role; A confirms."""
    second = services.add_person(by=planner, at=NOW, email="second@example.org", name="Second Self")
    confirm(assign(planner, CONTINUITY_PLANNER, person=second), cast.head)
    given = assign(User.objects.get(pk=second.pk), HEAD_OF_OPERATIONS, person=cast.stranger)
    with pytest.raises(NotAllowed, match="less than 30 days ago"):
        confirm(given, planner)
    confirm(given, cast.head)


def test_a_partner_who_waits_goes_on_waiting_when_the_other_hands_over(cast, planner):
    peer, successor = person("Peer P"), person("Sigrid Next")
    assign(cast.head, AUDITOR, person=peer, deputy=planner)
    hand_over(person=peer, to=successor, by=cast.head, at=NOW, last_day=TODAY - DAY)
    waiting = Confirmation.objects.waiting().get(receivers__contains=[successor.pk])
    assert set(waiting.receivers) == {planner.pk, successor.pk}
    with pytest.raises(NotAllowed, match="get something"):
        confirmations.confirm(confirmation=waiting, by=planner, at=NOW, proof=proof())
    assert not holds(planner, AUDITOR)


def test_who_was_ended_meanwhile_does_not_come_back_with_the_pair(cast, planner):
    successor = person("Sigrid Next")
    give(EXECUTIVE_SPONSOR, cast.stakeholder, deputy=cast.owner)
    hand_over(person=cast.owner, to=successor, by=cast.head, at=NOW, last_day=TODAY - DAY)
    alone = RoleAssignment.objects.in_force(TODAY).get(role=EXECUTIVE_SPONSOR, person=cast.stakeholder)
    services.end_role(assignment=alone, by=cast.head, at=NOW, last_day=TODAY - DAY)
    later = NOW + 3 * DAY
    waiting = Confirmation.objects.waiting().get()
    confirmations.confirm(confirmation=waiting, by=planner, at=later, proof=proof(later))
    assert holds(successor, EXECUTIVE_SPONSOR, at=later)
    assert not holds(cast.stakeholder, EXECUTIVE_SPONSOR, at=later)


def test_a_hand_over_twice_while_it_waits_is_no_fault(cast, planner):
    give(EXECUTIVE_SPONSOR, cast.stakeholder, deputy=cast.owner)
    first, second = person("Sigrid Next"), person("Bea Next")
    hand_over(person=cast.owner, to=first, by=cast.head, at=NOW, last_day=TODAY - DAY)
    hand_over(person=first, to=second, by=cast.head, at=NOW, last_day=TODAY - DAY)
    confirm_all()
    held = RoleAssignment.objects.in_force(TODAY).get(role=EXECUTIVE_SPONSOR, workload_id=None, person=cast.stakeholder)
    assert held.deputy == second


def test_nobody_asks_for_what_she_would_get_herself(cast, planner):
    rule = SigningRule(tier_id=3, role=Role.objects.get(pk=HEAD_OF_OPERATIONS), meaning="Me too.", position=2)
    with pytest.raises(NotAllowed, match="yourself"):
        change_rule(rule=rule, by=cast.head, at=NOW)


def test_who_came_to_hold_the_role_meanwhile_confirms_nothing_that_it_gains(cast, planner):
    third = person("Tess Third", role=CONTINUITY_PLANNER)
    role = Role.objects.get(pk=COMMUNICATION_LEAD)
    asked = change_rights(role=role, rights=[*role.rights, Permission.CONFIGURE], by=cast.platform, at=NOW)
    give(COMMUNICATION_LEAD, third, workload=cast.workload)
    with pytest.raises(NotAllowed, match="get something"):
        confirmations.confirm(confirmation=asked, by=third, at=NOW, proof=proof())


def test_the_same_edit_waits_once(cast, planner):
    role = Role.objects.get(pk=COMMUNICATION_LEAD)
    first, again = (change_rights(role=role, rights=[], by=cast.platform, at=NOW) for _ in range(2))
    assert first == again


# --- Rights and signing rules ---------------------------------------------------------------------------------------------
def test_nobody_adds_a_right_that_they_lack(cast):
    """IT operations edits the rights of its own role."""
    role = Role.objects.get(pk=IT_OPERATIONS)
    with pytest.raises(NotAllowed, match="do not have this right"):
        change_rights(role=role, rights=[*role.rights, Permission.ASSIGN_ROLES.value], by=cast.platform, at=NOW)


def test_rights_of_a_role_change_when_a_second_person_confirms(cast, planner):
    role = Role.objects.get(pk=COMMUNICATION_LEAD)
    before, wanted = sorted(role.rights), sorted([*role.rights, Permission.ADD_WORKLOADS.value])
    asked = change_rights(role=role, rights=wanted, by=cast.platform, at=NOW)
    assert sorted(Role.objects.get(pk=role.pk).rights) == before
    confirmations.confirm(confirmation=asked, by=planner, at=NOW, proof=proof())
    assert Role.objects.get(pk=role.pk).rights == wanted
    assert Event.objects.get(kind="reference.changed").after == {"rights": wanted}


def test_an_edit_of_what_has_changed_meanwhile_is_not_applied(cast, planner):
    role = Role.objects.get(pk=COMMUNICATION_LEAD)
    asked = change_rights(role=role, rights=[], by=cast.platform, at=NOW)
    Role.objects.filter(pk=role.pk).update(rights=[Permission.VIEW_PEOPLE])
    with pytest.raises(WrongState, match="meanwhile"):
        confirmations.confirm(confirmation=asked, by=planner, at=NOW, proof=proof())
    assert Confirmation.objects.get().state == Confirmation.State.WAITING


def test_who_holds_a_role_does_not_confirm_what_it_gains(cast, planner):
    role = Role.objects.get(pk=CONTINUITY_PLANNER)
    asked = change_rights(role=role, rights=[*role.rights, Permission.CONFIGURE], by=cast.platform, at=NOW)
    with pytest.raises(NotAllowed, match="get something"):
        confirmations.confirm(confirmation=asked, by=planner, at=NOW, proof=proof())


@pytest.mark.parametrize("edit", ["add", "change", "remove"])
def test_a_signing_rule_changes_when_a_second_person_confirms(cast, planner, edit):
    rule = SigningRule.objects.get(tier=3)
    if edit == "add":
        rule = SigningRule(tier=rule.tier, role=Role.objects.get(pk=EXECUTIVE_SPONSOR), meaning="I agree.", position=2)
    rule.meaning = "I agree."
    asked = change_rule(rule=rule, by=cast.platform, at=NOW, remove=edit == "remove")
    assert SigningRule.objects.filter(tier=3).exclude(meaning="I agree.").count() == 1
    confirmations.confirm(confirmation=asked, by=planner, at=NOW, proof=proof())
    assert SigningRule.objects.filter(tier=3).count() == {"add": 2, "change": 1, "remove": 0}[edit]
    assert SigningRule.objects.filter(tier=3, meaning="I agree.").exists() == (edit != "remove")


@pytest.mark.parametrize("kind", ["role/communication-lead", "signingrule/{rule}", "user/{user}"])
def test_the_admin_asks_for_a_proof_and_changes_no_right_by_itself(cast, planner, kind):
    client = signed_in(cast.platform)
    names = {"rule": SigningRule.objects.get(tier=3).pk, "user": cast.stranger.pk}
    address = f"/admin/{'workloads' if kind.startswith('sign') else 'people'}/{kind.format(**names)}/change/"
    assert "/accounts/reauthenticate/" in client.get(address)["Location"]
    assert "/accounts/reauthenticate/" in client.post(address, {})["Location"]
    show_it_is_me(client)
    assert client.get(address).status_code == 200


def test_an_edit_in_the_admin_waits_and_leads_to_its_page(cast, planner):
    client = signed_in(cast.platform)
    show_it_is_me(client)
    role, rule = Role.objects.get(pk=COMMUNICATION_LEAD), SigningRule.objects.get(tier=3)
    form = {"name": role.name, "duties": "Speaks.", "position": role.position, "rights": Permission.VIEW_PEOPLE.value}
    client.post(f"/admin/people/role/{role.pk}/change/", form)
    changed = Role.objects.get(pk=role.pk)
    assert (changed.duties, changed.rights) == ("Speaks.", role.rights)
    client.post(f"/admin/workloads/signingrule/{rule.pk}/delete/", {"post": "yes"})
    answer = client.post(
        "/admin/workloads/signingrule/add/", {"tier": 3, "role": EXECUTIVE_SPONSOR, "meaning": "Yes.", "position": 2},
        follow=True,
    )  # fmt: skip
    assert "a second person has to confirm it" in answer.text
    assert [*SigningRule.objects.filter(tier=3)] == [rule]
    assert Confirmation.objects.waiting().count() == 3


# --- Doors ---------------------------------------------------------------------------------------------------------------
def test_page_and_api_confirm_and_refuse(cast, planner):
    at = timezone.now()
    first, second = (assign(cast.head, AUDITOR, at=at, **{place: cast.stranger}) for place in ("person", "deputy"))
    client = signed_in(planner)
    address = f"/people/confirmations/{first.confirmation_id}/"
    shown = client.get(address).text
    assert "Auditor: Sten Fremd" in shown
    assert "Confirm as Aiko Tanaka" in shown
    assert client.post(f"{address}confirm/", {"password": "wrong"}).status_code == 422
    assert client.post(f"{address}confirm/", {"password": PASSWORD}).status_code == 302
    assert holds(cast.stranger, AUDITOR, at=at)
    api = f"/api/v1/confirmations/{second.confirmation_id}/"
    assert client.post(f"{api}refuse/", {"reason": "No."}, content_type="application/json").json()["state"] == "refused"
    assert client.get("/api/v1/confirmations/?waiting_for_me=true").json()["count"] == 0
    assert client.get("/people/confirmations/").status_code == 200


def test_a_token_and_a_session_without_proof_confirm_nothing(cast, planner):
    at = timezone.now()
    given = assign(cast.head, at=at, person=cast.stranger)
    api = f"/api/v1/confirmations/{given.confirmation_id}/confirm/"
    _, key = services.issue_token(by=planner, at=at, name="x", scope="write", days=1)
    by_token = signed_in(planner).__class__().post(api, headers={"Authorization": f"Bearer {key}"})
    assert (by_token.status_code, by_token.json()["type"].rsplit(":", 1)[1]) == (403, "token-cannot-sign")
    assert signed_in(planner).post(api).json()["type"].endswith("reauthenticate")
    assert not holds(cast.stranger, AUDITOR, at=at)


def test_the_owner_of_the_machine_confirms_with_a_command(cast, planner):
    given = assign(cast.head, person=cast.stranger)
    said = StringIO()
    call_command("confirmations", "list", stdout=said)
    assert f"{given.confirmation_id}  Auditor: Sten Fremd" in said.getvalue()
    call_command("confirmations", "confirm", str(given.confirmation_id), stdout=said)
    assert Confirmation.objects.get().closed_by is None
    assert Event.objects.get(kind="confirmation.confirmed").actor_name == "Owner of the machine"


@pytest.mark.django_db(transaction=True)
def test_confirmed_and_refused_at_once_exactly_one_is_done():
    head, planner = person("Maren Holt", role=HEAD_OF_OPERATIONS), person("Aiko Tanaka", role=CONTINUITY_PLANNER)
    third = person("Sigrid Next", role=CONTINUITY_PLANNER)
    given = assign(head, person=person("Sten Fremd"))
    outcomes = at_once(
        lambda: confirm(given, planner),
        lambda: confirmations.refuse(confirmation=given.confirmation, by=third, at=NOW, proof=proof(), reason="No."),
    )
    assert done(outcomes) == 1
    given.refresh_from_db()
    assert given.standing in (Standing.EFFECTIVE, Standing.REFUSED)
    assert (given.standing == Standing.EFFECTIVE) == (Confirmation.objects.get().state == "confirmed")
