"""Campaigns: opening one, watching it, nudging, closing; and giving many reviews at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.errors import DeedError, Invalid, WrongState
from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.permissions import Permission
from people.proof import NeedsProof
from people.reauthentication import proof_for_deed, prove_context
from workloads.campaigns import services
from workloads.campaigns.changes import changes_since
from workloads.campaigns.forms import ChooseForm, OpenForm
from workloads.campaigns.queries import (
    by_team,
    campaigns_for,
    listed,
    may_propose,
    newest_first,
    reviews_due,
    reviews_for,
    totals,
    whole,
)
from workloads.due_early import because_for
from workloads.forms import show_refusal
from workloads.models import Campaign
from workloads.queries import waived_until
from workloads.reviews import REAFFIRM_MEANING

PER_PAGE = 50
PREVIEWED = 20
USUAL_TIME = dt.timedelta(days=28)


@rule(SIGNED_IN)
@require_GET
def list_campaigns(request: HttpRequest) -> HttpResponse:
    """The open ones first, each with how far it is."""
    user, today = signed_in(request), organisation_today(timezone.now())
    page = Paginator(newest_first(user), PER_PAGE).get_page(request.GET.get("page"))
    stands = totals(reviews_for(user).filter(campaign__in=[campaign.pk for campaign in page]), on=today)
    context = {
        "page": page,
        "rows": [(campaign, stands.get(campaign.pk)) for campaign in page],
        "may_open": user.may(Permission.OPEN_CAMPAIGNS),
        "today": today,
    }
    return render(request, "workloads/campaigns/list.html", context)


@rule(Permission.OPEN_CAMPAIGNS)
@require_http_methods(["GET", "POST"])
def open_campaign(request: HttpRequest) -> HttpResponse:
    """The filter is in the address, so that it can be looked at before anything is opened."""
    user, at = signed_in(request), timezone.now()
    initial = {"due_on": organisation_today(at) + USUAL_TIME}
    form = OpenForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = services.open_campaign(by=user, at=at, params=request.GET, **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{campaign.name} is open. Everybody with a review in it has a message now.")
            return redirect(campaign)
    context = _preview(request) | {"form": form, "choose": ChooseForm(request.GET), "query": request.GET.urlencode()}
    return render(request, "workloads/campaigns/open.html", context, status=422 if form.errors else 200)


def _preview(request: HttpRequest) -> dict[str, Any]:
    """How many targets the filter finds, and the first of them."""
    try:
        found, kept = services.chosen(signed_in(request), request.GET)
    except Invalid:
        found, kept = services.chosen(signed_in(request), QueryDict())
    today = organisation_today(timezone.now())
    rows = found.select_related("workload__owner_team", "tier").order_by("tier", "workload__name", "pk")
    return {
        "count": found.count(),
        "teams": found.order_by().values("workload__owner_team").distinct().count(),
        "rows": rows.annotate(waived_until=waived_until(today, "workload"))[:PREVIEWED],
        "shown": PREVIEWED,
        "kept": services.filter_words(kept),
        "today": today,
    }


def campaign_for(request: HttpRequest, pk: int) -> Campaign:
    """Not found for who may see none of its workloads."""
    return get_object_or_404(campaigns_for(signed_in(request)).select_related("opened_by", "closed_by"), pk=pk)


@rule(SIGNED_IN)
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, team by team, and which reviews are open."""
    user, at = signed_in(request), timezone.now()
    campaign, today = campaign_for(request, pk), organisation_today(at)
    reviews = reviews_for(user).filter(campaign=campaign)
    parts = by_team(reviews, on=today)
    page = Paginator(listed(reviews, on=today), PER_PAGE).get_page(request.GET.get("page"))
    because = because_for((review.target for review in page), user)
    for review in page:
        review.because = because[review.target_id]
    context = {
        "campaign": campaign,
        "parts": parts,
        "whole": whole(parts),
        "page": page,
        "kept": services.filter_words(campaign.chosen_by),
        "mine": reviews_due(user, today, campaign).count() if campaign.closed_at is None else 0,
        "may_open": user.may(Permission.OPEN_CAMPAIGNS) and campaign.closed_at is None,
        "today": today,
    }
    return render(request, "workloads/campaigns/campaign.html", context)


