"""What a person has here and how it passes to her successor (people/estates.py)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet

from audit.errors import Invalid
from audit.kinds import Kind
from audit.services import record, record_many
from drills import telling
from drills.coordinators import why_not_successor
from drills.models import Action, Drill
from people.models import User, organisation_today
from people.wording import date_words


class Actions:
    """Gaps that she owns and that no re-test has closed."""

    label = "Actions"
    follows_roles = False

    def owned(self, person: User, *, on: dt.date) -> list[str]:
        found = (
            Action.objects.filter(owner=person).unsettled().select_related("drill__workload").order_by("due_on", "pk")
        )
        return [f"{a.title}, {a.drill.workload.name}, due {date_words(a.due_on)}" for a in found]

    def owners(self) -> list[QuerySet[Any, Any]]:
        return [Action.objects.unsettled().order_by().values("owner")]

    def hand_over(self, person: User, to: User, *, by: User, at: dt.datetime) -> None:
        found = list(Action.objects.filter(owner=person).unsettled().order_by("pk").select_for_update(of=("self",)))
        Action.objects.filter(pk__in=[action.pk for action in found]).update(owner=to)
        lines = [(action, {"owner": person}, {"owner": to}) for action in found]
        record_many(Kind.ACTION_CHANGED, lines, by=by, at=at)


class Drills:
    """Planned drills that she coordinates or takes part in. A running one stays with who runs it."""

    label = "Planned drills"
    follows_roles = False

    def owned(self, person: User, *, on: dt.date) -> list[str]:
        found = Drill.objects.of(person).filter(state=Drill.State.PLANNED).select_related("workload")
        return [
            f"{drill.workload.name}, {drill.get_kind_display()} drill, {telling.window_words(drill)}"
            + ("" if drill.coordinator_id == person.pk else ", takes part")
            for drill in found.order_by("window_start", "pk")
        ]

    def owners(self) -> list[QuerySet[Any, Any]]:
        drills = Drill.objects.filter(state=Drill.State.PLANNED).order_by()
        invited = Drill.participants.through.objects.filter(drill__state=Drill.State.PLANNED).order_by()
        return [drills.values("coordinator"), invited.values("user")]

    def hand_over(self, person: User, to: User, *, by: User, at: dt.datetime) -> None:
        """The others hear of a new coordinator; the successor reads it in the message of the hand-over. Raises Invalid for
        somebody who could not coordinate one of them."""
        invited = Drill.participants.through.objects.filter(user=person).values("drill")
        found = Drill.objects.filter(Q(coordinator=person) | Q(pk__in=invited), state=Drill.State.PLANNED)
        for drill in (
            found.select_for_update(of=("self",)).select_related("workload__owner_team", "coordinator").order_by("pk")
        ):
            self._pass(drill, person, to, by=by, at=at)

    def _pass(self, drill: Drill, person: User, to: User, *, by: User, at: dt.datetime) -> None:
        if drill.coordinator_id == person.pk:
            self._check(drill, to, on=organisation_today(at))
        people = {one.pk: one for one in drill.participants.all()}
        took_part, led = people.pop(person.pk, None) is not None, drill.coordinator_id == person.pk
        before = {"coordinator": drill.coordinator, "participants": [person] if took_part else []}
        if led:
            drill.coordinator = to
            drill.save(update_fields=["coordinator"])
        if took_part:
            drill.participants.set([*people.values(), to])
        after = {"coordinator": drill.coordinator, "participants": [to] if took_part else []}
        record(Kind.DRILL_CHANGED, drill, by=by, at=at, before=before, after=after)
        if led:
            others = [one for one in people.values() if one.is_active and one.pk not in (person.pk, to.pk)]
            telling.changed(drill, others, by=by, at=at)

    def _check(self, drill: Drill, to: User, *, on: dt.date) -> None:
        problem = why_not_successor(to, drill.workload, on=on)
        if problem:
            told = f"{telling.window_words(drill)}, drill of {drill.workload.name}: {problem}"
            raise Invalid(f"{told} Or change that drill first.", {"to": told})
