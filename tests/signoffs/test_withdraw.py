"""Taking a request back, through the deed of its subject."""

import pytest

from audit.errors import NotAllowed, WrongState
from audit.models import Event
from signoffs import services as signoffs
from tests.signoffs.conftest import CLOSED, LATER, close, sign
from workloads import services as workloads
from workloads.models import Classification


def withdraw(request, by):
    workloads.withdraw(classification=Classification.objects.get(pk=request.subject_id), by=by, at=LATER)


def test_request_and_proposal_are_taken_back_together(cast, sent, told):
    sign(sent, cast.stakeholder)
    withdraw(sent, cast.owner)
    sent.refresh_from_db()
    assert (sent.state, sent.closed_by) == ("withdrawn", cast.owner)
    assert Classification.objects.get(pk=sent.subject_id).state == "withdrawn"
    assert Event.objects.filter(kind="request.withdrawn").count() == 1
    assert told[-1][1] == {"Priya Raman", "Oskar Berge", "David Okafor", "Maren Holt"}


@pytest.mark.parametrize("who", ["stakeholder", "auditor", "stranger"])
def test_who_may_not_propose_may_not_withdraw(cast, sent, who):
    with pytest.raises(NotAllowed):
        withdraw(sent, getattr(cast, who))
    sent.refresh_from_db()
    assert sent.state == "open"


@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_request_is_not_taken_back(cast, sent, state):
    close(cast, sent, state)
    with pytest.raises(WrongState):
        signoffs.withdraw(request=sent, by=cast.owner, at=LATER)
    sent.refresh_from_db()
    assert sent.state == state
