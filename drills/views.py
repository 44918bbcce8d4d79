"""Pages about many drills: the list and the programme."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from drills import programme, queries
from drills.filters import DrillFilter
from drills.models import Drill
from people.access import SIGNED_IN, rule
from people.models import Team, User, organisation_today
from people.permissions import Permission
from workloads.models import Workload

PAGE = 50
TEAMS = 25
TABS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "upcoming": ("Upcoming", (Drill.State.PLANNED,), ("window_start", "pk")),
    "running": ("Running", (Drill.State.RUNNING,), ("-started_at", "-pk")),
    "finished": ("Finished", (Drill.State.FINISHED,), ("-finished_at", "-pk")),
    "all": ("All", tuple(Drill.State.values), ("-window_start", "-pk")),
}


@rule(SIGNED_IN)
def drill_list(request: HttpRequest) -> HttpResponse:
    tab = _tab(request)
    asked, drills = asked_for(request)
    counts = dict(Drill.objects.visible_to(reader(request)).order_by().values_list("state").annotate(Count("pk")))
    context = {
        "page": Paginator(drills, PAGE).get_page(request.GET.get("page")),
        "form": asked.form,
        "tab": tab,
        "tabs": [(key, label, sum(counts.get(s, 0) for s in states)) for key, (label, states, _) in TABS.items()],
        "question": _question(request.GET),
        "is_narrowed": any(request.GET.get(name) for name in asked.form.fields),
    }
    return render(request, "drills/list.html", context)


@rule(SIGNED_IN)
def calendar(request: HttpRequest) -> HttpResponse:
    """Twelve months by teams, and below it what is late and not planned."""
    today = organisation_today(timezone.now())
    first = programme.first_month(request.GET.get("from", ""), today)
    after = programme.plus_months(first, programme.MONTHS)
    return render(
        request,
        "drills/calendar.html",
        {
            "months": [programme.plus_months(first, n) for n in range(programme.MONTHS)],
            "last": programme.plus_months(after, -1),
            "earlier": programme.plus_months(first, -programme.MONTHS),
            "later": after,
            "today": today,
            **_calendar(request, first, after, today),
            **_late(request, today),
        },
    )


def _calendar(request: HttpRequest, first: dt.date, after: dt.date, today: dt.date) -> dict[str, Any]:
    drills = queries.on_calendar(Drill.objects.visible_to(reader(request)), first, after)
    teams = Team.objects.filter(pk__in=drills.order_by().values("workload__owner_team")).order_by("name")
    page = Paginator(teams, TEAMS).get_page(request.GET.get("page"))
    found = queries.calendar_cells(drills, [team.pk for team in page])
    return {"page": page, "rows": programme.rows(page, found, first, today)}


def _late(request: HttpRequest, today: dt.date) -> dict[str, Any]:
    user = reader(request)
    visible = Workload.objects.visible_to(user)
    late = queries.with_talks(queries.late_and_not_planned(visible, today=today))
    page = Paginator(late, TEAMS).get_page(request.GET.get("late"))
    return {
        "late": page,
        "schedulable": queries.schedulable(user, [workload.pk for workload in page]),
        "with_interval": queries.with_cadence(visible).count(),
        "late_count": queries.late_for_drill(visible, today=today).count(),
    }


def reader(request: HttpRequest) -> User:
    """Whoever looks; every view of this room is for people who signed in."""
    return cast(User, request.user)


def only_for(request: HttpRequest, permission: Permission, workload: Workload) -> None:
    """No form for a deed that this person may not do; the service decides again when it is sent."""
    if request.method in ("GET", "HEAD") and not reader(request).may(permission, on=workload):
        raise Http404("not for this person")


def _tab(request: HttpRequest) -> str:
    asked = request.GET.get("tab", "")
    return asked if asked in TABS else "upcoming"


def asked_for(request: HttpRequest) -> tuple[DrillFilter, QuerySet[Drill]]:
    """The drills of the tab and the filter that the request names, in the order of the tab."""
    _, states, order = TABS[_tab(request)]
    visible = Drill.objects.visible_to(reader(request))
    asked = DrillFilter(
        request.GET, request=request, queryset=cast(Any, visible).with_result().filter(state__in=states)
    )
    drills = asked.qs if asked.is_valid() else asked.queryset.none()
    return asked, drills.for_page().defer("report").order_by(*order)


def _question(asked: QueryDict) -> str:
    kept = asked.copy()
    for name in ("page", "tab"):
        kept.pop(name, None)
    return kept.urlencode()
