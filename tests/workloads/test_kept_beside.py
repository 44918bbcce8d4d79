"""Where a target stands is kept beside its workload: after every move of a target the two say the same."""

from __future__ import annotations

import datetime as dt

import pytest

from signoffs import services as signoffs
from signoffs.documents import digest
from tests.cast import NOW, proof, propose, put_in_force
from tests.workloads.states import STATES, in_state
from workloads import reviews, services
from workloads.models import Classification, Lifecycle, Workload
from workloads.signing import classification_document

LATER = NOW + dt.timedelta(days=30)


def kept(cast):
    names = ("tier_now", "state_now", "open_now", "rto_now", "rpo_now", "review_on")
    return Workload.objects.values_list(*names).get(pk=cast.workload.pk)


def standing(cast):
    """The same, read from the targets."""
    targets = list(Classification.objects.filter(workload=cast.workload).order_by("-proposed_at", "-pk"))
    in_force = next((t for t in targets if t.state == "signed_off"), None)
    waiting = next((t for t in targets if t.state in Classification.OPEN), None)
    shown = in_force or waiting
    if shown is None:
        return None, "rejected" if targets and targets[0].state == "rejected" else "none", "", None, None, None
    due = in_force.review_due_on if in_force else None
    return shown.tier_id, shown.state, waiting.state if waiting else "", shown.rto_seconds, shown.rpo_seconds, due


def _propose(cast):
    return propose(cast, tier=0, at=LATER)


def _send(cast):
    return services.send_for_signature(classification=_propose(cast), by=cast.owner, at=LATER)


def _change(cast):
    target = propose(cast, tier=2)
    services.change_proposal(
        classification=target, by=cast.owner, at=LATER, tier=target.tier, slo=target.slo, rto_seconds=600, rpo_seconds=60,
        reason="Because.", differs_reason="Asked for.",
    )  # fmt: skip


def _return(cast):
    _send(cast)
    services.change_workload(workload=cast.workload, by=cast.head, at=LATER, purpose="Another one.")


def _reject(cast):
    signoffs.reject(request=_send(cast), by=cast.sponsor, at=LATER, proof=proof(LATER), reason="Too dear.")


def _withdraw(cast):
    services.withdraw(classification=_propose(cast), by=cast.owner, at=LATER)


def _withdraw_sent(cast):
    _send(cast)
    services.withdraw(classification=Classification.objects.get(state="in_review"), by=cast.owner, at=LATER)


def _sign_off(cast):
    put_in_force(cast, tier=2, at=LATER)


def _make_due(cast):
    reviews.make_review_due(workload=cast.workload, why="It changed.", by=cast.head, at=LATER)


def _reaffirm(cast):
    target = Classification.objects.filter(state="signed_off").first() or put_in_force(cast)
    shown = digest(classification_document(target))
    reviews.reaffirm(classification=target, by=cast.stakeholder, at=LATER, proof=proof(LATER), digest=shown)


def _retire(cast):
    services.change_workload(workload=cast.workload, by=cast.head, at=LATER, lifecycle=Lifecycle.RETIRED)


MOVES = (
    _propose,
    _change,
    _send,
    _return,
    _reject,
    _withdraw,
    _withdraw_sent,
    _sign_off,
    _make_due,
    _reaffirm,
    _retire,
)


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__.strip("_"))
@pytest.mark.parametrize("before", [None, *(state for state in STATES if state not in Classification.OPEN)])
def test_after_every_move_the_workload_says_what_its_targets_say(cast, before, move):
    if before is not None:
        in_state(cast, before)
        assert kept(cast) == standing(cast)
    move(cast)
    assert kept(cast) == standing(cast)


@pytest.mark.parametrize("state", STATES)
def test_a_target_brought_to_any_state_is_kept_as_it_stands(cast, state):
    in_state(cast, state)
    assert kept(cast) == standing(cast)


@pytest.mark.parametrize("state", ["proposed", "in_review"])
@pytest.mark.parametrize("has_one_in_force", [False, True])
def test_retiring_a_workload_with_an_open_target_leaves_both_saying_the_same(cast, state, has_one_in_force):
    if has_one_in_force:
        put_in_force(cast, tier=2)
    in_state(cast, state)
    _retire(cast)
    assert kept(cast) == standing(cast)
