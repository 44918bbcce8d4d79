"""What the address of the register asks for, and its rows as the page shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.db.models.expressions import OrderBy
from django.http import QueryDict
from django.template import Context, Template
from django.utils.safestring import SafeString

from people.models import User
from people.wording import duration
from workloads.filters import RegisterFilter
from workloads.models import Workload
from workloads.queries import COUNT_MAX, VIEWS, in_view, pictures, register

PAGE_SIZE = 50
# What a column header sorts by; `name` always follows, so that pages never overlap.
SORTS = {
    "name": ("name",),
    "tier": ("tier_now",),
    "purpose": ("purpose",),
    "team": ("team",),
    "target": ("rto_seconds", "rpo_seconds"),
    "state": ("state",),
    "proof": ("proof_rto",),
    "proven": ("proven_on",),
    "review": ("review_on",),
}
DEFAULT_SORT = "tier"
OWN_SORTS = ("name", "tier", "purpose", "proof", "proven", "review")  # columns of the workload itself
SORT_WORDS = {
    "name": "name",
    "tier": "tier, then name",
    "purpose": "purpose",
    "team": "team, then name",
    "target": "RTO, then RPO",
    "state": "state of the target",
    "proof": "verdict",
    "proven": "last drill",
    "review": "review date",
}
STATES = {
    "signed_off": ("Signed", "full"),
    "in_review": ("In review", "half"),
    "proposed": ("Proposed", "off"),
    "rejected": ("Rejected", "off"),
}


@dataclass
class Question:
    """What the address asks for, with everything that makes no sense left out."""

    params: QueryDict
    user: User
    today: dt.date
    teams: dict[int, str] | None = None  # names by number, where the page has them anyway
    filters: RegisterFilter = field(init=False)

    def __post_init__(self) -> None:
        self.filters = RegisterFilter(self.params, register(self.user))
        self.filters.teams = self.teams
        self.filters.plain = Workload.objects.visible_to(self.user)

    @cached_property
    def view(self) -> str:
        asked = self.params.get("view", "")
        return asked if any(view.key == asked for view in VIEWS) else ""

    @cached_property
    def sort(self) -> str:
        asked = self.params.get("sort", "")
        return asked if asked.removeprefix("-") in SORTS else DEFAULT_SORT

    @cached_property
    def values(self) -> dict[str, Any]:
        """The filters that are set and make sense."""
        self.filters.form.is_valid()
        return {name: value for name, value in self.filters.form.cleaned_data.items() if value}

    @property
    def kept(self) -> str:
        """What is worth keeping of the address: what makes sense, in one order, without the page."""
        kept = QueryDict(mutable=True)
        for name in sorted(self.values):
            kept.setlist(name, [value for value in self.params.getlist(name) if value])
        kept.update({name: said for name, said in (("view", self.view), ("sort", self.asked_sort)) if said})
        return kept.urlencode()

    @property
    def asked_sort(self) -> str:
        return self.sort if "sort" in self.params else ""

    @property
    def sort_words(self) -> str:
        words = SORT_WORDS[self.sort.removeprefix("-")]
        return f"{words}, downwards" if self.sort.startswith("-") else words

    @property
    def rows_to_count(self) -> QuerySet[Any]:
        self.filters.form.is_valid()
        return self.filters.rows_to_count.filter(in_view(self.view, self.user, self.today))

    @property
    def rows(self) -> QuerySet[Workload]:
        found: QuerySet[Workload] = self.filters.qs
        return found.filter(in_view(self.view, self.user, self.today)) if self.view else found

    @property
    def sorted(self) -> QuerySet[Workload]:
        return self.rows.order_by(*_order(self.sort))

    @property
    def numbers(self) -> QuerySet[Any, int]:
        """The numbers of the rows in their order, found among the workloads alone unless order or filters need the targets.

        With the targets joined first, a deep page would join 10,000 of them to show fifty.
        """
        is_own = self.sort.removeprefix("-") in OWN_SORTS and "state" not in self.values
        rows = self.rows_to_count if is_own else self.rows
        found: QuerySet[Any, int] = rows.order_by(*_order(self.sort)).values_list("pk", flat=True)
        return found

    def without(self, *names: str) -> str:
        """The query string without these parameters, and always without the page."""
        kept = self.params.copy()
        for name in (*names, "page"):
            kept.pop(name, None)
        return f"?{kept.urlencode()}"

    @property
    def clear(self) -> str:
        return self.without(*self.values)

    @property
    def export(self) -> str:
        return self.without()

    def tab(self, view: str) -> str:
        """The address of a tab: a view is a fresh look, only the order of the rows is kept."""
        asked = QueryDict(mutable=True)
        asked.update({name: value for name, value in (("view", view), ("sort", self.asked_sort)) if value})
        return f"?{asked.urlencode()}"


def _order(sort: str) -> Iterator[OrderBy | str]:
    down = sort.startswith("-")
    columns = SORTS[sort.removeprefix("-")]
    for column in columns:
        # Where nothing can be missing, "nulls last" would only keep PostgreSQL from its index.
        last = True if down and column not in ("name", "purpose") else None
        yield F(column).desc(nulls_last=last) if down else F(column).asc()
    if columns != ("name",):
        yield "name"
    yield "id"


def counted(number: int) -> str:
    """A count as the page says it; what is beyond the last row that anybody reads is not counted."""
    return f"{COUNT_MAX:,}+" if number > COUNT_MAX else str(number)


class KnownPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Pages of rows that have been counted already."""

    def __init__(self, rows: QuerySet[Any, Any], total: int) -> None:
        super().__init__(rows, PAGE_SIZE)
        self.total = min(total, COUNT_MAX)

    @cached_property
    def count(self) -> int:
        return self.total


def page_of(question: Question, total: int) -> Page[Any]:
    page: Page[Any] = KnownPaginator(question.numbers, total).get_page(question.params.get("page"))
    page.object_list = [_line(row, question.today) for row in pictures(page.object_list)]
    return page


def _line(row: dict[str, Any], today: dt.date) -> dict[str, Any]:
    """A row with its words as the table shows them; what many rows share is drawn once."""
    said, look = STATES.get(row["state"], ("", ""))
    if row["in_force_id"] and row["open_id"]:
        said += f", tier {row['open_tier']} {'in review' if row['open_state'] == 'in_review' else 'proposed'}"
    rto, rpo, due, proven = row["rto_seconds"], row["rpo_seconds"], row["review_due_on"], row["proven_on"]
    return row | {
        "badge": drawn("{% tier value label=False %}", row["tier"]),
        "standing": drawn("{% state value.0 value.1 %}", (said, look)) if said else "no target",
        "verdict": drawn("{% verdict value %}", row["proof_rto"]),
        "objectives": "" if rto is None else f"{duration(rto)} / {duration(rpo)}",
        "proven": "never" if proven is None else age_words(proven, today),
        "due": "" if due is None else drawn("{% due value.0 value.1 %}", (due, today)),
    }


@lru_cache(maxsize=2000)
def drawn(tag: str, value: Any) -> SafeString:
    """One of the portal's own words, drawn by its tag; fifty rows share a handful of them."""
    return _template(tag).render(Context({"value": value}))


@cache
def _template(tag: str) -> Template:
    return Template("{% load portal %}" + tag)


def age_words(day: dt.date, today: dt.date) -> str:
    """How long ago, as short as a column wants it: "today", "3 days", "5 weeks", "4 months"."""
    days = (today - day).days
    if days < 1:
        return "today"
    if days < 14:
        return "1 day" if days == 1 else f"{days} days"
    return f"{days // 7} weeks" if days < 63 else f"{round(days / 30.44)} months"
