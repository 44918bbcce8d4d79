"""The lists of this part as files: campaigns, the reviews of one, and the reviews that wait for the reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.spreadsheets import in_batches, table_response
from audit.tables import utc
from people.access import SIGNED_IN, rule, signed_in
from people.models import User, organisation_today
from workloads.campaigns.changes import changes_since
from workloads.campaigns.queries import listed, newest_first, reviews_due, reviews_for, totals
from workloads.campaigns.services import filter_words
from workloads.campaigns.views import asked_campaign, campaign_for
from workloads.due_early import because_for
from workloads.models import Campaign, CampaignReview, Classification, Workload

BATCH = 500
CAMPAIGNS = (
    "campaign", "name", "state", "due on", "reviews", "reviewed", "overdue", "filter", "opened at (UTC)", "opened by",
    "closed at (UTC)", "closed by",
)  # fmt: skip
REVIEWS = (
    "workload number", "workload", "reference", "team", "target", "tier", "rto seconds", "rpo seconds", "waived until",
    "state", "review due", "due early because", "nudged on",
)  # fmt: skip
WAITING = (
    "workload number", "workload", "reference", "team", "target", "tier", "rto seconds", "rpo seconds", "waived until",
    "review due", "last signed at (UTC)", "what has changed",
)  # fmt: skip


@rule(SIGNED_IN)
@require_GET
def export_campaigns(request: HttpRequest) -> HttpResponseBase:
    """Every campaign with how far it is, as far as this person sees its reviews."""
    user, today = signed_in(request), organisation_today(timezone.now())
    return table_response(request, f"campaigns-{today:%Y-%m-%d}", CAMPAIGNS, _campaigns(user, today))


@rule(SIGNED_IN)
@require_GET
def export_reviews(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The reviews of a campaign that this person sees."""
    campaign, today = campaign_for(request, pk), organisation_today(timezone.now())
    user = signed_in(request)
    found = listed(reviews_for(user).filter(campaign=campaign), on=today).iterator(chunk_size=BATCH)
    rows = _reviews(found, campaign, user)
    return table_response(request, f"reviews-{campaign.pk}-{today:%Y-%m-%d}", REVIEWS, rows)


@rule(SIGNED_IN)
@require_GET
def export_waiting(request: HttpRequest) -> HttpResponseBase:
    """Her reviews that wait, each with what has changed since it was signed last."""
    user, today = signed_in(request), organisation_today(timezone.now())
    found = reviews_due(user, today, asked_campaign(request))
    return table_response(request, f"my-reviews-{today:%Y-%m-%d}", WAITING, _waiting(found, user, today))


def _campaigns(user: User, today: dt.date) -> Iterator[list[list[Any]]]:
    for batch in in_batches(newest_first(user).iterator(chunk_size=BATCH), BATCH):
        stands = totals(reviews_for(user).filter(campaign__in=[campaign.pk for campaign in batch]), on=today)
        yield [_campaign(campaign, stands.get(campaign.pk)) for campaign in batch]


def _campaign(campaign: Campaign, part: Any) -> list[Any]:
    numbers = [part.total, part.done, part.overdue] if part is not None else [0, 0, 0]
    return [
        campaign.pk, campaign.name, "open" if campaign.closed_at is None else "closed", campaign.due_on, *numbers,
        filter_words(campaign.chosen_by), utc(campaign.opened_at), campaign.opened_by.name, utc(campaign.closed_at),
        campaign.closed_by.name if campaign.closed_by is not None else "",
    ]  # fmt: skip


def _reviews(found: Iterable[CampaignReview], campaign: Campaign, user: User) -> Iterator[list[list[Any]]]:
    for batch in in_batches(found, BATCH):
        because = because_for((review.target for review in batch), user)
        yield [_review(review, campaign, because[review.target_id]) for review in batch]


def _review(review: CampaignReview, campaign: Campaign, why: str) -> list[Any]:
    is_done: bool = review.is_done  # type: ignore[attr-defined]  # annotated
    left = "open" if campaign.closed_at is None else "not reviewed"
    target = review.target
    because, due_on = ("", None) if is_done else (why, target.review_due_on)
    return [
        *_target(target, review.workload, review.waived_until),  # type: ignore[attr-defined]  # annotated
        "reviewed" if is_done else left, due_on, because, review.nudged_on,
    ]  # fmt: skip


def _waiting(found: QuerySet[Any], user: User, today: dt.date) -> Iterator[list[list[Any]]]:
    for batch in in_batches(found.iterator(chunk_size=BATCH), BATCH):
        changes = changes_since(batch, today=today, viewer=user)
        yield [
            [
                *_target(target, target.workload, target.waived_until), target.review_due_on, utc(changes[target.pk].since.at),
                " ".join(changes[target.pk].said),
            ]
            for target in batch
        ]  # fmt: skip


def _target(target: Classification, workload: Workload, waived_until: dt.date | None) -> list[Any]:
    return [
        workload.pk, workload.name, workload.reference, workload.owner_team.name, target.pk, target.tier_id,
        target.rto_seconds, target.rpo_seconds, waived_until,
    ]  # fmt: skip
