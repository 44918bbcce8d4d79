"""Deeds on one workload at the same moment, over connections of their own. More rounds: SOAK_ROUNDS=200."""

# ruff: noqa: B023 (the threads of a round end within it)

from __future__ import annotations

import datetime as dt
import os

import pytest

from audit.errors import DeedError
from audit.models import Event
from people.models import Team
from signoffs import services as signoffs
from signoffs.documents import digest
from signoffs.models import Request, Signature
from tests.cast import NOW, Cast, make_cast, proof, propose, put_in_force
from tests.races import at_once, done
from tests.workloads.waivers import forget_flows, request_waiver, sign_waiver
from workloads import reviews, services
from workloads.gates.services import lapse_waivers, withdraw_waiver
from workloads.models import Classification, Reaffirmation, Tier, Waiver, Workload
from workloads.signing import classification_document

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "5"))
LATER = NOW + dt.timedelta(days=80)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture(autouse=True)
def _laws_hold():
    """After every race: one target in force, one open at most, the register's tier is theirs, and no line too many."""
    yield
    targets = list(Classification.objects.all())
    in_force = [t for t in targets if t.state == "signed_off"]
    still_open = [t for t in targets if t.state in Classification.OPEN]
    assert len(in_force) <= 1
    assert len(still_open) <= 1
    assert Workload.objects.get().tier_now == next((t.tier_id for t in in_force + still_open), None)
    for kind, states in (
        ("classification.withdrawn", ["withdrawn"]),
        ("classification.signed_off", ["signed_off", "superseded"]),
    ):
        assert Event.objects.filter(kind=kind).count() == sum(t.state in states for t in targets)
    still_asked = Request.objects.filter(state="open", subject_type="workloads.classification")
    assert still_asked.count() == sum(t.state == "in_review" for t in targets)


def fresh(target: Classification) -> Classification:
    return Classification.objects.get(pk=target.pk)


def clear(cast: Cast) -> None:
    """Withdraw what the round before left open."""
    for target in Classification.objects.filter(state__in=Classification.OPEN):
        services.withdraw(classification=target, by=cast.owner, at=NOW)


def send(cast: Cast) -> Request:
    clear(cast)
    return services.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)


def sign(cast: Cast, request: Request, who: str) -> Signature:
    return signoffs.sign(request=request, by=getattr(cast, who), at=NOW, proof=proof(), digest=request.digest)


def test_of_two_proposals_at_once_one_is_open(cast):
    for _ in range(ROUNDS):
        clear(cast)
        assert done(at_once(lambda: propose(cast, tier=1), lambda: propose(cast, tier=2, by=cast.head))) == 1


def test_a_proposal_sent_twice_at_once_asks_once(cast):
    for number in range(ROUNDS):
        clear(cast)
        target = propose(cast)
        first, second = fresh(target), fresh(target)
        outcomes = at_once(
            lambda: services.send_for_signature(classification=first, by=cast.owner, at=NOW),
            lambda: services.send_for_signature(classification=second, by=cast.head, at=NOW),
        )
        assert done(outcomes) == 1
        assert Request.objects.count() == number + 1


def test_a_draft_sent_while_it_is_changed_is_frozen_as_it_is_kept(cast):
    values = {"tier": Tier.objects.get(pk=1), "slo": "99.95", "rpo_seconds": 60, "reason": "x", "differs_reason": "y"}
    for number in range(ROUNDS):
        clear(cast)
        target = propose(cast)
        first, second = fresh(target), fresh(target)
        given = values | {"slo": target.slo, "rto_seconds": 100 + number}
        at_once(
            lambda: services.send_for_signature(classification=first, by=cast.owner, at=NOW),
            lambda: services.change_proposal(classification=second, by=cast.platform, at=NOW, **given),
        )
        kept = fresh(target)
        assert kept.state == "in_review"
        assert kept.request.digest == digest(classification_document(kept))


def test_the_last_signature_and_a_withdrawal_at_once_have_one_winner(cast):
    for _ in range(max(ROUNDS, 20)):
        request = send(cast)
        for who in ("stakeholder", "sponsor"):
            sign(cast, request, who)
        target = Classification.objects.get(request=request)
        outcomes = at_once(
            lambda: sign(cast, request, "head"),
            lambda: services.withdraw(classification=target, by=cast.owner, at=NOW),
        )
        assert done(outcomes) == 1
        assert fresh(target).state in ("signed_off", "withdrawn")


def test_a_first_signature_and_a_withdrawal_at_once_end_withdrawn(cast):
    for _ in range(ROUNDS):
        request = send(cast)
        target = Classification.objects.get(request=request)
        at_once(
            lambda: sign(cast, request, "head"),
            lambda: services.withdraw(classification=target, by=cast.owner, at=NOW),
        )
        assert fresh(target).state == "withdrawn"


def test_two_last_signers_bring_it_into_force_once(cast):
    for _ in range(ROUNDS):
        request = send(cast)
        sign(cast, request, "stakeholder")
        assert done(at_once(lambda: sign(cast, request, "head"), lambda: sign(cast, request, "sponsor"))) == 2
        assert Classification.objects.get(request=request).state == "signed_off"


