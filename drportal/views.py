"""The home page, and search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from drills.queries import next_drills, verdicts_by_quarter
from drportal.needs import GROUPS, asks_of
from drportal.search import search
from drportal.silence import silence_for
from drportal.standing import quarters_drawn, quarters_until, standing_for
from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from workloads.filters import SEARCH_MAX
from workloads.models import Workload


@rule(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    """What needs her, then where the organisation stands."""
    user, now = signed_in(request), timezone.now()
    today, on = now.astimezone(user.zone).date(), organisation_today(now)
    asks = asks_of(user, today=today, on=on)
    request.needs_count = asks.total  # type: ignore[attr-defined]
    seen = Workload.objects.visible_to(user)
    quarters = quarters_until(on)
    context = {
        "today": today,
        "asks": asks,
        "overdue": sum(ask.group(today) == "Overdue" for ask in asks.listed),
        "groups": [(name, group) for name in GROUPS if (group := [a for a in asks.listed if a.group(today) == name])],
        "next_drills": next_drills(seen, on=today, limit=5),
        "standing": standing_for(user, today=today, on=on),
        "silence": silence_for(user),
        "quarters": quarters_drawn(verdicts_by_quarter(seen, quarters), today=today),
    }
    return render(request, "home.html", context)


@rule(SIGNED_IN)
@require_GET
def search_all(request: HttpRequest) -> HttpResponse:
    """One question, answered from everything she may see."""
    question = " ".join(request.GET.get("q", "")[:SEARCH_MAX].replace("\0", " ").split())
    groups = search(signed_in(request), question, on=organisation_today(timezone.now()))
    return render(request, "search.html", {"question": question, "groups": groups})


@rule(SIGNED_IN)
def own_email(request: HttpRequest) -> HttpResponse:
    """In the place of allauth's page for changing addresses: an administrator enters them."""
    return redirect("people:account")
