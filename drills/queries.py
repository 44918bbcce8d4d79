"""Pictures of drills for pages of this room and of the rooms above."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import (
    Count,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber, TruncDate, TruncMonth, TruncQuarter

from drills.models import MEASURING, Action, ActionQuerySet, Drill, DrillQuerySet
from people.models import RoleAssignment, User
from people.permissions import Permission
from people.wall_clock import read_wall
from workloads.models import Classification, Proof, Workload, WorkloadQuerySet, WorkloadUserObjectPermission

AHEAD = dt.timedelta(days=30)


def organisation_zone() -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day of the organisation."""
    return read_wall(dt.datetime.combine(day, dt.time()), organisation_zone()).first


# --- For the home page ----------------------------------------------------------------------------------------------
ON_HOME = ("kind", "state", "window_start", "workload__name")  # what it says of a drill


def drills_for(user: User, *, on: dt.date) -> DrillQuerySet:
    """Running drills and those of the next 30 days that this person coordinates or takes part in, and those whose
    coordinator left and she stands in."""
    hers = Drill.objects.of(user) | Drill.objects.in_place_of_gone(user, on)
    return (
        hers.filter(state__in=Drill.AHEAD, window_start__lt=midnight(on + AHEAD + dt.timedelta(days=1)))
        .select_related("workload")
        .annotate(coordinator_name=F("coordinator__name"), coordinator_left=Q(coordinator__is_active=False))
        .only(*ON_HOME, "coordinator")
        .order_by("window_start", "pk")
    )


def open_actions_for(user: User, *, on: dt.date) -> ActionQuerySet:
    """Gaps that wait for this person, the most urgent first: her own, and those whose owner left and she stands in."""
    own, left = Action.objects.filter(owner=user), Action.objects.in_place_of_gone(user, on)
    # Together by number: each is found by its owner, which either of two is not.
    hers = own.order_by().values("pk").union(left.order_by().values("pk"), all=True)
    return (
        Action.objects.filter(pk__in=hers, state=Action.State.OPEN)
        .select_related("drill__workload", "owner")
        .only("title", "due_on", "owner__name", "drill__window_start", "drill__workload__name")
        .order_by("due_on", "pk")
    )


@dataclass(frozen=True)
class QuarterVerdicts:
    """Drills that measure recovery, counted by what their recovery time proved."""

    first: dt.date
    after: dt.date
    met: int = 0
    missed: int = 0
    claimed: int = 0
    unmeasured: int = 0

    @property
    def drills(self) -> int:
        return self.met + self.missed + self.claimed + self.unmeasured


def verdicts_by_quarter(
    workloads: WorkloadQuerySet, quarters: Sequence[tuple[dt.date, dt.date]]
) -> list[QuarterVerdicts]:
    """RTO verdicts per calendar quarter, given as (first day, first day of the next), oldest first; one query. Of the drills
    that were stopped those that missed their RTO count."""
    if not quarters:
        return []
    since = midnight(quarters[0][0])
    judged = Q(finished_at__gte=since) | Q(
        state=Drill.State.STOPPED, called_off_at__gte=since, rto_verdict=Proof.MISSED
    )
    rows = (
        Drill.objects.filter(judged, workload__in=workloads.order_by().values("pk"))
        .measuring()
        .annotate(quarter=TruncQuarter(Coalesce("finished_at", "called_off_at"), tzinfo=organisation_zone()))
        .values_list("quarter", "rto_verdict")
        .annotate(number=Count("pk"))
        .order_by()
    )
    counts = {(quarter.date(), verdict): number for quarter, verdict, number in rows}
    return [
        QuarterVerdicts(first, after, **{word: counts.get((first, word), 0) for word in Proof.values})
        for first, after in quarters
    ]


def next_drills(workloads: WorkloadQuerySet, *, on: dt.date, limit: int = 5) -> DrillQuerySet:
    """The next drills of these workloads, running ones first."""
    ahead = Drill.objects.filter(
        workload__in=workloads.order_by().values("pk"), state__in=Drill.AHEAD, window_end__gte=midnight(on)
    )
    return ahead.select_related("workload").only(*ON_HOME).order_by("window_start", "pk")[:limit]


# --- How often a workload is drilled --------------------------------------------------------------------------------
def with_cadence(workloads: WorkloadQuerySet) -> WorkloadQuerySet:
    """Active workloads with a target in force, with `drill_due_on` (see `drills.cadence.due_on`) and their tier."""
    first_target = (
        Classification.objects.filter(workload=OuterRef("pk"), signed_off_at__isnull=False)
        .order_by()
        .values("workload")
        .annotate(first=TruncDate(Min("signed_off_at"), tzinfo=organisation_zone()))
        .values("first")
    )
    since = Coalesce("drilled_on", Subquery(first_target, output_field=DateField()))
    targeted: Any = workloads.active().with_targets()
    found: WorkloadQuerySet = targeted.filter(in_force__isnull=False).annotate(
        tier_level=F("in_force__tier"),
        drill_days=F("in_force__tier__drill_days"),
        drill_due_on=ExpressionWrapper(since + F("in_force__tier__drill_days"), output_field=DateField()),
    )
    return found


