"""Waivers, brought to where they are by deeds; and a workload that something stands against."""

from __future__ import annotations

import datetime as dt
from typing import Any

from people.models import User
from signoffs import services as signoffs
from tests.cast import NOW, Cast, proof
from workloads.gates import services
from workloads.models import UserFlow, Waiver

ENDS = NOW.date() + dt.timedelta(days=90)
GIVEN = {"reason": "The team is new.", "conditions": "Write the flows down by March.", "ends_on": ENDS}


def forget_flows(cast: Cast) -> None:
    """From now on "no-flow" stands against every target of the cast's workload."""
    UserFlow.objects.filter(workload=cast.workload).delete()


def request_waiver(cast: Cast, finding: str = "no-flow", *, by: User | None = None, **values: Any) -> Waiver:
    forget_flows(cast)
    given: dict[str, Any] = {"workload": cast.workload, "at": NOW} | GIVEN | values
    return services.request_waiver(by=by or cast.owner, finding=finding, **given)


def sign_waiver(cast: Cast, waiver: Waiver, at: dt.datetime = NOW) -> Waiver:
    request = waiver.request
    assert request is not None
    signoffs.sign(request=request, by=cast.sponsor, at=at, proof=proof(at), digest=request.digest)
    waiver.refresh_from_db()
    return waiver


def waiver_in(cast: Cast, state: str) -> Waiver:
    waiver = request_waiver(cast)
    if state in ("granted", "lapsed"):
        sign_waiver(cast, waiver)
    if state == "lapsed":
        services.lapse_waivers(at=NOW + dt.timedelta(days=91))
    elif state == "rejected":
        assert waiver.request is not None
        signoffs.reject(request=waiver.request, by=cast.sponsor, at=NOW, proof=proof(), reason="Do it now.")
    elif state == "withdrawn":
        services.withdraw_waiver(waiver=waiver, by=cast.owner, at=NOW)
    waiver.refresh_from_db()
    return waiver
