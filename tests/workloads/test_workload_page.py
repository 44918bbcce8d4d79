"""The page of one workload: five answers, what is open, who acts, what happened."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.models import Event
from people.models import RoleAssignment
from people.permissions import OWNER_TEAM, PER_WORKLOAD, Permission
from tests.cast import NOW, give, propose, put_in_force
from tests.past import rewriting_history
from tests.workloads.states import STATES, in_state
from workloads import reviews
from workloads.answers import risks
from workloads.models import Classification, Proof, Workload
from workloads.queries import holders, rights_on, signers, targets_of
from workloads.services import send_for_signature


def _page(page, user, cast):
    return page(user).get(f"/workloads/{cast.workload.pk}/").text


def test_a_stranger_finds_nothing(cast, page):
    for path in ("", "change/", "assign/", "propose/"):
        assert page(cast.stranger).get(f"/workloads/{cast.workload.pk}/{path}").status_code == 404


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("who", ["head", "owner", "stakeholder", "sponsor", "auditor", "platform"])
def test_the_page_shows_in_every_state_to_everybody_who_may(cast, page, state, who):
    in_state(cast, state)
    text = _page(page, getattr(cast, who), cast)
    for question in ("How critical?", "Who says so?", "Until when?", "What could break it?", "What is next?"):
        assert question in text


def test_without_a_target_it_says_so_and_offers_to_propose_one(cast, page):
    text = _page(page, cast.owner, cast)
    assert "No promise yet." in text
    assert "Not classified" in text
    assert f'href="/workloads/{cast.workload.pk}/propose/"' in text
    assert f'href="/workloads/{cast.workload.pk}/propose/"' not in _page(page, cast.auditor, cast)


def test_the_promise_opens_the_page(cast, page):
    put_in_force(cast)
    text = _page(page, cast.auditor, cast)
    assert "Back within 15\xa0min. At most 5\xa0min of data lost." in text
    assert "3 of 3 signed" in text
    assert "Priya Raman, Business stakeholder" in text


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        ("head", {"change", "propose", "assign", "review"}), ("owner", {"change", "propose"}),
        ("platform", {"change", "propose"}),
        ("stakeholder", {"review"}), ("deputy", {"review"}), ("sponsor", set()), ("auditor", set()),
    ],
)  # fmt: skip
def test_only_what_one_may_is_offered(cast, page, who, offered):
    target = put_in_force(cast)
    text = _page(page, getattr(cast, who), cast)
    addresses = {name: f'href="/workloads/{cast.workload.pk}/{name}/"' for name in ("change", "propose", "assign")} | {
        "review": f'href="/workloads/classifications/{target.pk}/review/"'
    }
    assert {name for name, address in addresses.items() if address in text} == offered


def test_a_draft_can_be_sent_changed_and_withdrawn_from_here(cast, page):
    draft = propose(cast)
    text = _page(page, cast.owner, cast)
    for verb in ("send", "change", "withdraw"):
        assert f"/workloads/classifications/{draft.pk}/{verb}/" in text
        assert f"/workloads/classifications/{draft.pk}/{verb}/" not in _page(page, cast.auditor, cast)


def test_a_change_is_shown_against_what_is_in_force(cast, page):
    put_in_force(cast, tier=2)
    propose(cast, tier=1)
    text = _page(page, cast.owner, cast)
    assert "<ins>Tier 1 · Business critical</ins><del>Tier 2 · Business operational</del>" in text
    assert "<ins>15\xa0min / 5\xa0min</ins><del>4\xa0h / 4\xa0h</del>" in text


def _risks(cast):
    workload = Workload.objects.select_related("owner_team").get(pk=cast.workload.pk)
    target = targets_of(workload).in_force
    held = holders(workload, NOW.date())
    return [
        risk.title for risk in risks(workload, target, signers([target.tier], held)[target.tier_id] if target else [])
    ]


def test_what_could_break_it_is_said_the_gravest_first(cast):
    assert _risks(cast) == []
    put_in_force(cast, rto_seconds=3600, looser_reason="Paper works for an hour.")
    assert _risks(cast) == ["Never drilled", "Looser than its tier"]
    reviews.note_proof(
        workload=cast.workload, proven_on=NOW.date(), rto=Proof.MISSED, rpo=Proof.CLAIMED, by=cast.head, at=NOW
    )
    with rewriting_history():
        RoleAssignment.objects.filter(role="executive-sponsor").delete()
    assert _risks(cast) == ["RTO missed", "Executive sponsor vacant", "RPO only claimed", "Looser than its tier"]
    reviews.note_proof(
        workload=cast.workload, proven_on=NOW.date(), rto=Proof.MET, rpo=Proof.UNMEASURED, by=cast.head, at=NOW
    )
    assert "RPO not measured" in _risks(cast)


def test_an_older_drill_does_not_overwrite_a_newer_one(cast):
    reviews.note_proof(workload=cast.workload, proven_on=NOW.date(), rto=Proof.MET, rpo=Proof.MET, by=cast.head, at=NOW)
    before = NOW.date() - dt.timedelta(days=1)
    reviews.note_proof(
        workload=cast.workload, proven_on=before, rto=Proof.MISSED, rpo=Proof.MISSED, by=cast.head, at=NOW
    )
    assert Workload.objects.get().proof_rto == Proof.MET


def test_vacant_roles_are_shown_as_gaps(cast, page):
    put_in_force(cast)
    with rewriting_history():
        RoleAssignment.objects.filter(role="workload-team").delete()
    text = _page(page, cast.head, cast)
    assert "Workload team" in text
    assert "vacant" in text
    give("workload-team", cast.owner, workload=cast.workload)
    assert "vacant" not in _page(page, cast.head, cast)


def test_a_holder_who_left_counts_as_vacant(cast, page):
    put_in_force(cast)
    cast.sponsor.is_active = False
    cast.sponsor.save()
    assert "Executive sponsor vacant" in _risks(cast)


@pytest.mark.parametrize(
    "who", ["head", "sponsor", "platform", "auditor", "stranger", "owner", "stakeholder", "deputy"]
)
def test_rights_in_two_queries_are_the_rights_of_may(cast, who):
    user = getattr(cast, who)
    assert rights_on(user, cast.workload) == {right for right in PER_WORKLOAD if user.may(right, cast.workload)}
    assert Permission.ADD_PEOPLE not in rights_on(user, cast.workload)


def test_a_member_of_the_owner_team_has_its_rights_without_any_role(cast):
    assert rights_on(cast.stranger, cast.workload) == frozenset()
    cast.stranger.teams.add(cast.team)
    assert rights_on(cast.stranger, cast.workload) == OWNER_TEAM


def test_somebody_who_left_has_no_rights(cast):
    cast.owner.is_active = False
    assert rights_on(cast.owner, cast.workload) == frozenset()


def test_the_page_costs_the_same_for_one_target_and_for_many(cast, page, django_assert_max_num_queries):
    put_in_force(cast)
    client, address = page(cast.owner), f"/workloads/{cast.workload.pk}/"
    client.get(address)  # what she has to do is counted anew after each deed of hers, and then kept
    with django_assert_max_num_queries(40) as one:
        client.get(address)
    cost = len(one)
    for tier in (2, 3, 2, 1):
        put_in_force(cast, tier=tier)
    client.get(address)
    with django_assert_max_num_queries(cost):
        client.get(address)
    assert Classification.objects.count() == 5


def test_the_history_names_who_did_what(cast, page):
    propose(cast)
    text = _page(page, cast.auditor, cast)
    assert "Target proposed. Tomas Reyes" in text
    assert f"?thread=workload%3A{cast.workload.pk}" in text
    assert "Full trail" not in _page(page, cast.owner, cast)


def test_the_history_leaves_letters_to_the_full_trail(cast, page):
    send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    assert Event.objects.filter(kind="message.queued", thread=cast.workload.trail_thread).exists()
    text = _page(page, cast.auditor, cast)
    assert "Sent for signature" in text
    assert "Message queued" not in text
