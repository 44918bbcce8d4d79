"""Deeds on one request at the same moment, over connections of their own. More rounds: SOAK_ROUNDS=200."""

from __future__ import annotations

import os

import pytest

from audit.models import Event
from people.models import RoleAssignment
from people.permissions import EXECUTIVE_SPONSOR, HEAD_OF_OPERATIONS
from signoffs.models import Request, Signature
from tests.cast import NOW, Cast, make_cast, propose
from tests.past import rewriting_history
from tests.races import at_once, done
from tests.signoffs.conftest import LATER, reject, sign
from workloads import services as workloads
from workloads.models import Classification

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "3"))


@pytest.fixture
def actors() -> Cast:
    return make_cast()


def send(cast: Cast) -> Request:
    """One more request; what the round before left open is withdrawn."""
    for target in Classification.objects.filter(state__in=("proposed", "in_review")):
        workloads.withdraw(classification=target, by=cast.owner, at=NOW)
    target = propose(cast, reason=f"Round {Request.objects.count()}")
    return workloads.send_for_signature(classification=target, by=cast.owner, at=NOW)


def in_force() -> int:
    return Classification.objects.filter(state="signed_off").count()


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_last_signatures_at_once_both_count_and_the_target_comes_into_force_once(actors, round_):
    sent = send(actors)
    sign(sent, actors.stakeholder)
    assert done(at_once(lambda: sign(sent, actors.sponsor), lambda: sign(sent, actors.head))) == 2
    sent.refresh_from_db()
    assert (sent.state, Signature.objects.filter(slot__request=sent).count(), in_force()) == ("completed", 3, 1)
    assert Event.objects.filter(kind="classification.signed_off", subject_id=sent.subject_id).count() == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_all_signers_at_once(actors, round_):
    sent = send(actors)
    people = [actors.stakeholder, actors.sponsor, actors.head]
    assert done(at_once(*[lambda p=p: sign(sent, p) for p in people])) == 3
    sent.refresh_from_db()
    assert (sent.state, in_force()) == ("completed", 1)


@pytest.mark.slow
def test_thirty_clicks_of_one_signer_are_one_signature(actors):
    sent = send(actors)
    assert done(at_once(*[lambda: sign(sent, actors.stakeholder)] * 30)) == 1
    assert Signature.objects.filter(slot__request=sent).count() == 1
    assert Event.objects.filter(kind="signature.given").count() == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_holder_and_deputy_at_once_fill_the_role_once(actors, round_):
    sent = send(actors)
    assert done(at_once(lambda: sign(sent, actors.stakeholder), lambda: sign(sent, actors.deputy))) == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_person_in_two_roles_at_once_signs_once(actors, round_):
    with rewriting_history():
        RoleAssignment.objects.filter(role=EXECUTIVE_SPONSOR).update(person=actors.head, deputy=actors.sponsor)
    with rewriting_history():
        RoleAssignment.objects.filter(role=HEAD_OF_OPERATIONS).update(deputy=actors.sponsor)
    sent = send(actors)
    deeds = [lambda role=role: sign(sent, actors.head, role=role) for role in (EXECUTIVE_SPONSOR, HEAD_OF_OPERATIONS)]
    assert done(at_once(*deeds)) == 1
    assert Signature.objects.filter(slot__request=sent).count() == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_last_signature_against_withdrawal_has_one_outcome(actors, round_):
    sent = send(actors)
    sign(sent, actors.stakeholder)
    sign(sent, actors.sponsor)
    target = Classification.objects.get(pk=sent.subject_id)
    outcomes = at_once(
        lambda: sign(sent, actors.head), lambda: workloads.withdraw(classification=target, by=actors.owner, at=LATER)
    )
    assert done(outcomes) == 1
    sent.refresh_from_db()
    target.refresh_from_db()
    assert (sent.state, target.state) in {("completed", "signed_off"), ("withdrawn", "withdrawn")}


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_last_signature_against_refusal_has_one_outcome(actors, round_):
    sent = send(actors)
    sign(sent, actors.stakeholder)
    sign(sent, actors.sponsor)
    outcomes = at_once(lambda: sign(sent, actors.head), lambda: reject(sent, actors.head))
    assert done(outcomes) == 1
    sent.refresh_from_db()
    target = Classification.objects.get(pk=sent.subject_id)
    assert (sent.state, target.state) in {("completed", "signed_off"), ("rejected", "rejected")}


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_last_signature_against_a_change_of_the_workload_has_one_outcome(actors, round_):
    sent = send(actors)
    sign(sent, actors.stakeholder)
    sign(sent, actors.sponsor)
    purpose = f"Pays claims, as of request {sent.pk}."
    workload = actors.workload
    at_once(
        lambda: sign(sent, actors.head),
        lambda: workloads.change_workload(workload=workload, by=actors.owner, at=LATER, purpose=purpose),
    )
    sent.refresh_from_db()
    target = Classification.objects.get(pk=sent.subject_id)
    # The change always succeeds; either all had signed before it, or nothing is in force that nobody saw.
    assert (sent.state, target.state) in {("completed", "signed_off"), ("voided", "proposed")}
    assert Event.objects.filter(kind="request.voided", subject_id=sent.pk).count() == (sent.state == "voided")


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_refusal_against_withdrawal_has_one_outcome(actors, round_):
    sent = send(actors)
    target = Classification.objects.get(pk=sent.subject_id)
    outcomes = at_once(
        lambda: reject(sent, actors.sponsor),
        lambda: workloads.withdraw(classification=target, by=actors.owner, at=LATER),
    )
    assert done(outcomes) == 1
