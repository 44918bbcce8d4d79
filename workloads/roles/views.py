"""The review of all assignments: who holds what from when to when, where somebody is missing; and the same as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.spreadsheets import table_response
from people.access import rule, signed_in
from people.models import RoleAssignment, organisation_today
from people.permissions import Permission
from people.queries import vacancies
from workloads.roles.forms import AssignmentsFilter
from workloads.roles.queries import GAPS, MISSING, Assignments, assignments, counts, gaps_of, in_words, narrowed, unheld

PER_PAGE = 50
BATCH = 1000
HEADER = (
    "role", "for", "workload number", "reference", "holder", "holder e-mail", "deputy", "deputy e-mail", "from", "until",
    "gaps",
)  # fmt: skip


@rule(Permission.VIEW_PEOPLE)
@require_GET
def list_assignments(request: HttpRequest) -> HttpResponse:
    user, today = signed_in(request), organisation_today(timezone.now())
    form = AssignmentsFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    everything, without = assignments(user), unheld(user, today)
    numbers = counts(everything, today)
    total = None if any(asked.values()) else numbers["all"]
    found: Any = without if asked.get("gap") == MISSING else Assignments(narrowed(everything, asked, today), total)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "form": form,
        "gap": asked.get("gap", ""),
        "page": page,
        "total": numbers["all"],
        "tabs": [(key, label, numbers[key.replace("-", "_")]) for key, label in GAPS.items()],
        "without": without.count(),
        "query": request.GET.urlencode(),
        "filtered": any(asked.get(name) for name in ("q", "role", "place", "ended")),
        # Of the tabs above.
        "tab": "assignments",
        "sees_all": True,
        "gaps": len(vacancies(on=today)),
        "may_assign": user.may(Permission.ASSIGN_ROLES),
        "today": today,
    }
    if asked.get("gap") == MISSING:
        context["unheld"] = list(in_words(page))
    else:
        context["rows"] = [(held, gaps_of(held, today)) for held in page]
    return render(request, "workloads/roles/assignments.html", context)


@rule(Permission.VIEW_PEOPLE)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the page would show, all of it, as a table; unfiltered, the workloads for which nobody holds a role come last."""
    user, now = signed_in(request), timezone.now()
    form, today = AssignmentsFilter(request.GET), organisation_today(now)
    asked = form.cleaned_data if form.is_valid() else {}
    batches = _batches(user, asked, today)
    return table_response(request, f"assignments-{now:%Y-%m-%d}", HEADER, batches)


def _batches(user: Any, asked: dict[str, Any], today: dt.date) -> Iterator[list[list[Any]]]:
    if asked.get("gap") != MISSING:
        rows = narrowed(assignments(user), asked, today).iterator(chunk_size=BATCH)
        while batch := [_row(held, today) for held in islice(rows, BATCH)]:
            yield batch
    if asked.get("gap") == MISSING or not any(asked.values()):
        lacking = in_words(unheld(user, today).iterator(chunk_size=BATCH))
        lines = (
            [role, one.workload.name, one.workload.pk, one.workload.reference, *[""] * 6, "nobody holds this role"]
            for one in lacking
            for role in one.roles
        )
        while batch := list(islice(lines, BATCH)):
            yield batch


def _row(held: RoleAssignment, today: dt.date) -> list[Any]:
    person, deputy = held.person, held.deputy
    return [
        held.role.name,
        getattr(held, "place", None) or "the whole organisation",
        held.workload_id,
        getattr(held, "reference", None),
        person.name if person else "",
        person.email if person else "",
        deputy.name if deputy else "",
        deputy.email if deputy else "",
        held.from_on,
        held.until_on,
        "; ".join(gaps_of(held, today)),
    ]