def test_a_description_changed_while_the_last_one_signs_never_brings_the_old_words_into_force_unseen(cast):
    for number in range(ROUNDS):
        request = send(cast)
        for who in ("stakeholder", "sponsor"):
            sign(cast, request, who)
        outcomes = at_once(
            lambda: sign(cast, request, "head"),
            lambda: services.change_workload(workload=cast.workload, by=cast.owner, at=NOW, purpose=f"Words {number}"),
        )
        assert not isinstance(outcomes[1], DeedError)
        request.refresh_from_db()
        assert request.state in ("completed", "voided")


def test_a_description_and_a_draft_changed_at_once_are_both_kept(cast):
    target = propose(cast)
    for number in range(ROUNDS):
        tier = Tier.objects.get(pk=number % 3 + 1)
        given = {"tier": tier, "rto_seconds": 60, "rpo_seconds": 60, "reason": f"{number}", "differs_reason": "y"}
        first = fresh(target)
        outcomes = at_once(
            lambda: services.change_proposal(classification=first, by=cast.owner, at=NOW, **given | {"slo": first.slo}),
            lambda: services.change_workload(workload=cast.workload, by=cast.head, at=NOW, purpose=f"Words {number}"),
        )
        assert done(outcomes) == 2


def test_a_review_given_twice_at_once_counts_once(cast):
    target = put_in_force(cast)
    for number in range(ROUNDS):
        at = LATER + dt.timedelta(days=90 * number)
        first, second = fresh(target), fresh(target)
        given = {"at": at, "proof": proof(at), "digest": digest(classification_document(fresh(target)))}
        outcomes = at_once(
            lambda: reviews.reaffirm(classification=first, by=cast.stakeholder, **given),
            lambda: reviews.reaffirm(classification=second, by=cast.deputy, **given),
        )
        assert done(outcomes) == 1
        assert Reaffirmation.objects.count() == number + 1


def test_a_review_while_its_successor_comes_into_force_leaves_one_target(cast):
    for _ in range(ROUNDS):
        clear(cast)
        old = put_in_force(cast)
        request = send(cast)
        for who in ("stakeholder", "sponsor"):
            sign(cast, request, who)
        given = {"at": LATER, "proof": proof(LATER), "digest": digest(classification_document(fresh(old)))}
        outcomes = at_once(
            lambda: reviews.reaffirm(classification=fresh(old), by=cast.stakeholder, **given),
            lambda: sign(cast, request, "head"),
        )
        assert not isinstance(outcomes[1], DeedError)
        assert fresh(old).state == "superseded"


def test_two_waivers_asked_for_one_finding_at_once_are_one(cast):
    forget_flows(cast)
    for _ in range(ROUNDS):
        outcomes = at_once(lambda: request_waiver(cast), lambda: request_waiver(cast, by=cast.head))
        assert done(outcomes) == 1
        waiver = Waiver.objects.get(state="requested")
        withdraw_waiver(waiver=waiver, by=cast.owner, at=NOW)


def test_a_waiver_granted_while_it_is_withdrawn_has_one_effect(cast):
    for number in range(max(ROUNDS, 20)):
        waiver = request_waiver(cast)
        read = Waiver.objects.get(pk=waiver.pk)
        outcomes = at_once(
            lambda: sign_waiver(cast, waiver), lambda: withdraw_waiver(waiver=read, by=cast.owner, at=NOW)
        )
        assert done(outcomes) == 1
        kept = Waiver.objects.get(pk=waiver.pk)
        assert kept.state in ("granted", "withdrawn")
        lines = Event.objects.filter(kind__in=("waiver.granted", "waiver.withdrawn"), subject_id=str(waiver.pk))
        assert lines.count() == 1
        assert kept.request.state == {"granted": "completed", "withdrawn": "withdrawn"}[kept.state], number
        if kept.state == "granted":
            withdraw_waiver(waiver=kept, by=cast.owner, at=NOW)


def test_two_sweeps_let_a_waiver_lapse_once(cast):
    after = NOW + dt.timedelta(days=91)
    for number in range(ROUNDS):
        sign_waiver(cast, request_waiver(cast))
        outcomes = at_once(lambda: lapse_waivers(at=after), lambda: lapse_waivers(at=after))
        assert outcomes.count(1) == 1
        assert Event.objects.filter(kind="waiver.lapsed").count() == number + 1


def test_a_target_sent_while_its_waiver_lapses_is_sent_or_refused_and_never_deadlocks(cast):
    for _ in range(ROUNDS):
        clear(cast)
        waiver = sign_waiver(cast, request_waiver(cast))
        target = fresh(propose(cast))
        outcomes = at_once(
            lambda: services.send_for_signature(classification=target, by=cast.owner, at=NOW),
            lambda: withdraw_waiver(waiver=waiver, by=cast.owner, at=NOW),
        )
        assert not isinstance(outcomes[1], DeedError)
        kept = fresh(target)
        assert (kept.state == "in_review") == bool(kept.findings)


def test_a_workload_handed_to_another_team_while_it_is_changed_keeps_both(cast):
    teams = [Team.objects.create(name=f"Team {number}") for number in range(2)]
    for number in range(ROUNDS):
        outcomes = at_once(
            lambda: services.change_workload(
                workload=cast.workload, by=cast.head, at=NOW, owner_team=teams[number % 2]
            ),
            lambda: services.change_workload(workload=cast.workload, by=cast.head, at=NOW, purpose=f"Words {number}"),
        )
        assert done(outcomes) == 2
        kept = Workload.objects.get()
        assert (kept.owner_team, kept.purpose) == (teams[number % 2], f"Words {number}")
