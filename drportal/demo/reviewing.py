"""Two review campaigns: one closed, one open and half done, in which one team is late."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from people.models import User, organisation_today
from people.proof import IdentityProof, Method
from people.queries import people_in_role
from signoffs.documents import digest
from workloads.campaigns.queries import open_reviews
from workloads.campaigns.services import Seen, close_campaign, nudge, open_campaign, reaffirm_many
from workloads.models import Campaign, Classification
from workloads.signing import classification_document

if TYPE_CHECKING:
    from drportal.demo.build import Organisation

LATE = "Digital"  # this team's stakeholder has looked at none of hers


def review_campaigns(org: Organisation) -> None:
    maren = org.people["maren"]
    # Reviews that were given after an opening have been told already: opening it now must not move the days they set.
    dues = dict(_in_force().values_list("pk", "review_due_on"))
    last = _opened(org, maren, "Critical systems, last quarter", "tier=0&tier=1", 78, 57)
    _put_back(dues)
    close_campaign(campaign=last, by=maren, at=org.ago(14))
    this = _opened(org, maren, "Tier 1 before the year-end", "tier=1", 24, 21)
    reviewed = this.reviews.exclude(pk__in=open_reviews(this).values("pk")).values_list("target", flat=True)
    _put_back({pk: dues[pk] for pk in reviewed})
    _reaffirmed(org, this, ago=9)
    nudge(campaign=this, by=maren, at=org.ago(2))


def _in_force() -> Any:
    return Classification.objects.filter(state=Classification.State.SIGNED_OFF)


def _opened(org: Organisation, by: User, name: str, params: str, ago: int, days: int) -> Campaign:
    at = org.ago(ago)
    due_on = organisation_today(at) + dt.timedelta(days=days)
    return open_campaign(by=by, at=at, name=name, due_on=due_on, params=QueryDict(params))


def _put_back(dues: dict[int, dt.date]) -> None:
    for target in _in_force().filter(pk__in=dues):
        Classification.objects.filter(pk=target.pk).update(review_due_on=dues[target.pk])


def _reaffirmed(org: Organisation, campaign: Campaign, *, ago: int) -> None:
    """Each stakeholder gives hers together, where nothing has changed; of the late team nobody does."""
    waiting = open_reviews(campaign).exclude(workload__owner_team__name=LATE).values("target")
    hers: dict[User, list[Seen]] = {}
    for target in _in_force().filter(pk__in=waiting).select_related("workload__owner_team", "tier", "proposed_by"):
        people = people_in_role("business-stakeholder", workload_id=target.workload_id, on=organisation_today(org.now))
        seen = Seen(target.pk, str(target.review_due_on), digest(classification_document(target)))
        hers.setdefault(people[0], []).append(seen)
    for number, (person, seen_by_her) in enumerate(hers.items()):
        at = org.ago(ago - number)
        reaffirm_many(
            seen=seen_by_her, by=person, at=at, proof=IdentityProof(Method.PASSKEY, at - dt.timedelta(seconds=40))
        )
