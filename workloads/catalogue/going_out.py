"""The rows of each kind as one person may see them, in the columns that the import reads; nothing is collected in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf

from audit.spreadsheets import in_batches
from people.models import RoleAssignment, User
from people.permissions import Permission
from workloads.catalogue.kinds import KINDS, LEVEL_WORDS, SCALES, word_of
from workloads.dependencies.queries import third_parties_for
from workloads.models import (
    Component,
    Dependency,
    FailureMode,
    ImpactAnalysis,
    ImpactAnswer,
    Lifecycle,
    Season,
    UserFlow,
    Workload,
)
from workloads.signing import percent

BATCH = 500
Row = list[Any]
WHOSE = ("workload__name", "workload__reference")
# What the register has beside the columns of an import: it tells, and is not read again.
TOLD = ("state", "signed on", "review due")


def header(kind: str) -> list[str]:
    return [column.label for column in KINDS[kind].columns] + (list(TOLD) if kind == "workloads" else [])


def keys(kind: str) -> list[str]:
    """As a document names them."""
    told = [name.replace(" ", "_") for name in TOLD] if kind == "workloads" else []
    return [column.key for column in KINDS[kind].columns] + told


def kinds_for(user: User) -> list[str]:
    """Who may not see people gets no roles: their e-mail addresses stand in them."""
    return [kind for kind in KINDS if kind != "roles" or user.may(Permission.VIEW_PEOPLE)]


def batches(kind: str, user: User) -> Iterator[list[Row]]:
    """Raises KeyError for what is no kind."""
    rows, shape = _ROWS[kind](user)
    return in_batches(map(shape, rows.iterator(chunk_size=BATCH)), BATCH)


def _mine(user: User, path: str = "workload") -> Q:
    """Rows of workloads that this person may see. To be joined by “and” alone: empty for who sees all, it is lost in an “or”."""
    if user.may(Permission.VIEW_WORKLOADS):
        return Q()
    return Q(**{f"{path}__in": Workload.objects.visible_to(user).values("pk")})


Told = tuple[QuerySet[Any, Any], Callable[[tuple[Any, ...]], Row]]


def _workloads(user: User) -> Told:
    """With the target in force, else the proposed one. A retired workload gets no new target, so it says none."""
    rows = Workload.objects.visible_to(user).with_targets().order_by("pk")
    columns = (
        "tier_id",
        "slo",
        "rto_seconds",
        "rpo_seconds",
        "reason",
        "looser_reason",
        "state",
        "signed_off_at",
        "review_due_on",
    )
    target = [f"{join}__{name}" for join in ("in_force", "open") for name in columns]
    said = (
        "reference",
        "name",
        "purpose",
        "owner_team__name",
        "business_unit",
        "lifecycle",
        "tags",
        "own_rto_seconds",
        "is_shared",
        *target,
    )

    def shape(row: tuple[Any, ...]) -> Row:
        told, signed, proposed = [*row[:7], exact(row[7]), row[8]], row[9:18], row[18:]
        target = signed if signed[0] is not None else proposed
        if target[0] is None or row[5] == Lifecycle.RETIRED:
            return [*told, *[""] * 9]
        tier, slo, rto, rpo, reason, looser, state, signed_at, due = target
        signed_on = signed_at.date() if signed_at is not None else None
        return [*told, tier, percent(slo), exact(rto), exact(rpo), reason, looser, state, signed_on, due]

    return rows.values_list(*said), shape


def _components(user: User) -> Told:
    own: Any = Coalesce(NullIf("own__reference", Value("")), "own__name")
    if not user.may(Permission.VIEW_WORKLOADS):
        own = Case(When(_mine(user, "own"), then=own), default=Value(""))
    rows = Component.objects.filter(_mine(user)).order_by("workload_id", "name", "pk")
    return rows.annotate(entry=own).values_list(*WHOSE, "name", "kind", "note", "entry"), list


def _third_parties(user: User) -> Told:
    rows = third_parties_for(user).order_by("name")
    said = (
        "name", "vendor", "contact__name", "contact__organisation", "rto_seconds", "rpo_seconds", "document",
        "promised_until_on", "has_failover", "note",
    )  # fmt: skip
    return rows.values_list(*said), lambda row: [*row[:4], exact(row[4]), exact(row[5]), *row[6:]]


def _dependencies(user: User) -> Told:
    """Without those on workloads that this person may not see: not even their names are hers."""
    hidden = Q() if user.may(Permission.VIEW_WORKLOADS) else Q(needs__isnull=False) & ~_mine(user, "needs")
    rows = Dependency.objects.filter(_mine(user)).order_by("workload_id", "pk")
    rows = rows.exclude(hidden) if hidden else rows
    said = (*WHOSE, "needs__name", "needs__reference", "third_party__name", "strength", "remains", "order", "note")
    return rows.values_list(*said), list


def _flows(user: User) -> Told:
    def used(of: Any, name: Any, *which: Q) -> ArraySubquery:
        found = of.objects.filter(*which, userflow=OuterRef("pk")).order_by("pk").annotate(said=name)
        return ArraySubquery(found.values("said"))

    parts, needs = UserFlow.components.through, UserFlow.dependencies.through
    called = Case(
        When(~Q(dependency__needs__reference=""), then=F("dependency__needs__reference")),
        default=F("dependency__needs__name"),
        output_field=CharField(),
    )
    rows = UserFlow.objects.filter(_mine(user)).annotate(
        parts=used(parts, F("component__name")),
        needed=used(needs, called, Q(dependency__needs__isnull=False), _mine(user, "dependency__needs")),
        parties=used(needs, F("dependency__third_party__name"), Q(dependency__third_party__isnull=False)),
    )
    said = (
        *WHOSE, "name", "what", "relied_on_by", "when_down", "is_critical", "rto_seconds", "rpo_seconds", "parts", "needed",
        "parties",
    )  # fmt: skip
    rows = rows.order_by("workload_id", "name", "pk")
    return rows.values_list(*said), lambda row: [*row[:7], exact(row[7]), exact(row[8]), *map(sorted, row[9:])]


def _failure_modes(user: User) -> Told:
    hit = FailureMode.flows.through.objects.filter(failuremode=OuterRef("pk")).order_by("pk")
    rows = FailureMode.objects.filter(_mine(user)).annotate(hit=ArraySubquery(hit.values("userflow__name")))
    scales = ("category", "likelihood", "severity", "noticed")
    said = (*WHOSE, "component__name", "category", "what", "effect", *scales[1:], "detection", "mitigation", "hit")

    def shape(row: tuple[Any, ...]) -> Row:
        category, likelihood, severity, noticed = (
            word_of(SCALES[name], row[at]) for name, at in zip(scales, (3, 6, 7, 8), strict=True)
        )
        return [*row[:3], category, *row[4:6], likelihood, severity, noticed, *row[9:11], sorted(row[11])]

    return rows.order_by("workload_id", "pk").values_list(*said), shape


def _roles(user: User) -> Told:
    """Those of the organisation, and those of the workloads this person may see."""
    workloads = {pk: called for pk, *called in Workload.objects.visible_to(user).values_list("pk", "name", "reference")}
    of_workloads = Q(workload_id__isnull=False) & _mine(user, "workload_id")
    rows = RoleAssignment.objects.given().filter(Q(workload_id=None) | of_workloads)
    said = ("role_id", "workload_id", "person__email", "deputy__email", "from_on", "until_on")

    def shape(row: tuple[Any, ...]) -> Row:
        return [row[0], *workloads.get(row[1], ("", "")), *row[2:], ""]

    return rows.order_by(F("workload_id").asc(nulls_first=True), "role_id", "from_on", "pk").values_list(*said), shape


def _impact(user: User) -> Told:
    rows = ImpactAnalysis.objects.filter(_mine(user)).order_by("pk")
    return rows.values_list(*WHOSE, "currency", "note"), list


def _seasons(user: User) -> Told:
    rows = Season.objects.filter(_mine(user, "analysis__workload")).order_by("analysis_id", "name")
    of = ("analysis__workload__name", "analysis__workload__reference")
    said = (*of, "name", "working_days", "from_month", "from_day", "to_month", "to_day")
    return rows.values_list(*said), list


def _answers(user: User) -> Told:
    rows = ImpactAnswer.objects.filter(_mine(user, "analysis__workload"))
    of = ("analysis__workload__name", "analysis__workload__reference")
    said = (*of, "season__name", "loss", "category_id", "point_id", "level", "amount_per_hour")
    rows = rows.order_by(
        "analysis_id", F("season__name").asc(nulls_first=True), "loss", "category__position", "point_id"
    )
    return rows.values_list(*said), lambda row: [*row[:5], exact(row[5]), LEVEL_WORDS[row[6]], row[7]]


_ROWS: dict[str, Callable[[User], Told]] = {
    "workloads": _workloads, "components": _components, "third_parties": _third_parties, "dependencies": _dependencies,
    "flows": _flows, "failure_modes": _failure_modes, "roles": _roles,
    "impact": _impact, "seasons": _seasons, "impact_answers": _answers,
}  # fmt: skip


def exact(seconds: int | None) -> str:
    """To the second, in the largest unit that divides it: "4 h", "90 min". Read back it is the same."""
    if seconds is None:
        return ""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds and seconds % size == 0 and (size < 86_400 or seconds > size):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def plain(value: Any) -> Any:
    """As JSON has it."""
    if value is None:
        return ""
    if isinstance(value, (str, bool, int, list)):
        return value
    return value.isoformat() if isinstance(value, dt.date) else str(value)
