"""What all kinds of rows have in common: read, find the thing meant, compare, and write all of them in a few statements."""

from __future__ import annotations

import datetime as dt
import weakref
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from django.db import models

from audit.copying import copy_in
from audit.kinds import Kind
from audit.services import difference, record_many
from people.columns import is_name
from people.models import User
from people.names import name_problem
from people.permissions import Permission
from people.wording import date_words, duration
from workloads.because import Why
from workloads.catalogue.contents import Line
from workloads.catalogue.kinds import Column, RowKind
from workloads.catalogue.places import Meant, Places
from workloads.catalogue.values import joined, listed
from workloads.register.known import Reach
from workloads.register.planning import ASK, same
from workloads.register.report import CHANGED, LEFT_OUT, NEW, REFUSED, Change, RowReport
from workloads.register.rows import CONTROL, Problem
from workloads.register.sheet import NOT_AS_SHOWN, BadCell, Formatted, shown

BATCH = 1000
# Columns that name something: what a sheet may show otherwise than it is kept is no name.
KNOWN_BY = frozenset(
    {"name", "workload", "workload_reference", "needs", "needs_reference", "third_party", "component", "own", "season"}
)
Other = TypeVar("Other", bound="Subject")


@dataclass
class Around:
    """What every row of one import is compared with."""

    by: User
    at: dt.datetime
    places: Places
    lock: bool
    leave_out: bool = False  # links whose other end is not known
    reaches: dict[Permission, Reach] = field(default_factory=dict)
    subjects: dict[str, Subject] = field(default_factory=dict)
    review_because: dict[int, Why] = field(default_factory=dict)  # by workload: what makes its review due

    def subject(self, of: type[Other]) -> Other:
        """The rows of another kind, with what is there of it."""
        found = self.subjects[of.kind.key]
        assert isinstance(found, of)  # noqa: S101 (each stands under its own key)
        found.ready()
        return found

    def may(self, right: Permission, meant: Meant) -> bool:
        if right not in self.reaches:
            self.reaches[right] = Reach.of(self.by, right)
        # Who adds a workload, for which the import asks already, may describe it.
        return meant.old is None or self.reaches[right].covers(None, meant.old)


@dataclass(eq=False)
class Item:
    """One row: what it says, and what it would write."""

    line: Line
    report: RowReport
    said: dict[str, Any] = field(default_factory=dict)
    place: Meant | None = None  # its workload
    old: Any = None
    fields: dict[str, Any] = field(default_factory=dict)  # only what differs
    made: Any = None
    unknown: str = ""  # why it is left out

    @property
    def thing(self) -> Any:
        return self.old if self.old is not None else self.made

    @property
    def refused(self) -> bool:
        return bool(self.report.problems)

    def refuse(self, label: str, what: str) -> None:
        self.report.problems.append(Problem(label, what))


