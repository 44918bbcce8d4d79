"""A request whose subject changed."""

import pytest

from audit.errors import WrongState
from audit.models import Event
from signoffs import services as signoffs
from signoffs.models import Request
from tests.cast import NOW
from tests.signoffs.conftest import CLOSED, LATER, close, sign
from workloads import services as workloads
from workloads.models import Classification


def test_changing_what_the_document_shows_makes_it_void_and_tells_all(cast, sent, told):
    sign(sent, cast.stakeholder)
    workloads.change_workload(workload=cast.workload, by=cast.owner, at=LATER, purpose="Pays claims and premiums.")
    sent.refresh_from_db()
    assert sent.state == "voided"
    assert Event.objects.get(kind="request.voided").actor_name == "Tomas Reyes"
    assert told[-1][1] >= {"Tomas Reyes", "Priya Raman", "David Okafor", "Maren Holt"}


def test_changing_what_the_document_does_not_show_leaves_it_open(cast, sent):
    workloads.change_workload(workload=cast.workload, by=cast.owner, at=LATER, tags=["money"])
    sent.refresh_from_db()
    assert sent.state == "open"


def test_the_new_version_is_a_request_of_its_own_with_its_own_signatures(cast, sent):
    sign(sent, cast.stakeholder)
    workloads.change_workload(workload=cast.workload, by=cast.owner, at=LATER, purpose="Pays claims and premiums.")
    target = Classification.objects.get(pk=sent.subject_id)
    again = workloads.send_for_signature(classification=target, by=cast.owner, at=LATER)
    assert again.digest != sent.digest
    assert [slot.is_signed for slot in again.slots.all()] == [False, False, False]
    assert Request.objects.filter(subject_id=target.pk).count() == 2


@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_request_does_not_become_void(cast, sent, state):
    close(cast, sent, state)
    with pytest.raises(WrongState):
        signoffs.void(request=sent, by=cast.owner, at=LATER)
    assert signoffs.void_if_changed(request=sent, by=cast.owner, at=NOW) is False
