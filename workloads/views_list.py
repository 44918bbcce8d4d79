"""The register: one page of workloads, filtered and sorted, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from audit.spreadsheets import in_batches, table_response
from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.permissions import Permission
from workloads.filters import PROOFS, REVIEWS, STATES, TIERS
from workloads.models import Lifecycle, SavedView
from workloads.queries import COUNT_MAX, TAB_MAX, VIEWS, counts, teams_named_to
from workloads.question import Question, counted, page_of
from workloads.signing import percent

BATCH = 500
EXPORT = {
    "number": "id",
    "name": "name",
    "reference": "reference",
    "purpose": "purpose",
    "owner team": "team",
    "business unit": "business_unit",
    "lifecycle": "lifecycle",
    "tags": "tags",
    "shared service": "is_shared",
    "tier": "tier",
    "slo": "slo",
    "rto seconds": "rto_seconds",
    "rpo seconds": "rpo_seconds",
    "target": "state",
    "review due": "review_due_on",
    "waived until": "waived_until",
    "last drill": "proven_on",
    "rto in last drill": "proof_rto",
    "rpo in last drill": "proof_rpo",
}


# The filters beside the search, with what they say when they are not set.
SELECTS: tuple[tuple[str, str, str, Any], ...] = (
    ("tier", "Tier", "Any tier", TIERS),
    ("state", "Target", "Any state", STATES),
    ("team", "Team", "Any team", None),
    ("proof", "Last drill", "Any verdict", PROOFS),
    ("review", "Review", "Any date", REVIEWS),
    ("lifecycle", "Lifecycle", "Any", Lifecycle.choices),
)


@rule(SIGNED_IN)
@require_GET
def list_workloads(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its rows when htmx asks for them."""
    user = signed_in(request)
    teams = dict(teams_named_to(user).values_list("pk", "name"))
    question = Question(request.GET, user, organisation_today(timezone.now()), teams)
    totals = counts(question.reach, question.rows if question.values or question.view else None, question.most)
    context = _rows(question, totals) | {"may_add": user.may(Permission.ADD_WORKLOADS)}
    if request.headers.get("HX-Target", "").endswith("#rows"):
        response = render(request, "workloads/_rows.html", context)
    else:
        response = render(request, "workloads/list.html", context | _around(question, totals))
    patch_vary_headers(response, ["HX-Target"])
    return response


def _rows(question: Question, totals: dict[str, int]) -> dict[str, Any]:
    found = totals.get("found", totals["view_"])
    return {
        "page": page_of(question, found),
        "question": question,
        "total": counted(totals["view_"]) if totals["view_"] else 0,
        "found": found,
        "most": question.most if found > question.most else 0,
        "base": reverse("workloads:list"),
        "chips": list(_chips(question)),
        "meant": question.filters.meant if found else [],
    }


def _around(question: Question, totals: dict[str, int]) -> dict[str, Any]:
    """Tabs and filters around the rows."""
    chosen = {name: _one(value) for name, value in question.values.items()}
    return {
        "signed": counted(totals["signed"]),
        "saved": list(SavedView.objects.visible_to(question.user).only("pk", "name", "query", "is_shared")),
        "kept": question.kept,
        "tabs": [
            (
                v.label,
                counted(totals[f"view_{v.key}"], TAB_MAX if v.key else COUNT_MAX),
                question.tab(v.key),
                v.key == question.view,
            )
            for v in VIEWS
        ],
        "q": question.values.get("q", ""),
        "selects": [
            (
                name,
                label,
                unset,
                [(key, said, str(key) == chosen.get(name)) for key, said in _options(question, options)],
            )
            for name, label, unset, options in SELECTS
        ],
    }


def _options(question: Question, options: Any) -> list[tuple[Any, str]]:
    return list((question.teams or {}).items()) if options is None else options


def _one(value: Any) -> str:
    """What a select shows as chosen: the only value; several at once are shown as chips."""
    if isinstance(value, list):
        return value[0] if len(value) == 1 else ""
    return str(value)


def _chips(question: Question) -> Iterator[tuple[str, str]]:
    """What the register is narrowed to, each with the address that takes it away."""
    words: dict[str, Any] = {name: dict(_options(question, options)) for name, _, _, options in SELECTS}
    for name, value in question.values.items():
        if name == "q":
            yield f"“{value}”", question.without("q")
            continue
        label = next(label for key, label, _, _ in SELECTS if key == name)
        said = ", ".join(
            str(words[name].get(one, "unknown")) for one in (value if isinstance(value, list) else [value])
        )
        yield f"{label}: {said}", question.without(name)


@rule(SIGNED_IN)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the page would show, all of it, as a table."""
    now = timezone.now()
    question = Question(request.GET, signed_in(request), organisation_today(now))
    return table_response(request, f"workloads-{now:%Y-%m-%d}", list(EXPORT), _batches(question))


def _batches(question: Question) -> Iterator[list[list[Any]]]:
    rows = question.sorted.values_list(*EXPORT.values()).iterator(chunk_size=BATCH)
    return in_batches(([_cell(value) for value in row] for row in rows), BATCH)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(value)
    return percent(value) if hasattr(value, "as_tuple") else value