@rule(Permission.OPEN_CAMPAIGNS)
@require_POST
def nudge(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = campaign_for(request, pk)
    try:
        told = services.nudge(campaign=campaign, by=signed_in(request), at=timezone.now())
    except WrongState as error:
        messages.error(request, error.message)
    else:
        people = "1 person has" if len(told) == 1 else f"{len(told)} people have"
        messages.success(request, f"Nudged. {people} a message with the reviews that are open.")
    return redirect(campaign)


@rule(Permission.OPEN_CAMPAIGNS)
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked on a page of its own: nobody can open it again."""
    campaign, user, at = campaign_for(request, pk), signed_in(request), timezone.now()
    if request.method == "POST":
        try:
            services.close_campaign(campaign=campaign, by=user, at=at)
        except WrongState as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"{campaign.name} is closed.")
        return redirect(campaign)
    stands = whole(by_team(reviews_for(user).filter(campaign=campaign), on=organisation_today(at)))
    return render(request, "workloads/campaigns/close.html", {"campaign": campaign, "whole": stands})


@rule(SIGNED_IN)
@cache_control(no_store=True, private=True)
@require_http_methods(["GET", "POST"])
def reviews(request: HttpRequest) -> HttpResponse:
    """Her open reviews: those where nothing changed together, the others one by one with what did."""
    if request.method == "GET":
        return _reviews(request)
    try:
        outcome = _reaffirm_many(request)
    except NeedsProof as error:
        return _reviews(request, {"password": error.message}, 422)
    except DeedError as error:
        return _reviews(request, {"decide": error.message}, error.status)
    if outcome.kept:
        names = ", ".join(target.workload.name for target in outcome.kept)
        messages.success(request, f"Reaffirmed: {names}.")
    if outcome.refused:
        messages.warning(request, f"Not reaffirmed: {outcome.refused_words}")
    return redirect(request.get_full_path())


def _reaffirm_many(request: HttpRequest) -> services.Outcome:
    """The time is taken after the proof, so that a proof is never from the future."""
    seen = [_seen(value) for value in request.POST.getlist("target")]
    proof = proof_for_deed(request)
    return services.reaffirm_many(seen=seen, by=signed_in(request), at=timezone.now(), proof=proof)


def _seen(value: str) -> services.Seen:
    number, _, rest = value.partition("|")
    due, _, digest = rest.partition("|")
    if not number.isdecimal() or len(number) > 18:
        raise Invalid("Choose from the list.")
    return services.Seen(int(number), due, digest)


def asked_campaign(request: HttpRequest) -> Campaign | None:
    """The campaign that the address narrows the reviews to."""
    asked = request.GET.get("campaign", "")
    return campaign_for(request, int(asked)) if asked.isdecimal() and len(asked) < 18 else None


def _reviews(request: HttpRequest, problems: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    user, today = signed_in(request), organisation_today(timezone.now())
    campaign = asked_campaign(request)
    page = Paginator(reviews_due(user, today, campaign), PER_PAGE).get_page(request.GET.get("page"))
    targets = list(page.object_list)
    found = changes_since(targets, today=today, viewer=user)
    may = may_propose(user, [target.workload for target in targets])
    rows = [(target, found[target.pk], target.workload_id in may) for target in targets]
    context = {
        "campaign": campaign,
        "page": page,
        "same": [row for row in rows if not row[1].said],
        "changed": [row for row in rows if row[1].said],
        "chosen": set(request.POST.getlist("target")),
        "meaning": REAFFIRM_MEANING,
        "today": today,
        "problems": problems or {},
        "here": request.get_full_path(),
        "all_reviews": reverse("workloads:reviews"),
    }
    return render(request, "workloads/campaigns/reviews.html", context | prove_context(request), status=status)
