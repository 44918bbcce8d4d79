"""Campaigns for tests: a few workloads in force, and a campaign over them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.http import QueryDict

from people.models import RoleAssignment, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER
from signoffs.documents import digest
from tests.cast import NOW, Cast, give, open_gates, put_in_force
from tests.past import rewriting_history
from workloads import services as workloads
from workloads.campaigns.services import Seen, open_campaign
from workloads.models import Campaign, Classification
from workloads.rights import settle_rights
from workloads.signing import classification_document

OPENED = NOW + dt.timedelta(days=20)
DUE = organisation_today(OPENED) + dt.timedelta(days=28)


def more_in_force(cast: Cast, number: int, *, start: int = 0) -> list[Classification]:
    """So many more workloads of the cast's team and stakeholder, each with a target of tier 2 in force."""
    found = []
    for one in range(start, start + number):
        load = workloads.add_workload(
            by=cast.head, at=NOW, name=f"Load {one:02}", purpose="For reviews.", owner_team=cast.team
        )
        give(BUSINESS_STAKEHOLDER, cast.stakeholder, deputy=cast.deputy, workload=load)
        open_gates(load, cast.owner)
        found.append(in_force(replace(cast, workload=load), tier=2))
    return found


def in_force(cast: Cast, **values: Any) -> Classification:
    """A target in force of a workload whose team role the stakeholder holds too afterwards, so that she alone is told."""
    team_role = RoleAssignment.objects.filter(role=WORKLOAD_OWNER, workload_id=cast.workload.pk)
    if not team_role.exists():
        give(WORKLOAD_OWNER, cast.owner, workload=cast.workload)
    target = put_in_force(cast, **values)
    with rewriting_history():
        team_role.update(person=cast.stakeholder, deputy=None)
    settle_rights(at=NOW)
    return target


def opened(cast: Cast, params: str = "", *, name: str = "Fourth quarter", at: dt.datetime = OPENED) -> Campaign:
    due = organisation_today(at) + dt.timedelta(days=28)
    return open_campaign(by=cast.head, at=at, name=name, due_on=due, params=QueryDict(params))


def seen(target: Classification) -> Seen:
    """The target as a list shows it now."""
    target = Classification.objects.get(pk=target.pk)
    assert target.review_due_on is not None
    return Seen(target.pk, target.review_due_on.isoformat(), digest(classification_document(target)))