class Subject:
    """One kind of row. Subclasses say how to find, compare and make."""

    kind: ClassVar[RowKind]
    right: ClassVar[Permission]
    added: ClassVar[Kind]
    changed: ClassVar[Kind]
    fields: ClassVar[tuple[str, ...]]  # of the model, written by an import
    model: ClassVar[Any]
    of_workload: ClassVar[bool] = True
    is_link: ClassVar[bool] = False  # between two workloads, of which one may be described in another file

    def __init__(self, around: Around) -> None:
        # Each knows the other; held by a weak hand, all of it goes as soon as the import is over, without the collector.
        self.around: Around = weakref.proxy(around)
        self.items: list[Item] = []
        self.labels = {column.key: column.label for column in self.kind.columns}
        self.first: dict[Hashable, Item] = {}
        self._ready = False

    # --- What differs from kind to kind ---------------------------------------------------------------------------
    def look_up(self, lines: Sequence[Line]) -> None:
        """Fetch what is there, in a few queries."""
        raise NotImplementedError

    def identify(self, item: Item) -> Hashable | None:
        """Find `item.old`; what the thing is known by, None when the row cannot say."""
        raise NotImplementedError

    def name_of(self, item: Item) -> str:
        return str(item.said.get("name") or "")

    def brought(self, mark: Hashable) -> Item | None:
        """The row of this file that is known by this, unless it is refused."""
        found = self.first.get(mark)
        return found if found is not None and found.report.outcome not in (REFUSED, LEFT_OUT) else None

    def wished(self, item: Item) -> dict[str, Any]:
        """Values of fields; a column that the file does not have is left out."""
        return {name: item.said[name] for name in self.fields if name in item.said}

    def now(self, thing: Any) -> dict[str, Any]:
        return {name: getattr(thing, name) for name in self.fields}

    def check(self, item: Item) -> None:
        """Note what is wrong with the row as a whole."""

    def make(self, item: Item) -> Any:
        raise NotImplementedError

    # --- Planning --------------------------------------------------------------------------------------------------
    def ready(self, lines: Sequence[Line] = ()) -> None:
        """Look up what is there before the first question about it; a file without such rows may ask none."""
        if not self._ready:
            self._ready = True
            self.look_up(lines)

    def plan(self, lines: list[Line], step: Callable[[], None]) -> None:
        """Call `step` after each row."""
        if lines:
            self.ready(lines)
        for line in lines:
            item = Item(line, RowReport(line.number, "", "", kind=self.kind.key))
            self.items.append(item)
            self._read(item)
            if self.of_workload:
                item.place = self.find_place(item, "workload")
            item.report.name = shown(self.name_of(item), 120)
            item.report.reference = shown(str(item.place), 80) if item.place else ""
            if not item.refused:
                self._compare(item)
            if item.refused:
                item.report.outcome, item.report.changes, item.report.notes = REFUSED, [], []
            elif item.unknown:
                item.report.outcome, item.report.changes, item.report.notes = LEFT_OUT, [], [item.unknown]
            step()

    def _read(self, item: Item) -> None:
        if item.line.more:
            item.refuse("row", "There are more cells than columns. In CSV, put a text with a comma in quotation marks.")
        for column in self.kind.columns:
            if column.key in item.line.said:
                try:
                    item.said[column.key] = _read(column, item.line.said[column.key])
                except ValueError as error:
                    item.refuse(column.label, str(error))
                    continue
            if column.required and item.said.get(column.key) in (None, "") and column.key != "workload":
                item.refuse(column.label, column.required)

    def find_place(self, item: Item, key: str) -> Meant | None:
        name, reference = str(item.said.get(key) or ""), item.said.get(f"{key}_reference")
        if not name and not reference:
            if not item.refused:
                item.refuse(self.labels[key], "Write which workload: its reference or its name.")
            return None
        found = self.around.places.find(name, reference)
        if found is None:
            why = self.around.places.why_not(name, reference)
            may_go = self.is_link and (self.around.leave_out or item.line.optional)
            if may_go and not self.around.places.is_refused(name, reference):
                item.unknown = item.unknown or why
            else:
                item.refuse(self.labels[key], why)
        return found

    def _compare(self, item: Item) -> None:
        """Each step may refuse the row."""
        mark = self.identify(item)
        if mark is None or item.report.problems:
            return
        first = self.first.setdefault(mark, item)
        if first is not item:
            item.refuse("row", f"Row {first.line.number} is about the same {self.kind.one}. Keep one of them.")
            return
        self.check(item)
        if item.report.problems:
            return
        wished = self.wished(item)
        self._check_names(item, wished)
        before = self.now(item.old) if item.old is not None else {}
        item.fields = {
            name: value for name, value in wished.items() if item.old is None or not same(before[name], value)
        }
        if item.old is not None and not item.fields:
            return
        item.report.outcome = NEW if item.old is None else CHANGED
        item.report.changes = [
            Change(self.labels.get(name, name), self.words(name, before.get(name)), self.words(name, value))
            for name, value in item.fields.items()
        ]
        if item.place is not None and not self.around.may(self.right, item.place):
            item.refuse("row", f"You may not change this of “{shown(item.place.name)}”. {ASK}")

    def _check_names(self, item: Item, wished: dict[str, Any]) -> None:
        """As the pages do."""
        columns = {column.name: column for column in self.model._meta.concrete_fields}
        for name, value in wished.items():
            if is_name(columns.get(name)) and isinstance(value, str) and (problem := name_problem(value)):
                item.refuse(self.labels.get(name, name), problem)

    # --- Writing ---------------------------------------------------------------------------------------------------
    def write(self) -> set[int]:
        """Returns the workloads (by number) of which something changed."""
        by, at = self.around.by, self.around.at
        new = [item for item in self.items if item.report.outcome == NEW]
        for item in new:
            item.made = self.make(item)
        copy_in([item.made for item in new])
        changed = [item for item in self.items if item.report.outcome == CHANGED]
        lines = []
        for item in changed:
            before = self.now(item.old)
            for name, value in item.fields.items():
                self.put(item.old, name, value)
            lines.append((item.old, *difference(before, before | item.fields)))
        touched = sorted({name for item in changed for name in item.fields} & set(self.stored))
        if touched:
            self.model.objects.bulk_update([item.old for item in changed], touched, batch_size=BATCH)
        self.write_more([*new, *changed])
        record_many(self.added, ((item.made, {}, self.trailed(item.fields)) for item in new), by=by, at=at)
        record_many(self.changed, ((thing, self.trailed(b), self.trailed(a)) for thing, b, a in lines), by=by, at=at)
        return {item.place.thing.pk for item in (*new, *changed) if item.place is not None}

    def words(self, name: str, value: Any) -> str:
        """A value as the report says it."""
        return words(name, value)

    @property
    def stored(self) -> tuple[str, ...]:
        """Fields that are columns of the table."""
        return self.fields

    def put(self, thing: Any, name: str, value: Any) -> None:
        setattr(thing, name, value.thing if isinstance(value, Meant) else value)

    def write_more(self, items: list[Item]) -> None:
        """What lies in tables beside."""

    def trailed(self, values: dict[str, Any]) -> dict[str, Any]:
        return {
            name: str(value) if isinstance(value, (Meant, models.Model)) else _plain(value)
            for name, value in values.items()
        }


