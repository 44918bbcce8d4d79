"""Refusing to sign."""

import pytest

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from people.proof import NeedsProof
from tests.signoffs.conftest import CLOSED, LATER, close, reject, sign
from workloads.models import Classification


def test_one_refusal_ends_the_request_whoever_has_signed(cast, sent):
    sign(sent, cast.stakeholder)
    reject(sent, cast.sponsor, reason="  The budget does not carry it. ")
    sent.refresh_from_db()
    assert (sent.state, sent.closed_by, sent.closed_at) == ("rejected", cast.sponsor, LATER)
    assert sent.closing_reason == "The budget does not carry it."
    assert Classification.objects.get(pk=sent.subject_id).state == "rejected"


def test_the_trail_says_who_refused_and_why(cast, sent):
    reject(sent, cast.sponsor)
    line = Event.objects.get(kind="request.rejected")
    assert (line.actor_name, line.after["reason"], line.before["state"]) == ("David Okafor", "Too dear.", "open")


def test_the_proposer_and_all_who_were_asked_hear_it_but_not_who_refused(cast, sent, told):
    reject(sent, cast.sponsor)
    assert told[-1][1] == {"Tomas Reyes", "Priya Raman", "Oskar Berge", "Maren Holt"}


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_refusal_needs_a_reason(cast, sent, reason):
    with pytest.raises(Invalid) as refused:
        reject(sent, cast.sponsor, reason=reason)
    assert "reason" in refused.value.fields
    sent.refresh_from_db()
    assert sent.state == "open"


def test_a_refusal_needs_a_fresh_proof(cast, sent):
    with pytest.raises(NeedsProof):
        reject(sent, cast.sponsor, proof=None)


@pytest.mark.parametrize("who", ["owner", "auditor", "stranger", "platform"])
def test_who_is_not_asked_cannot_refuse(cast, sent, who):
    with pytest.raises(NotAllowed):
        reject(sent, getattr(cast, who))


def test_who_has_signed_cannot_refuse_any_more(cast, sent):
    sign(sent, cast.sponsor)
    with pytest.raises(WrongState):
        reject(sent, cast.sponsor)


def test_a_deputy_may_refuse(cast, sent):
    reject(sent, cast.deputy)
    sent.refresh_from_db()
    assert sent.closed_by == cast.deputy


@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_request_is_not_refused(cast, sent, state):
    close(cast, sent, state)
    with pytest.raises(WrongState):
        reject(sent, cast.stakeholder)
    sent.refresh_from_db()
    assert sent.state == state
