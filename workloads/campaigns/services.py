"""Deeds on campaigns: open, nudge, close; and reaffirming many targets at once where nothing changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import QueryDict

from audit.copying import copy_in
from audit.errors import DeedError, Invalid, NotAllowed, WrongState
from audit.kinds import Kind
from audit.services import record
from people.columns import problems_of
from people.models import User, organisation_today
from people.permissions import Permission
from people.proof import IdentityProof, NeedsProof
from workloads.campaigns import telling
from workloads.campaigns.changes import changes_since
from workloads.campaigns.queries import by_team, open_reviews, whole
from workloads.filters import RegisterFilter
from workloads.models import Campaign, CampaignReview, Classification, Lifecycle, Reaffirmation
from workloads.queries import classifications_for, register
from workloads.reviews import reaffirm

LONGEST = dt.timedelta(days=366)
AT_ONCE = 100  # reviews given in one deed


def chosen(user: User, params: QueryDict) -> tuple[QuerySet[Classification], dict[str, list[str]]]:
    """The targets in force that the register's filter finds, and the filter as it is kept. Raises Invalid."""
    filters = RegisterFilter(params, register(user))
    if not filters.form.is_valid():
        raise Invalid("The filter does not make sense. Choose again.", {"filter": "Choose again."})
    names = [name for name, value in filters.form.cleaned_data.items() if value]
    kept = {name: params.getlist(name) for name in names}
    workloads = filters.qs.order_by().values("pk")
    targets = Classification.objects.filter(state=Classification.State.SIGNED_OFF, workload__in=workloads)
    return targets.exclude(workload__lifecycle=Lifecycle.RETIRED), kept


@transaction.atomic
def open_campaign(*, by: User, at: dt.datetime, name: str, due_on: dt.date, params: QueryDict) -> Campaign:
    """Ask for the review of every target in force that the filter finds, by a day; a later due date moves to that day.

    Raises Invalid for a name that is taken, a day that makes no sense, or a filter that finds nothing.
    """
    by.require(Permission.OPEN_CAMPAIGNS)
    _check(name, due_on, organisation_today(at))
    found, kept = chosen(by, params)
    # In one order, as everybody who touches several targets does.
    locked = found.order_by("pk").select_for_update(of=("self",), no_key=True)
    targets = list(locked.values_list("pk", "workload_id", "workload__name"))
    if not targets:
        raise Invalid("No workload with a signed target is found. Choose more.", {"filter": "Finds no signed target."})
    campaign = Campaign(name=name.strip(), due_on=due_on, chosen_by=kept, opened_at=at, opened_by=by)
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError:
        taken = "Another campaign has this name."
        raise Invalid(taken, {"name": taken}) from None
    copy_in([CampaignReview(campaign=campaign, target_id=pk, workload_id=workload) for pk, workload, _ in targets])
    moved = _move(campaign)
    record(
        Kind.CAMPAIGN_OPENED,
        campaign,
        by=by,
        at=at,
        after={
            "name": campaign.name, "due": due_on, "filter": kept, "reviews": len(targets), "moved": moved,
            "workloads": sorted(workload for _, workload, _ in targets),
        },
    )  # fmt: skip
    telling.opened(campaign, {workload: name for _, workload, name in targets}, by=by, at=at)
    return campaign


def _move(campaign: Campaign) -> int:
    """Reviews that were due later are due with the campaign; how many."""
    later = Classification.objects.filter(pk__in=campaign.reviews.values("target"), review_due_on__gt=campaign.due_on)
    # A day that has been reaffirmed once cannot be reaffirmed again; such a target was looked at early and keeps its day.
    given = Reaffirmation.objects.filter(was_due_on=campaign.due_on)
    return later.exclude(pk__in=given.values("classification")).update(review_due_on=campaign.due_on)


def _check(name: str, due_on: dt.date, today: dt.date) -> None:
    problems = {}
    if not name.strip():
        problems["name"] = "Give it a name, for example “Reviews of the fourth quarter”."
    problems |= problems_of(Campaign(name=name.strip()), "name")
    if due_on < today:
        problems["due_on"] = "This day has passed. Choose today or a later one."
    elif due_on - today > LONGEST:
        problems["due_on"] = "Choose a day within a year."
    if problems:
        raise Invalid("Some values need another look.", problems)


