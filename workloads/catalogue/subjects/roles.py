"""Role assignments of an import: for one workload, or for the whole organisation. The past stays as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from audit.kinds import Kind
from people.assignments import NOT_TO_ONESELF, begins_problems, stand
from people.confirmations import once
from people.models import Role, RoleAssignment, User, organisation_today
from people.permissions import Permission
from workloads.catalogue import kinds
from workloads.catalogue.contents import Line
from workloads.catalogue.subjects.base import Item, Subject, askable
from workloads.register.known import numbers
from workloads.register.planning import ASK
from workloads.register.report import NEW
from workloads.register.sheet import shown
from workloads.rights import settle_rights


class Roles(Subject):
    kind = kinds.ROLES
    model = RoleAssignment
    right = Permission.ASSIGN_ROLES
    added, changed = Kind.ROLE_ASSIGNED, Kind.ROLE_ENDED
    fields: ClassVar = ("role", "person", "deputy", "from_on", "until_on")
    of_workload = False

    def look_up(self, lines: Sequence[Line]) -> None:
        if not lines:
            return
        self.roles = {word: role for role in Role.objects.all() for word in (role.pk, role.name.lower())}
        mails = {
            said.strip().lower()
            for line in lines
            for key in ("person", "deputy")
            if isinstance(said := line.said.get(key), str)
        }
        people = User.objects.filter(email__in=askable(mails)) if mails else User.objects.none()
        self.people = {user.email.lower(): user for user in people}
        rows = RoleAssignment.objects.filter(
            workload_id__in=numbers(self.around.places.by_pk)
        ) | RoleAssignment.objects.filter(workload_id=None)
        rows = rows.given().select_related("role", "person", "deputy").order_by("pk")
        if self.around.lock:
            rows = rows.select_for_update(of=("self",), no_key=True)
        self.there = {(r.role_id, r.workload_id, r.person_id, r.deputy_id, r.from_on): r for r in rows}
        self.once = {(once(r.role_id, r.workload_id, r.person_id, r.deputy_id), r.from_on) for r in rows}
        self.may_assign = self.around.by.may(Permission.ASSIGN_ROLES)
        self.today = organisation_today(self.around.at)

    def name_of(self, item: Item) -> str:
        whose = item.said.get("workload_reference") or item.said.get("workload")
        return f"{item.said.get('role') or ''}, {whose}" if whose else str(item.said.get("role") or "")

    def identify(self, item: Item) -> Hashable | None:
        said = item.said
        role = self.roles.get(said["role"].lower())
        if role is None:
            item.refuse("role", f"There is no role “{shown(said['role'], 40)}”. Write it as the page of roles does.")
        if said.get("workload") or said.get("workload_reference"):
            item.place = self.find_place(item, "workload")
        said["person"], said["deputy"] = self._somebody(item, "person"), self._somebody(item, "deputy")
        if item.refused or role is None:
            return None
        person, deputy = said["person"], said["deputy"]
        if person is None and deputy is None:
            item.refuse("person", "Write the e-mail of a person, of a deputy, or both.")
            return None
        if person == deputy:
            item.refuse("deputy", "The deputy has to be somebody else.")
            return None
        said["role"] = role
        ids = (role.pk, person.pk if person else None, deputy.pk if deputy else None, said["from_on"])
        if item.place is None or item.place.old is not None:
            number = item.place.old.pk if item.place is not None else None
            item.old = self.there.get((ids[0], number, *ids[1:]))
            if item.old is None and (once(ids[0], number, *ids[1:3]), ids[3]) in self.once:
                item.refuse(
                    "from", f"{person or deputy} was given this role from that day already. Choose another day."
                )
                return None
        return item.place, once(ids[0], None, *ids[1:3]), ids[3]

    def _somebody(self, item: Item, key: str) -> User | None:
        mail = str(item.said.get(key) or "")
        if not mail:
            return None
        found = self.people.get(mail.lower())
        if found is None:
            item.refuse(self.labels[key], f"Nobody has the e-mail {shown(mail, 60)}. Add the person first.")
        return found

    def check(self, item: Item) -> None:
        said = item.said
        until = said.get("until_on")
        if item.old is not None and ("until_on" not in said or until == item.old.until_on):
            return
        if not self.may_assign:
            item.refuse("row", f"You may not give roles or end them. {ASK}")
        if until is not None and until < said["from_on"]:
            item.refuse("until", "The last day is before the first one.")
        if item.old is not None:
            self._check_end(item, item.old.until_on, until)
            return
        for key in ("person", "deputy"):
            if said[key] is not None and not said[key].is_active and (until is None or until >= self.today):
                item.refuse(self.labels[key], f"{said[key]} can no longer sign in. Write somebody else.")
        if self.around.by in (said["person"], said["deputy"]):
            item.refuse("role", NOT_TO_ONESELF)
        for name, problem in begins_problems(said["from_on"], said.get("reason") or "", self.around.at).items():
            item.refuse(self.labels[name], problem)

    def _check_end(self, item: Item, before: dt.date | None, until: dt.date | None) -> None:
        if before is not None and before < self.today:
            item.refuse("until", f"This ended on {before:%-d %b %Y} already. The past cannot be changed.")
        elif until is None or (before is not None and until > before):
            item.refuse("until", "A role is not lengthened. Write a row that begins on the day after it ends.")
        elif until < self.today - dt.timedelta(days=1):
            item.refuse("until", "The past cannot be changed. Write yesterday to end it at once, or a later day.")

    def write(self) -> set[int]:
        """All that is guarded in one import is confirmed in one deed."""
        new = [item for item in self.items if item.report.outcome == NEW]
        for item in new:
            place = item.place
            item.made = RoleAssignment(workload_id=place.thing.pk if place is not None else None, **item.fields)
        why = "; ".join(dict.fromkeys(str(item.said["reason"]) for item in new if item.said.get("reason")))
        reason = f"By an import. {why}".strip()[:500]
        stand([item.made for item in new], by=self.around.by, at=self.around.at, reason=reason)
        return super().write()

    def make(self, item: Item) -> RoleAssignment:
        made: RoleAssignment = item.made
        return made

    def write_more(self, items: list[Item]) -> None:
        if items:
            settle_rights(at=self.around.at)

    def trailed(self, values: dict[str, Any]) -> dict[str, Any]:
        """As `people.services` names them."""
        plain = super().trailed(values)
        return {name.removesuffix("_on"): value for name, value in plain.items()}
