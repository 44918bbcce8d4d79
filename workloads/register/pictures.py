"""What the pages show of a file on its way into the register."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Now

from people.models import User
from workloads.catalogue.kinds import COMPONENTS, DEPENDENCIES, KINDS, WORKLOADS
from workloads.models import PendingImport, Workload
from workloads.register.report import ORDER
from workloads.register.telling import Told, told

PER_PAGE = 100
PATIENCE = 5  # seconds after which it is said that nobody has taken the file
STAGES = {
    "reading": "Reading the file",
    "checking": "Comparing its rows with the register",
    "writing": "Writing",
    "finishing": "Finishing",
}
State = PendingImport.State
_HEAD = "SELECT report - 'rows' FROM workloads_pendingimport WHERE id = %s"
_CUT = "SELECT jsonb_path_query_array(report, %s::jsonpath) FROM workloads_pendingimport WHERE id = %s"
LINKS = (DEPENDENCIES.key, COMPONENTS.key)  # kinds whose rows can be left out
HAS_REPORT = (State.CHECKED, State.IMPORTED)


def files_of(user: User, at: dt.datetime) -> list[PendingImport]:
    """Files that wait for this person, the newest first, each with the sentence of its report."""
    mine = PendingImport.objects.visible_to(user).filter(expires_at__gt=at).small()
    return list(mine.annotate(sentence=KT("report__sentence")).order_by("-created_at", "-pk"))


@dataclass(frozen=True)
class Work:
    """How far a file is. `told` is None when nobody has said: it waits, or the cache is gone."""

    doing: str
    told: Told | None = None
    waited: int = 0  # seconds without a worker, once that is longer than it should be
    before: int = 0  # other files that are in work
    slow: bool = False  # its worker may have gone away


def work_on(pending: PendingImport) -> Work:
    """One question, and one to the cache."""
    verb = PendingImport.AT_WORK.get(pending.state)
    if verb is None:
        others = PendingImport.objects.filter(lease_until__gt=Now()).count()
        waited = _seconds_since(pending, "since")
        return Work("Waiting for its turn", waited=waited if waited >= PATIENCE else 0, before=others)
    said = told(pending.pk, verb)
    doing = STAGES[said.stage] if said else "Checking the file" if verb == "check" else "Importing"
    return Work(doing, said, slow=said is None and _seconds_since(pending, "lease_until") > 0)


def _seconds_since(pending: PendingImport, column: str) -> int:
    """By the database's clock, which set it."""
    asked = PendingImport.objects.filter(pk=pending.pk).annotate(passed=Now() - F(column))
    passed = asked.values_list("passed", flat=True).first()
    return int(passed.total_seconds()) if passed else 0


def template_of(pending: PendingImport) -> str:
    return f"workloads/import_{'report' if pending.state in HAS_REPORT else 'refused'}.html"


class Rows:
    """Rows of a kept report from `first` on. Read a page at a time: all of them may be megabytes."""

    def __init__(self, pending: PendingImport, first: int, count: int) -> None:
        self.pk, self.first, self.count = pending.pk, first, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, cut: slice) -> list[dict[str, Any]]:
        start, stop, _ = cut.indices(self.count)
        with connection.cursor() as cursor:
            cursor.execute(_CUT, [f"$.rows[{self.first + start} to {self.first + stop - 1}]", self.pk])
            found = cursor.fetchone()
        rows: list[dict[str, Any]] = json.loads(found[0]) if found and start < stop else []
        return rows


def report_of(pending: PendingImport, user: User, *, show: str, page: str | None) -> dict[str, Any]:
    """The report, its rows by outcome and page."""
    if pending.state not in HAS_REPORT:
        return {"pending": pending, "again": _chosen(pending.options)}
    with connection.cursor() as cursor:
        cursor.execute(_HEAD, [pending.pk])
        said = json.loads(cursor.fetchone()[0])
    summary, kinds = dict.fromkeys(ORDER, 0) | said["summary"], said["kinds"]
    only = show if show in ORDER else ""
    before = sum(summary[outcome] for outcome in ORDER[: ORDER.index(only)]) if only else 0  # rows stand in this order
    rows: Any = Rows(pending, before, summary[only] if only else sum(summary.values()))
    found: Page[Any] = Paginator(rows, PER_PAGE).get_page(page)
    found.object_list = _with_links(list(found.object_list), user)
    return {
        "pending": pending,
        "report": said,
        "imported": pending.state == State.IMPORTED,
        "summary": summary,
        "total": sum(summary.values()),
        "counts": [(kind.title, kinds[kind.key]) for kind in KINDS.values() if kinds.get(kind.key)],
        "again": _chosen(pending.options),
        "may_leave_out": not pending.options.get("leave_out")
        and any(cause["kind"] in LINKS and "There is no workload" in cause["what"] for cause in said.get("causes", ())),
        "noun": "workload" if set(kinds) <= {WORKLOADS.key} else "row",
        "to_write": summary["new"] + summary["changed"],
        "tabs": [(outcome, summary[outcome]) for outcome in ORDER if summary[outcome]],
        "only": only,
        "page": found,
    }


def _chosen(options: dict[str, Any]) -> str:
    """What was chosen beside the file, for the form."""
    read_as = f"mapping-{options['mapping']}" if options.get("mapping") else options.get("kind", "")
    ticks = {name: "on" for name in ("make_teams", "leave_out") if options.get(name)}
    team = {"team": options["team"]} if options.get("team") else {}
    return urlencode(({"read_as": read_as} if read_as else {}) | ticks | team)


def _with_links(rows: list[dict[str, Any]], user: User) -> list[dict[str, Any]]:
    """With the workload a row is about, where there is one, and what it is, where it is no workload. One question."""
    mine = [row for row in rows if row["kind"] == WORKLOADS.key]
    references = {row["reference"] for row in mine if row["reference"]}
    named = Q(reference__in=references) | Q(name__in={row["name"] for row in mine})
    by: dict[str, Workload] = {}
    for workload in Workload.objects.visible_to(user).filter(named).only("name", "reference"):
        by |= {workload.name: workload} | ({workload.reference: workload} if workload.reference in references else {})
    return [_linked(row, by) for row in rows]


def _linked(row: dict[str, Any], by: dict[str, Workload]) -> dict[str, Any]:
    if row["kind"] != WORKLOADS.key:
        return row | {"of": KINDS[row["kind"]].one}
    found = by.get(row["reference"]) or by.get(row["name"])
    return row | {"url": found.get_absolute_url()} if found else row
