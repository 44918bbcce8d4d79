"""A delivery carries a lease while it leaves, and at no other time."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from communications.models import Delivery
from tests.cast import NOW
from tests.communications.conftest import only, write
from tests.communications.test_retry import LATER, in_state
from tests.past import rewriting_history

State = Delivery.State
LEASED = {"lease_token": "00000000-0000-0000-0000-000000000001", "lease_until": LATER}


@pytest.mark.django_db
@pytest.mark.parametrize("state", [state for state in State.values if state != State.STARTED])
def test_what_does_not_leave_has_no_lease(state):
    delivery = in_state(state)
    with (
        pytest.raises(IntegrityError, match="delivery_lease_only_while_leaving"),
        transaction.atomic(),
        rewriting_history(),
    ):
        Delivery.objects.filter(pk=delivery.pk).update(**LEASED)


@pytest.mark.django_db
def test_what_leaves_has_one():
    delivery = in_state(State.STARTED)
    with pytest.raises(IntegrityError, match="delivery_started_has_lease"), transaction.atomic(), rewriting_history():
        Delivery.objects.filter(pk=delivery.pk).update(lease_token=None, lease_until=None)


@pytest.mark.django_db(transaction=True)
def test_the_law_is_laid_on_a_queue_that_is_at_work():
    """Deliveries in every state, as an installation has them that is brought up to date."""
    call_command("migrate", "communications", "0004", verbosity=0)
    try:
        there = {in_state(state).pk: state for state in State.values}
        waiting = only(write(at=NOW))
        there[waiting.pk] = waiting.state
    finally:
        call_command("migrate", "communications", verbosity=0)
    assert dict(Delivery.objects.values_list("pk", "state")) == there
    with pytest.raises(IntegrityError, match="delivery_lease_only_while_leaving"), rewriting_history():
        Delivery.objects.filter(pk=waiting.pk).update(**LEASED)
