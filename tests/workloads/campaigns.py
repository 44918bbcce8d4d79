"""Campaigns for tests: a few workloads in force, and a campaign over them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.http import QueryDict

from people.models import organisation_today
from people.permissions import BUSINESS_STAKEHOLDER
from signoffs.documents import digest
from tests.cast import NOW, Cast, give, put_in_force
from workloads import services as workloads
from workloads.campaigns.services import Seen, open_campaign
from workloads.models import Campaign, Classification
from workloads.signing import classification_document

OPENED = NOW + dt.timedelta(days=20)
DUE = organisation_today(OPENED) + dt.timedelta(days=28)


def more_in_force(cast: Cast, number: int) -> list[Classification]:
    """So many more workloads of the cast's team and stakeholder, each with a target of tier 2 in force."""
    found = []
    for one in range(number):
        load = workloads.add_workload(
            by=cast.head, at=NOW, name=f"Load {one:02}", purpose="For reviews.", owner_team=cast.team
        )
        give(BUSINESS_STAKEHOLDER, cast.stakeholder, deputy=cast.deputy, workload=load)
        found.append(put_in_force(replace(cast, workload=load), tier=2))
    return found


def opened(cast: Cast, params: str = "", *, name: str = "Fourth quarter", at: dt.datetime = OPENED) -> Campaign:
    due = organisation_today(at) + dt.timedelta(days=28)
    return open_campaign(by=cast.head, at=at, name=name, due_on=due, params=QueryDict(params))


def seen(target: Classification) -> Seen:
    """The target as a list shows it now."""
    target = Classification.objects.get(pk=target.pk)
    assert target.review_due_on is not None
    return Seen(target.pk, target.review_due_on.isoformat(), digest(classification_document(target)))