def late_for_drill(workloads: WorkloadQuerySet, *, today: dt.date) -> WorkloadQuerySet:
    """Workloads whose interval has passed without a drill that measures recovery, the longest wait first."""
    timed: Any = with_cadence(workloads)
    late: WorkloadQuerySet = timed.filter(drill_due_on__lt=today).order_by("drill_due_on", "name", "pk")
    return late


def late_and_not_planned(workloads: WorkloadQuerySet, *, today: dt.date) -> WorkloadQuerySet:
    planned = Drill.objects.filter(workload=OuterRef("pk"), state__in=Drill.AHEAD).measuring()
    return late_for_drill(workloads, today=today).filter(~Exists(planned))


# --- For one workload -----------------------------------------------------------------------------------------------
def drills_of(workload_pk: int, *, limit: int) -> list[Drill]:
    """What was drilled last, newest first: everything that is over, and what is running."""
    found = Drill.objects.filter(workload=workload_pk).exclude(state=Drill.State.PLANNED).for_page()
    return list(found.order_by("-window_start", "-pk")[:limit])


def newest_measured(workload_pk: int) -> Drill | None:
    """The newest drill that shows something about recovery; its bars stand on the workload's page. A stopped one only when it
    missed a target."""
    judged = Q(state=Drill.State.FINISHED) | Q(
        Q(rto_verdict=Proof.MISSED) | Q(rpo_verdict=Proof.MISSED), state=Drill.State.STOPPED
    )
    found = (
        Drill.objects.filter(judged, workload=workload_pk)
        .measuring()
        .annotate(ended=Coalesce("finished_at", "called_off_at"))
    )
    return found.order_by("-ended").first()


def next_drill(workload_pk: int) -> Drill | None:
    """The running drill, else the next planned one. One whose window passed without a start is still waiting."""
    found = Drill.objects.filter(workload=workload_pk, state__in=Drill.AHEAD).for_page()
    return found.order_by("-state", "window_start", "pk").first()


def drill_due(workload_pk: int) -> dt.date | None:
    """By when this workload has to be drilled; None without a target in force."""
    timed: Any = with_cadence(Workload.objects.filter(pk=workload_pk))
    due: dt.date | None = timed.values_list("drill_due_on", flat=True).first()
    return due


def people_suggested(workload: Workload, *, on: dt.date, also: Collection[int] = ()) -> QuerySet[User]:
    """Whom a form offers by name: the owner team, who holds a role for the workload or the organisation, and `also`."""
    held = RoleAssignment.objects.in_force(on).filter(Q(workload_id=workload.pk) | Q(workload_id__isnull=True))
    known = (
        Q(teams=workload.owner_team_id)
        | Q(pk__in=held.values("person"))
        | Q(pk__in=held.values("deputy"))
        | Q(pk__in=list(also))
    )
    return User.objects.filter(known, is_active=True).distinct()


# --- The programme --------------------------------------------------------------------------------------------------
PER_CELL = 4


def schedulable(user: User, pks: Collection[int]) -> set[int]:
    """Which of these workloads this person may schedule drills for; one query, however many."""
    if user.may(Permission.SCHEDULE_DRILLS):
        return set(pks)
    granted = WorkloadUserObjectPermission.objects.filter(
        user=user, permission__codename="schedule_drill", permission__content_type__app_label="workloads"
    )
    own = Q(owner_team__in=user.teams.values("pk")) | Q(pk__in=granted.values("content_object"))
    return set(Workload.objects.filter(own, pk__in=pks).values_list("pk", flat=True))


def with_talks(workloads: WorkloadQuerySet) -> WorkloadQuerySet:
    """Adds `talked_at`: when something was last drilled that measures no recovery."""
    talks = Drill.objects.filter(workload=OuterRef("pk"), state=Drill.State.FINISHED).exclude(kind__in=MEASURING)
    return workloads.annotate(talked_at=Subquery(talks.order_by("-finished_at").values("finished_at")[:1]))


def on_calendar(drills: DrillQuerySet, first: dt.date, after: dt.date) -> DrillQuerySet:
    """Drills of these days as the programme shows them: planned, running and finished ones."""
    shown = (*Drill.AHEAD, Drill.State.FINISHED)
    return drills.filter(state__in=shown, window_start__gte=midnight(first), window_start__lt=midnight(after))


def calendar_cells(drills: DrillQuerySet, teams: Collection[int]) -> QuerySet[Drill]:
    """The first few drills of each team and month, each with `month` and `in_cell`, how many there are."""
    month = TruncMonth("window_start", tzinfo=organisation_zone())
    cell = [F("workload__owner_team"), F("month")]
    return (
        drills.filter(workload__owner_team__in=teams)
        .annotate(month=month)
        .annotate(
            number=Window(RowNumber(), partition_by=cell, order_by=["window_start", "pk"]),
            in_cell=Window(Count("pk"), partition_by=cell),
        )
        .filter(number__lte=PER_CELL)
        .with_result()
        .select_related("workload")
        .order_by("window_start", "pk")
    )
