"""Components, third parties and dependencies of an import."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from django.db.models import Q

from audit.kinds import Kind
from people.models import Contact
from people.permissions import Permission
from workloads.catalogue import kinds
from workloads.catalogue.contents import Line
from workloads.catalogue.places import Meant
from workloads.catalogue.subjects.base import Item, Named, Subject, askable
from workloads.dependencies.services import now_needs
from workloads.models import Component, Dependency, Strength, ThirdParty
from workloads.register.known import numbers
from workloads.register.report import CHANGED, NEW
from workloads.register.sheet import shown


class Components(Named):
    kind = kinds.COMPONENTS
    is_link = True
    model = Component
    right = Permission.CHANGE_WORKLOADS
    added, changed = Kind.COMPONENT_ADDED, Kind.COMPONENT_CHANGED
    fields: ClassVar = ("name", "kind", "note", "own")

    def look_up(self, lines: Sequence[Line]) -> None:
        ours = numbers(self.around.places.by_pk)
        # And those of others that have one of ours as their entry in the register.
        rows = Component.objects.filter(Q(workload__in=ours) | Q(own__in=ours)).order_by("pk")
        if self.around.lock:
            rows = rows.select_for_update(of=("self",), no_key=True)
        self.there = {(row.workload_id, row.name): row for row in rows}
        self.owned = {row.own_id: row for row in self.there.values() if row.own_id is not None}

    def wished(self, item: Item) -> dict[str, Any]:
        found = super().wished(item)
        said = found.pop("own", "")
        if said:
            own = self.around.places.find(said, None)
            if own is None:
                item.refuse(self.labels["own"], self.around.places.why_not(said, None))
            elif own is item.place:
                item.refuse(self.labels["own"], "A workload is not a component of itself.")
            elif own.old is not None and self.owned.get(own.old.pk, item.old) != item.old:
                item.refuse(self.labels["own"], f"“{shown(own.name)}” is another component's entry already.")
            elif self.first.setdefault(("own", own), item) is not item:
                item.refuse(self.labels["own"], f"Another row of this file names “{shown(own.name)}” too.")
            found["own"] = own
        return found

    def now(self, thing: Any) -> dict[str, Any]:
        own = self.around.places.by_pk.get(thing.own_id) if thing.own_id is not None else None
        return {"name": thing.name, "kind": thing.kind, "note": thing.note, "own": own}

    def make(self, item: Item) -> Component:
        assert item.place is not None  # noqa: S101 (refused otherwise)
        made = Component(workload=item.place.thing, added_at=self.around.at, added_by=self.around.by)
        for name, value in item.fields.items():
            self.put(made, name, value)
        return made


class ThirdParties(Subject):
    kind = kinds.THIRD_PARTIES
    model = ThirdParty
    right = Permission.ADD_WORKLOADS
    added, changed = Kind.THIRD_PARTY_ADDED, Kind.THIRD_PARTY_CHANGED
    fields: ClassVar = (
        "name", "vendor", "contact", "rto_seconds", "rpo_seconds", "document", "promised_until_on", "has_failover", "note",
    )  # fmt: skip
    of_workload = False

    def look_up(self, lines: Sequence[Line]) -> None:
        rows = ThirdParty.objects.order_by("pk")
        if self.around.lock and lines:
            rows = rows.select_for_update(of=("self",), no_key=True)
        self.there = {row.name: row for row in rows.select_related("contact")}
        contacts = Contact.objects.filter(name__in=askable(line.said.get("contact") for line in lines))
        self.contacts = {(contact.name, contact.organisation): contact for contact in contacts}

    def identify(self, item: Item) -> Hashable:
        name = item.said["name"]
        item.old = self.there.get(name)
        return name  # type: ignore[no-any-return]

    def find(self, name: str) -> Any:
        return self.there.get(name) or self.brought(name)

    def wished(self, item: Item) -> dict[str, Any]:
        found = super().wished(item)
        if "contact" in found:
            found["contact"] = self._contact(item, found["contact"])
        before = self.now(item.old) if item.old is not None else {}
        promised = any(found.get(n, before.get(n)) is not None for n in ("rto_seconds", "rpo_seconds"))
        if promised and not found.get("document", before.get("document", "")):
            item.refuse(
                self.labels["document"], "Write where the promise stands: the contract, its number, an address."
            )
        return found

    def _contact(self, item: Item, name: str) -> Contact | None:
        if not name:
            return None
        organisation = str(item.said.get("contact_organisation") or "")
        found = self.contacts.get((name, organisation))
        if found is None and "contact_organisation" not in item.said:
            alike = [contact for contact in self.contacts.values() if contact.name == name]
            found = alike[0] if len(alike) == 1 else None
        if found is None:
            item.refuse(
                self.labels["contact"],
                f"There is no contact “{shown(name)}”{f' of {shown(organisation)}' if organisation else ''}. "
                "Add it among the contacts first, or leave this empty.",
            )
        return found

    def make(self, item: Item) -> ThirdParty:
        return ThirdParty(added_at=self.around.at, added_by=self.around.by, **item.fields)


class Dependencies(Subject):
    kind = kinds.DEPENDENCIES
    is_link = True
    model = Dependency
    right = Permission.CHANGE_WORKLOADS
    added, changed = Kind.DEPENDENCY_ADDED, Kind.DEPENDENCY_CHANGED
    fields: ClassVar = ("needs", "third_party", "strength", "remains", "order", "note")

    def look_up(self, lines: Sequence[Line]) -> None:
        rows = Dependency.objects.filter(workload__in=numbers(self.around.places.by_pk)).order_by("pk")
        if self.around.lock:
            rows = rows.select_for_update(of=("self",), no_key=True)
        self.there: dict[Hashable, Dependency] = {}
        for row in rows.select_related("needs", "third_party"):
            needed = row.needs_id if row.needs_id is not None else str(row.third_party)
            self.there[row.workload_id, needed] = row

    def name_of(self, item: Item) -> str:
        said = item.said
        return str(said.get("needs_reference") or said.get("needs") or said.get("third_party") or "")

    def identify(self, item: Item) -> Hashable | None:
        said, place = item.said, item.place
        workload, party = bool(said.get("needs") or said.get("needs_reference")), str(said.get("third_party") or "")
        if place is None:
            return None
        if workload == bool(party):
            item.refuse(self.labels["needs"], "Write one workload that it needs, or one third party; not both.")
            return None
        mark: Hashable = party
        if workload:
            needs = self.find_place(item, "needs")
            if needs is place:
                item.refuse(self.labels["needs"], "A workload does not depend on itself.")
            if needs is None or item.refused:
                return None
            said["needs"], said["third_party"], mark = needs, None, needs
        else:
            found = self.around.subject(ThirdParties).find(party)
            if found is None:
                item.refuse(
                    self.labels["third_party"],
                    f"There is no third party “{shown(party)}”, neither here nor in this file.",
                )
                return None
            said["needs"], said["third_party"] = None, found
        item.old = self._old(place, mark)
        return place, mark

    def _old(self, place: Meant, mark: Any) -> Dependency | None:
        if place.old is None:
            return None
        if not isinstance(mark, Meant):
            return self.there.get((place.old.pk, mark))
        return self.there.get((place.old.pk, mark.old.pk)) if mark.old is not None else None

    def find(self, place: Meant, mark: Any) -> Any:
        return self._old(place, mark) or self.brought((place, mark))

    def check(self, item: Item) -> None:
        strength = item.said.get("strength", item.old.strength if item.old is not None else Strength.HARD)
        remains = item.said.get("remains", item.old.remains if item.old is not None else "")
        if strength == Strength.SOFT and not remains:
            item.refuse(self.labels["remains"], "Write what still works without it; otherwise it is hard.")

    def wished(self, item: Item) -> dict[str, Any]:
        found = super().wished(item)
        if item.old is not None:  # what is needed is what it was found by
            found.pop("needs"), found.pop("third_party")
        return found

    def make(self, item: Item) -> Dependency:
        assert item.place is not None  # noqa: S101 (refused otherwise)
        made = Dependency(workload=item.place.thing, added_at=self.around.at, added_by=self.around.by)
        for name, value in item.fields.items():
            self.put(made, name, value.thing if isinstance(value, Item) else value)
        return made

    def write(self) -> set[int]:
        """A review of the target in force is due for whom something has become necessary, as on the page."""
        hard_already = {i.old.pk for i in self.items if i.old is not None and i.old.strength == Strength.HARD}
        touched = super().write()
        needed: dict[int, list[Dependency]] = {}
        for item in self.items:
            if item.report.outcome not in (NEW, CHANGED):
                continue
            thing = item.thing
            if thing.strength == Strength.HARD and thing.pk not in hard_already:
                needed.setdefault(thing.workload_id, []).append(thing)
        self.around.review_because |= {pk: now_needs(rows) for pk, rows in needed.items()}
        return touched

    def trailed(self, values: dict[str, Any]) -> dict[str, Any]:
        return super().trailed({n: v.said["name"] if isinstance(v, Item) else v for n, v in values.items()})