class Named(Subject):
    """What is known by its name within a workload."""

    there: dict[tuple[int, str], Any]  # by number of the workload and name

    def identify(self, item: Item) -> Hashable | None:
        if item.place is None:
            return None
        item.old = self._old(item.place, item.said["name"])
        return item.place, item.said["name"]

    def find(self, place: Meant, name: str) -> Any:
        """That of this workload which is called so, there already or made by this file."""
        return self._old(place, name) or self.brought((place, name))

    def _old(self, place: Meant, name: str) -> Any:
        return self.there.get((place.old.pk, name)) if place.old is not None else None


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, frozenset) else value


def askable(texts: Iterable[Any]) -> list[str]:
    """Those that can be looked for; others are refused with their row, and no database holds them."""
    return [text for text in texts if isinstance(text, str) and not CONTROL.search(text)]


def _read(column: Column, cell: Any) -> Any:
    if isinstance(cell, BadCell):
        raise ValueError(cell.why)
    if isinstance(cell, list):
        texts: list[str] = cell
        if any(CONTROL.search(text) for text in texts):
            raise ValueError("A name holds a character that cannot be seen. Type it again.")
        return listed(texts)
    if isinstance(cell, Formatted) and column.key in KNOWN_BY:
        raise ValueError(NOT_AS_SHOWN.format(value=shown(cell, 30)))
    if CONTROL.search(cell):
        raise ValueError(
            f"“{shown(cell, 30)}” holds a character that cannot be seen (shown as ·). Type the text again."
        )
    if len(cell) > column.most:
        raise ValueError(f"At most {column.most:,} characters; these are {len(cell):,}. Shorten it.")
    return column.read(cell.replace("\r\n", "\n").replace("\r", "\n"))


def words(name: str, value: Any) -> str:
    """A value as the report says it."""
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case int() if name.endswith("_seconds"):
            return duration(value)
        case dt.date():
            return date_words(value)
        case frozenset():
            return joined(sorted(map(str, value)))
    return str(value)
