"""Failure modes of an import, with the component that fails and the user flows they hit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from audit.kinds import Kind
from people.permissions import Permission
from workloads.catalogue import kinds
from workloads.catalogue.contents import Line
from workloads.catalogue.subjects.base import Item, Subject
from workloads.catalogue.subjects.descriptions import Components
from workloads.catalogue.subjects.flows import Flows, Used, link
from workloads.models import FailureMode
from workloads.register.known import numbers

SCALARS = ("category", "what", "effect", "likelihood", "severity", "noticed", "detection", "mitigation")


class FailureModes(Subject):
    """Known by workload, component, category and what fails; where several are alike, by their order."""

    kind = kinds.FAILURE_MODES
    model = FailureMode
    right = Permission.CHANGE_WORKLOADS
    added, changed = Kind.FAILURE_MODE_ADDED, Kind.FAILURE_MODE_CHANGED
    fields: ClassVar = (*SCALARS, "component", "flows")

    @property
    def stored(self) -> tuple[str, ...]:
        return (*SCALARS, "component")

    def look_up(self, lines: Sequence[Line]) -> None:
        rows = FailureMode.objects.filter(workload__in=numbers(self.around.places.by_pk)).order_by("pk")
        if self.around.lock:
            rows = rows.select_for_update(of=("self",), no_key=True)
        self.there: dict[Hashable, list[FailureMode]] = {}
        for row in rows.select_related("component").prefetch_related("flows"):
            mark = (row.workload_id, row.component.name if row.component is not None else "", row.category, row.what)
            self.there.setdefault(mark, []).append(row)
        self.seen: Counter[Hashable] = Counter()

    def name_of(self, item: Item) -> str:
        return str(item.said.get("what") or "")

    def identify(self, item: Item) -> Hashable | None:
        place, said = item.place, item.said
        if place is None:
            return None
        mark = (place, said.get("component") or "", said["category"], said["what"])
        nth = self.seen[mark]
        self.seen[mark] += 1
        alike = self.there.get((place.old.pk, *mark[1:]), []) if place.old is not None else []
        item.old = alike[nth] if nth < len(alike) else None
        return (*mark, nth)

    def wished(self, item: Item) -> dict[str, Any]:
        found = {name: item.said[name] for name in SCALARS if name in item.said}
        assert item.place is not None  # noqa: S101 (refused otherwise)
        if name := item.said.get("component"):
            part = self.around.subject(Components).find(item.place, name)
            found["component"] = next(iter(Used.named(item, self.labels["component"], {name: part})), None)
        if "flows" in item.said:
            flows = self.around.subject(Flows)
            named = {name: flows.find(item.place, name) for name in item.said["flows"]}
            found["flows"] = frozenset(Used.named(item, self.labels["flows"], named))
        return found

    def now(self, thing: Any) -> dict[str, Any]:
        found = {name: getattr(thing, name) for name in SCALARS}
        found["component"] = Used(thing.component, thing.component.name) if thing.component is not None else None
        found["flows"] = frozenset(Used(flow, flow.name) for flow in thing.flows.all())
        return found

    def words(self, name: str, value: Any) -> str:
        scale = kinds.SCALES.get(name)
        return kinds.word_of(scale, value) if scale is not None else super().words(name, value)

    def put(self, thing: Any, name: str, value: Any) -> None:
        if name != "flows":
            super().put(thing, name, value.thing if isinstance(value, Used) else value)

    def make(self, item: Item) -> FailureMode:
        assert item.place is not None  # noqa: S101 (refused otherwise)
        made = FailureMode(workload=item.place.thing, added_at=self.around.at, added_by=self.around.by)
        for name, value in item.fields.items():
            self.put(made, name, value)
        return made

    def write_more(self, items: list[Item]) -> None:
        link(FailureMode.flows.through, items, "flows", "failuremode_id", "userflow_id")

    def trailed(self, values: dict[str, Any]) -> dict[str, Any]:
        return super().trailed({n: str(v) if isinstance(v, Used) else v for n, v in values.items()})
