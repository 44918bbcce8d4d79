"""Who is reminded of drills to come, intervals that passed and gaps that are overdue.

Every step is sent by receipt (`communications.services.remind_many`): a sweep that runs twice sends once, a portal that was off
sends the newest step and lets it cover the older ones. What has its receipt already is left out in the database, so that a
sweep with nothing to do costs the same few queries with ten workloads and with ten thousand.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from django.db.models import CharField, DateField, Exists, Func, IntegerField, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from communications.models import ReminderReceipt
from communications.purposes import Purpose
from communications.services import Reminder, remind_many
from drills.cadence import REMINDERS, overdue_step, reminder_step
from drills.models import Action, Drill
from drills.queries import late_for_drill
from drills.stand_ins import of_action, of_drill
from drills.telling import everybody, window_words
from people.models import RoleAssignment, User, organisation_today
from people.permissions import HEAD_OF_OPERATIONS, WORKLOAD_OWNER
from people.queries import people_in_role
from people.stand_ins import stand_ins
from people.wording import date_words, due_words, in_place_of
from workloads.models import Workload

CHUNK = 500
MISSED = "missed"
FURTHEST_EAST = dt.timedelta(hours=14)  # where on earth the day begins first


def remind_all(*, at: dt.datetime) -> int:
    """Everything that is due now; returns how many messages were written."""
    return remind_of_drills(at=at) + remind_of_cadence(at=at) + remind_of_actions(at=at)


# --- Drills to come -------------------------------------------------------------------------------------------------
def remind_of_drills(*, at: dt.datetime) -> int:
    """Coordinator and participants, seven days and one day before, by their own calendars; for a coordinator who left, who
    stands in."""
    ahead = at + dt.timedelta(days=max(REMINDERS.values()) + 2)
    drills = (
        Drill.objects.filter(state=Drill.State.PLANNED, window_start__gt=at, window_start__lt=ahead)
        .select_related("workload", "coordinator")
        .prefetch_related("participants")
        .order_by("pk")
    )
    planned = list(drills)
    gone = {drill: of_drill(drill) for drill in planned if not drill.coordinator.is_active}
    instead = stand_ins(gone.values(), on=organisation_today(at))
    found = (_of_drill(drill, instead[gone[drill]] if drill in gone else [], at) for drill in planned)
    return remind_many(chain.from_iterable(found), at=at)


def _of_drill(drill: Drill, instead: list[User], at: dt.datetime) -> Iterator[Reminder]:
    for person in {one.pk: one for one in [*everybody(drill), *instead]}.values():
        window_on, today = drill.window_start.astimezone(person.zone).date(), at.astimezone(person.zone).date()
        scheduled_on = drill.scheduled_at.astimezone(person.zone).date()
        found = reminder_step(window_on=window_on, scheduled_on=scheduled_on, today=today)
        if found is None:
            continue
        step, covers = found
        yield Reminder(
            Purpose.DRILL_REMINDER,
            to=person,
            thread=drill.trail_thread,
            due_on=window_on,
            step=step,
            covers=covers,
            path=drill.get_absolute_url(),
            context={
                "workload": drill.workload.name,
                "kind": drill.get_kind_display(),
                "window": window_words(drill, person.zone),
                "when_words": due_words(window_on, today),
                "instead": in_place_of(drill.coordinator) if person in instead else "",
            },
        )


# --- Intervals that passed ------------------------------------------------------------------------------------------
def remind_of_cadence(*, at: dt.datetime) -> int:
    """Whoever answers for a workload that was not drilled in time, and the head of operations; once per due date."""
    today = organisation_today(at)
    told = ReminderReceipt.objects.filter(
        purpose=Purpose.DRILL_CADENCE_MISSED.key,
        thread=Concat(Value("workload:"), Cast(OuterRef("pk"), CharField())),
        due_on=OuterRef("drill_due_on"),
        step=MISSED,
    )
    late = late_for_drill(Workload.objects.all(), today=today).filter(~Exists(told)).select_related("owner_team")
    head = people_in_role(HEAD_OF_OPERATIONS, workload_id=None, on=today)
    return sum(_of_cadence(chunk, head, at) for chunk in _in_chunks(late))


def _in_chunks(late: QuerySet[Workload]) -> Iterator[list[Workload]]:
    rows = list(late)
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _of_cadence(late: list[Workload], head: list[User], at: dt.datetime) -> int:
    owners = _owners(late, organisation_today(at))
    return remind_many(
        (
            _cadence_reminder(workload, person)
            for workload in late
            for person in {p.pk: p for p in [*owners[workload.pk], *head]}.values()
        ),
        at=at,
    )


def _owners(workloads: list[Workload], on: dt.date) -> dict[int, list[User]]:
    """Per workload: who acts in the role of its team, else everybody in the team that owns it; people who can sign in."""
    held: dict[int, list[User]] = defaultdict(list)
    assignments = RoleAssignment.objects.in_force(on).filter(
        role=WORKLOAD_OWNER, workload_id__in=[workload.pk for workload in workloads]
    )
    for assignment in assignments.select_related("person", "deputy"):
        for person in (assignment.person, assignment.deputy):
            if person is not None and person.is_active and assignment.workload_id is not None:
                held[assignment.workload_id].append(person)
    teams: dict[int, list[User]] = defaultdict(list)
    membership = User.teams.through.objects.filter(team__in={workload.owner_team_id for workload in workloads})
    for member in membership.select_related("user"):
        teams[member.team_id].append(member.user)
    return {workload.pk: held[workload.pk] or teams[workload.owner_team_id] for workload in workloads}


def _cadence_reminder(workload: Workload, person: User) -> Reminder:
    # `drill_due_on` and its neighbours come from `queries.with_cadence`.
    return Reminder(
        Purpose.DRILL_CADENCE_MISSED,
        to=person,
        thread=workload.trail_thread,
        due_on=workload.drill_due_on,  # type: ignore[attr-defined]
        step=MISSED,
        path=f"{reverse('drills:schedule')}?workload={workload.pk}",
        context={
            "workload": workload.name,
            "tier": f"tier {workload.tier_level}",  # type: ignore[attr-defined]
            "interval": f"{workload.drill_days} days",  # type: ignore[attr-defined]
            "last": date_words(workload.drilled_on) if workload.drilled_on else "none yet",
        },
    )


# --- Gaps that are overdue ------------------------------------------------------------------------------------------
def remind_of_actions(*, at: dt.datetime) -> int:
    """The owner, on the day after the due day and every week after it, by her own calendar; who stands in when she left."""
    newest_day = (at + FURTHEST_EAST).astimezone(dt.UTC).date()
    told = ReminderReceipt.objects.filter(
        purpose=Purpose.ACTION_OVERDUE.key,
        thread=Concat(Value("action:"), Cast(OuterRef("pk"), CharField())),
        due_on=OuterRef("due_on"),
        recipient=OuterRef("owner"),
        step=Concat(Value("week-"), Cast(_Week(Cast(Value(newest_day), DateField()), OuterRef("due_on")), CharField())),
    )
    overdue = (
        Action.objects.filter(state=Action.State.OPEN, due_on__lt=newest_day)
        .filter(~Exists(told))
        .select_related("owner", "drill__workload")
        .order_by("pk")
    )
    late = list(overdue)
    readers = stand_ins(map(of_action, late), on=organisation_today(at))
    return remind_many(
        (r for action in late for person in readers[of_action(action)] for r in _of_action(action, person, at)), at=at
    )


class _Week(Func):
    """The week of `cadence.overdue_step` in the database: how many weeks after the day after the due day."""

    template = "((%(expressions)s - 1) / 7)"
    arg_joiner = " - "
    output_field = IntegerField()


def _of_action(action: Action, person: User, at: dt.datetime) -> Iterator[Reminder]:
    """To the owner, or to who stands in for her."""
    found = overdue_step(due_on=action.due_on, today=at.astimezone(person.zone).date())
    if found is None:
        return
    step, covers = found
    yield Reminder(
        Purpose.ACTION_OVERDUE,
        to=person,
        thread=f"action:{action.pk}",
        due_on=action.due_on,
        step=step,
        covers=covers,
        path=action.get_absolute_url(),
        context={
            "workload": action.drill.workload.name,
            "title": action.title,
            "due": date_words(action.due_on),
            "instead": "" if person.pk == action.owner_id else in_place_of(action.owner),
        },
    )
