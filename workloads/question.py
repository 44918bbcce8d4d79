"""What the address of the register asks for, and its rows as the page shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Left
from django.http import QueryDict
from django.template import Context, Template
from django.utils.safestring import SafeString

from people.models import User
from people.wording import duration
from workloads.filters import RegisterFilter
from workloads.models import Workload
from workloads.models.register import PURPOSE_SORTED
from workloads.queries import COUNT_MAX, TAB_MAX, VIEWS, in_view, pictures, register, waived_until
from workloads.reach import Reach, reach_of

PAGE_SIZE = 50
# What a column header sorts by; `name` always follows, so that pages never overlap.
SORTS: dict[str, tuple[Any, ...]] = {
    "name": ("name",),
    "tier": ("tier_now",),
    "purpose": (Left("purpose", PURPOSE_SORTED),),
    "team": ("owner_team__name",),
    "target": ("rto_now", "rpo_now"),
    "state": ("state_now",),
    "proof": ("proof_rto",),
    "proven": ("proven_on",),
    "review": ("review_on",),
}
DEFAULT_SORT = "tier"
MAY_LACK = (
    "tier",
    "target",
    "proven",
    "review",
)  # sorts by a column that can be empty; those rows come last, up and down
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
    reach: Reach = field(init=False)

    def __post_init__(self) -> None:
        self.reach = reach_of(self.user, self.today)
        self.filters = RegisterFilter(self.params, self.reach.seen)
        self.filters.teams, self.filters.reader = self.teams, self.user

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
    def rows(self) -> QuerySet[Workload]:
        """The workloads that are asked for, without joins to their targets."""
        return self._narrowed(self.filters.qs)

    @property
    def sorted(self) -> QuerySet[Workload]:
        """The same in order, with all columns of the register."""
        self.filters.form.is_valid()
        everything = register(self.user).annotate(waived_until=waived_until(self.today))
        found: QuerySet[Workload] = self.filters.filter_queryset(everything)
        return self._narrowed(found).order_by(*_order(self.sort))

    def _narrowed(self, rows: QuerySet[Workload]) -> QuerySet[Workload]:
        return rows.filter(in_view(self.view, self.reach, self.today)) if self.view else rows

    @property
    def numbers(self) -> Numbers:
        """The numbers of the rows in their order."""
        return Numbers(self.rows, self.sort)

    @property
    def most(self) -> int:
        """How many rows are counted and shown; less where no index holds them, and each has to be looked at."""
        is_looked_at = "q" in self.values or (self.view == "mine" and self.reach.owned is None)
        return TAB_MAX if is_looked_at else COUNT_MAX

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


def _order(sort: str) -> Iterator[OrderBy]:
    """Downwards is the same order read backwards, name and number too: one index serves both."""
    down = sort.startswith("-")
    keys = SORTS[sort.removeprefix("-")]
    for key in (*keys, *(() if keys == ("name",) else ("name",)), "id"):
        column = F(key) if isinstance(key, str) else key
        last = True if down and sort.removeprefix("-") in MAY_LACK and key in keys else None
        yield column.desc(nulls_last=last) if down else column.asc()


class Numbers:
    """The numbers of rows in their order, for a paginator.

    Downwards, the rows that lack the value are read beside the others, not after them in one order: "nulls last" would keep
    PostgreSQL from the index.
    """

    ordered = True

    def __init__(self, rows: QuerySet[Workload], sort: str) -> None:
        self.rows, self.sort = rows, sort

    def __getitem__(self, part: slice) -> list[int]:
        if not self.sort.startswith("-") or self.sort[1:] not in MAY_LACK:
            return list(self.rows.order_by(*_order(self.sort)).values_list("pk", flat=True)[part])
        if part.stop == 0:
            return []
        keys = (*SORTS[self.sort[1:]], "name", "id")
        backwards = [f"-{key}" for key in keys]
        having, lacking = (
            self.rows.filter(**{f"{keys[0]}__isnull": lacks})
            .order_by(*backwards)
            .annotate(lacks=Value(int(lacks)))
            .values_list(*keys, "lacks")[: part.stop]
            for lacks in (False, True)
        )
        found = having.union(lacking, all=True).order_by("lacks", *backwards)[part]
        return [row[len(keys) - 1] for row in found]


def counted(number: int, most: int = 0) -> str:
    """A count as the page says it; what is beyond the last row that anybody reads is not counted."""
    most = most or COUNT_MAX
    return f"{most:,}+" if number > most else str(number)


class KnownPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Pages of rows that have been counted already."""

    def __init__(self, rows: Numbers, total: int) -> None:
        super().__init__(rows, PAGE_SIZE)  # type: ignore[arg-type]  # it is sliced, nothing else
        self.total = total

    @cached_property
    def count(self) -> int:
        return self.total


def page_of(question: Question, total: int) -> Page[Any]:
    page: Page[Any] = KnownPaginator(question.numbers, min(total, question.most)).get_page(question.params.get("page"))
    page.object_list = [_line(row, question.today) for row in pictures(page.object_list, on=question.today)]
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
        "waived": drawn("{% waived value.0 value.1 %}", (row["waived_until"], today)),
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