@transaction.atomic
def nudge(*, campaign: Campaign, by: User, at: dt.datetime) -> list[User]:
    """Write to everybody with open reviews, one message a person; a review is nudged once a day. Raises WrongState."""
    by.require(Permission.OPEN_CAMPAIGNS)
    campaign = _locked(campaign)
    today = organisation_today(at)
    waiting = open_reviews(campaign)
    late = list(waiting.exclude(nudged_on=today).values_list("pk", "workload_id", "workload__name"))
    if not late:
        everybody = "Everybody with an open review has been nudged today. Try again tomorrow."
        raise WrongState(everybody if waiting.exists() else "No review is open. Nobody has to be nudged.")
    CampaignReview.objects.filter(pk__in=[pk for pk, _, _ in late]).update(nudged_on=today)
    told = telling.nudged(campaign, {workload: name for _, workload, name in late}, by=by, at=at)
    names = sorted(person.name for person in told)
    record(Kind.CAMPAIGN_NUDGED, campaign, by=by, at=at, after={"reviews": len(late), "told": names})
    return told


@transaction.atomic
def close_campaign(*, campaign: Campaign, by: User, at: dt.datetime) -> Campaign:
    """End it, finished or not; what is still open stays due on its own date. Raises WrongState."""
    by.require(Permission.OPEN_CAMPAIGNS)
    campaign = _locked(campaign)
    stands = whole(by_team(campaign.reviews.all(), on=organisation_today(at)))
    campaign.closed_at, campaign.closed_by = at, by
    campaign.save(update_fields=["closed_at", "closed_by"])
    record(Kind.CAMPAIGN_CLOSED, campaign, by=by, at=at, after={"reviews": stands.total, "done": stands.done})
    return campaign


def _locked(campaign: Campaign) -> Campaign:
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.closed_at is not None:
        raise WrongState(f"{campaign.name} is closed. Nothing more is asked for it.")
    return campaign


class Seen(NamedTuple):
    """A target as the reviewer saw it in the list: its due date and the digest of its document."""

    target: int
    due_on: str
    digest: str


@dataclass
class Outcome:
    """Which reviews were given, and which were not, with the reason."""

    kept: list[Classification] = field(default_factory=list)
    refused: list[tuple[Classification, str]] = field(default_factory=list)

    @property
    def refused_words(self) -> str:
        return " ".join(f"{target.workload.name}: {why}" for target, why in self.refused)


@transaction.atomic
def reaffirm_many(*, seen: Sequence[Seen], by: User, at: dt.datetime, proof: IdentityProof | None) -> Outcome:
    """Keep many targets where nothing has changed: one proof, but a request and a signature for each.

    What changed, was reviewed meanwhile or is not hers is left out and named. Raises NeedsProof, Invalid, NotAllowed.
    """
    if not seen:
        raise Invalid("Choose at least one target.", {"target": "Choose at least one."})
    if len(seen) > AT_ONCE:
        raise Invalid(f"Choose at most {AT_ONCE} at once.", {"target": f"Choose at most {AT_ONCE}."})
    by_number = {one.target: one for one in seen}
    targets = _of(by, by_number.keys())
    if not targets:
        raise NotAllowed("None of these targets is yours to reaffirm.")
    outcome, changed = Outcome(), changes_since(targets, today=organisation_today(at), viewer=by)
    for target in targets:
        why = _why_not(target, by_number[target.pk], changed[target.pk].said)
        try:
            if not why:
                reaffirm(
                    classification=target,
                    by=by,
                    at=at,
                    proof=proof,
                    digest=by_number[target.pk].digest,
                    known=changed[target.pk].known,
                )
        except NeedsProof:
            raise
        except DeedError as error:
            why = error.message
        if why:
            outcome.refused.append((target, why))
        else:
            outcome.kept.append(target)
    return outcome


def _of(by: User, numbers: Collection[int]) -> list[Classification]:
    """In one order for everybody, and locked: who comes second finds the reviews given."""
    related = ("workload__owner_team", "tier", "proposed_by", "request")
    found = classifications_for(by).filter(pk__in=numbers).order_by("pk")
    list(found.select_for_update(of=("self",), no_key=True).values_list("pk"))
    return list(found.select_related(*related))


def _why_not(target: Classification, seen: Seen, changed: Sequence[str]) -> str:
    """Why this one has to be looked at by itself; empty when it can be kept with the others."""
    if target.review_due_on is None or target.state != Classification.State.SIGNED_OFF:
        return "It is no longer in force."
    if changed:
        return f"Something changed. {changed[0]} Review it on its own."
    if seen.due_on != target.review_due_on.isoformat():
        return "It has been reviewed meanwhile."
    return ""


def filter_words(kept: Mapping[str, Any]) -> str:
    """The filter as the register's address asks it."""
    asked = QueryDict(mutable=True)
    for name, values in kept.items():
        asked.setlist(name, list(values))
    return asked.urlencode()
