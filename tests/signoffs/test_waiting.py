"""Whose signature is waited for: of who holds the role for the workload, else of who holds it for the organisation."""

from __future__ import annotations

import datetime as dt

import pytest

from people.models import RoleAssignment, User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER
from signoffs import services
from signoffs.models import Request
from signoffs.queries import slots_waiting_for
from tests.cast import NOW, Cast, person, proof

TODAY = organisation_today(NOW)


def roles(user: User, *, on: dt.date = TODAY) -> list[str]:
    return [slot.role_id for slot in slots_waiting_for(user, on=on)]


def end_own(cast: Cast) -> None:
    of_workload = RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER, workload_id=cast.workload.pk)
    of_workload.update(until_on=TODAY - dt.timedelta(days=1))


def test_it_waits_for_the_holder_and_the_deputy_until_one_signs(cast, sent: Request):
    assert roles(cast.stakeholder) == roles(cast.deputy) == [BUSINESS_STAKEHOLDER]
    assert roles(cast.stranger) == roles(cast.owner) == []
    services.sign(request=sent, by=cast.deputy, at=NOW, proof=proof(), digest=sent.digest, role=BUSINESS_STAKEHOLDER)
    assert roles(cast.stakeholder) == roles(cast.deputy) == []
    assert len(roles(cast.head)) == len(roles(cast.sponsor)) == 1


def test_who_holds_the_role_for_the_organisation_waits_where_the_workload_has_nobody_of_its_own(cast, sent: Request):
    everywhere = person("Wida Rolle", role=BUSINESS_STAKEHOLDER)
    assert roles(everywhere) == []
    end_own(cast)
    assert roles(everywhere) == [BUSINESS_STAKEHOLDER]
    assert roles(cast.stakeholder) == []
    assert roles(everywhere, on=TODAY - dt.timedelta(days=1)) == []  # that day it was still the workload's own


@pytest.mark.parametrize("deed", [services.withdraw, services.void])
def test_nothing_waits_once_the_request_is_closed(cast, sent: Request, deed):
    deed(request=sent, by=cast.owner, at=NOW)
    assert roles(cast.stakeholder) == roles(cast.head) == []
