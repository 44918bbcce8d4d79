"""User flows of an import, with the components and dependencies they use."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from audit.copying import copy_in
from audit.kinds import Kind
from people.permissions import Permission
from workloads.catalogue import kinds
from workloads.catalogue.contents import Line
from workloads.catalogue.subjects.base import Item, Named
from workloads.catalogue.subjects.descriptions import Components, Dependencies
from workloads.models import UserFlow
from workloads.register.known import numbers
from workloads.register.sheet import shown

SCALARS = ("name", "what", "relied_on_by", "when_down", "is_critical", "rto_seconds", "rpo_seconds")
MANY = ("components", "dependencies")


class Used:
    """Something a flow uses, there already or made by this file. Equal to whatever is the same thing."""

    def __init__(self, source: Any, name: str) -> None:
        self.source, self.name = source, name

    @classmethod
    def named(cls, item: Item, label: str, found: dict[str, Any]) -> list[Used]:
        """Those that were found; a row that names another is refused."""
        missing = [shown(name, 40) for name, thing in found.items() if thing is None]
        if missing:
            names = ", ".join(f"“{name}”" for name in missing[:5])
            item.refuse(label, f"{item.place} has none called {names}. Add it, or take it out.")
        return [cls(thing, name) for name, thing in found.items() if thing is not None]

    @property
    def mark(self) -> Hashable:
        thing = self.thing
        return (type(thing), thing.pk) if thing is not None and thing.pk is not None else id(self.source)

    @property
    def thing(self) -> Any:
        return self.source.thing if isinstance(self.source, Item) else self.source

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Used) and self.mark == other.mark

    def __hash__(self) -> int:
        return hash(self.mark)

    def __str__(self) -> str:
        return self.name


def link(through: Any, items: list[Item], name: str, of: str, to: str) -> None:
    """What each of these things uses now, in the table between the two; `of` and `to` are its columns."""
    rows = [item for item in items if name in item.fields]
    through.objects.filter(**{f"{of}__in": [item.old.pk for item in rows if item.old is not None]}).delete()
    copy_in([through(**{of: item.thing.pk, to: used.thing.pk}) for item in rows for used in item.fields[name]])


class Flows(Named):
    kind = kinds.FLOWS
    model = UserFlow
    right = Permission.CHANGE_WORKLOADS
    added, changed = Kind.FLOW_ADDED, Kind.FLOW_CHANGED
    fields: ClassVar = (*SCALARS, *MANY)

    @property
    def stored(self) -> tuple[str, ...]:
        return SCALARS

    def look_up(self, lines: Sequence[Line]) -> None:
        rows = UserFlow.objects.filter(workload__in=numbers(self.around.places.by_pk)).order_by("pk")
        if self.around.lock:
            rows = rows.select_for_update(of=("self",), no_key=True)
        many = ("components", "dependencies__needs", "dependencies__third_party")
        self.there = {(row.workload_id, row.name): row for row in rows.prefetch_related(*many)}

    def wished(self, item: Item) -> dict[str, Any]:
        found = {name: item.said[name] for name in SCALARS if name in item.said}
        if "components" in item.said:
            found["components"] = frozenset(self._components(item))
        if "needs" in item.said or "third_parties" in item.said:
            found["dependencies"] = frozenset([*self._needs(item), *self._parties(item)])
        return found

    def _components(self, item: Item) -> list[Used]:
        parts = self.around.subject(Components)
        assert item.place is not None  # noqa: S101
        found = {name: parts.find(item.place, name) for name in item.said["components"]}
        return Used.named(item, self.labels["components"], found)

    def _needs(self, item: Item) -> list[Used]:
        """Those of the workload that the row names, by the reference or name of what is needed."""
        places, found = self.around.places, {}
        for name in item.said.get("needs", ()):
            needed = places.find(name, None)
            # A text may be one workload's reference and another's name: the one that is needed is meant.
            by_name = places.by_key.get(places.known.key(name))
            found[name] = next(
                (d for n in (needed, by_name) if n is not None and (d := self._dependency(item, n))), None
            )
        return Used.named(item, self.labels["needs"], found)

    def _parties(self, item: Item) -> list[Used]:
        found = {name: self._dependency(item, name) for name in item.said.get("third_parties", ())}
        return Used.named(item, self.labels["third_parties"], found)

    def _dependency(self, item: Item, mark: Any) -> Any:
        assert item.place is not None  # noqa: S101
        return self.around.subject(Dependencies).find(item.place, mark)

    def now(self, thing: Any) -> dict[str, Any]:
        found = {name: getattr(thing, name) for name in SCALARS}
        found["components"] = frozenset(Used(part, part.name) for part in thing.components.all())
        found["dependencies"] = frozenset(Used(d, str(d.needs or d.third_party)) for d in thing.dependencies.all())
        return found

    def put(self, thing: Any, name: str, value: Any) -> None:
        if name not in MANY:
            super().put(thing, name, value)

    def make(self, item: Item) -> UserFlow:
        assert item.place is not None  # noqa: S101 (refused otherwise)
        scalars = {name: value for name, value in item.fields.items() if name not in MANY}
        return UserFlow(workload=item.place.thing, added_at=self.around.at, added_by=self.around.by, **scalars)

    def write_more(self, items: list[Item]) -> None:
        for name in MANY:
            through = getattr(UserFlow, name).through
            column = "component_id" if name == "components" else "dependency_id"
            link(through, items, name, "userflow_id", column)
