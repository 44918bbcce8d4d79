"""Pictures of the register: workloads with where their target stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf

from people.models import Role, RoleAssignment, Team, User
from people.permissions import OWNER_TEAM, PER_WORKLOAD, Permission
from people.queries import Holding
from workloads.models import (
    Classification,
    SigningRule,
    Tier,
    Waiver,
    Workload,
    WorkloadQuerySet,
    WorkloadUserObjectPermission,
)
from workloads.reach import FEW, Reach

REVIEW_SOON = dt.timedelta(days=30)
CRITICAL_TIERS = (0, 1)
COUNT_MAX = 10_000
TAB_MAX = FEW
# One row of the register, read as plain values: with 50 of them, model instances cost more than the query.
ROW = (
    "id", "name", "reference", "purpose", "owner_team_id", "team", "business_unit", "lifecycle", "tags", "proven_on",
    "own_rto_seconds", "is_shared", "proof_rto", "proof_rpo", "state", "tier", "slo", "rto_seconds", "rpo_seconds",
    "review_due_on", "in_force_id", "open_id", "open_state", "open_tier", "waived_until",
)  # fmt: skip


ANY_DAY = dt.date.min  # stands in the statement for the day that is asked about


def waived_until(on: dt.date, workload: str = "pk") -> Subquery:
    """Of a workload: the day on which the first of the waivers ends that hold; None: nothing is waived."""
    return Subquery(_ends(on).filter(workload=OuterRef(workload)).values("ends_on")[:1])


def target_waived_until(on: dt.date, target: str = "") -> Case:
    """The same of a target, open or in force; a past one promises nothing any more. `target` is the path to it."""
    present = {f"{target}state__in": [*Classification.OPEN, Classification.State.SIGNED_OFF]}
    return Case(When(**present, then=waived_until(on, f"{target}workload")), default=None)


def waived_of(workload: int, *, on: dt.date) -> dt.date | None:
    """The same of one workload, by its number; one query."""
    return _ends(on).filter(workload=workload).values_list("ends_on", flat=True).first()


def _ends(on: dt.date) -> QuerySet[Waiver]:
    """The waivers that hold, the first to end first."""
    return Waiver.objects.filter(state=Waiver.State.GRANTED, ends_on__gte=on).order_by("ends_on", "pk")


@cache
def _pictured() -> WorkloadQuerySet:
    """All workloads with where their target stands. Never evaluated itself; built once, because building it is not cheap."""
    return named(Workload.objects.all().with_targets()).annotate(
        slo=Coalesce("in_force__slo", "open__slo"),
        team=F("owner_team__name"),
        in_force_id=F("in_force__id"),
        open_id=F("open__id"),
        open_tier=F("open__tier_id"),
    )


def named(rows: WorkloadQuerySet) -> WorkloadQuerySet:
    """The columns of workloads under the names that lists and JSON give them, without any join to a target."""
    return rows.annotate(
        tier=F("tier_now"),
        rto_seconds=F("rto_now"),
        rpo_seconds=F("rpo_now"),
        state=F("state_now"),
        open_state=NullIf("open_now", Value("")),
        review_due_on=F("review_on"),
    )


def register(user: User) -> WorkloadQuerySet:
    """The workloads this person may see, each with its target: the one in force, else the one that is proposed.

    `state` says which: signed_off (in force), in_review or proposed (not yet), rejected (the last word was no) or none.
    """
    return _pictured().visible_to(user)


@cache
def _picture() -> tuple[str, tuple[Any, ...]]:
    """The statement behind `pictures`: putting it together takes three times as long as its answer."""
    rows = _pictured().annotate(waived_until=waived_until(ANY_DAY)).order_by()
    sql, params = rows.values(*ROW).query.sql_with_params()
    return f'{sql} WHERE "workloads_workload"."id" = ANY(%s)', params


def pictures(numbers: Iterable[int], *, on: dt.date) -> list[dict[str, Any]]:
    """The rows of the register with these numbers, in their order. Who may see them has been asked already."""
    sql, params = _picture()
    asked = (on if value == ANY_DAY else value for value in params)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*asked, wanted := list(numbers)])
        found = {row[0]: dict(zip(ROW, row, strict=True)) for row in cursor.fetchall()}
    return [found[number] for number in wanted if number in found]


def picture(user: User, number: int, *, on: dt.date) -> dict[str, Any] | None:
    """One row of the register; None for a stranger."""
    is_hers = user.may(Permission.VIEW_WORKLOADS) or Workload.objects.visible_to(user).filter(pk=number).exists()
    return next(iter(pictures([number], on=on)), None) if is_hers else None


@dataclass(frozen=True)
class View:
    """A fixed view of the register: a tab."""

    key: str
    label: str


VIEWS = (
    View("", "All"),
    View("mine", "My workloads"),
    View("critical", "Tier 0 and 1"),
    View("shared", "Shared services"),
    View("due", "Review due in 30 days"),
    View("unproven", "Never proven"),
)


def in_view(key: str, reach: Reach, on: dt.date) -> Q:
    """Which workloads a tab shows. Raises KeyError for one that does not exist."""
    return {
        "mine": reach.mine,
        "": Q(),
        "critical": Q(tier_now__in=CRITICAL_TIERS),
        "shared": Q(is_shared=True),
        "due": Q(review_on__lte=on + REVIEW_SOON),
        "unproven": Q(proven_on__isnull=True),
    }[key]


class _Counted(Subquery):
    """How many rows a query finds, up to `most` and one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    empty_result_set_value = 0

    def __init__(self, rows: QuerySet[Any], most: int) -> None:
        super().__init__(rows.order_by().values(one=Value(1))[: most + 1])


def counts(reach: Reach, found: QuerySet[Workload] | None = None, most: int = COUNT_MAX) -> dict[str, int]:
    """How many workloads each tab holds, how many have a signed target, how many are `found`: one query.

    Nobody reads further than `COUNT_MAX` rows, and a tab says no more than "1,000+"; one more stands for "more than that", so
    that a large register costs what a small one does.
    """
    seen = reach.seen
    numbers = {
        f"view_{view.key}": _Counted(seen.filter(in_view(view.key, reach, reach.on)), TAB_MAX)
        for view in VIEWS
        if view.key != "mine" or not reach.sees_all
    }
    numbers |= {"view_": _Counted(seen, COUNT_MAX), "signed": _Counted(seen.filter(review_on__isnull=False), COUNT_MAX)}
    if found is not None:
        numbers["found"] = _Counted(found, most)
    asked: Any = User.objects.filter(pk=reach.user.pk).values(**numbers)[0]
    counted: dict[str, int] = dict(asked)
    if reach.sees_all:  # then all that is hers is seen, and has been counted already
        counted["view_mine"] = TAB_MAX + 1 if reach.owned is None else len(reach.owned)
    return counted


@dataclass(frozen=True)
class Signer:
    """Who would sign a target of a tier for this workload, and what the signature means."""

    role: Role
    meaning: str
    holdings: tuple[Holding, ...]

    @property
    def people(self) -> list[User]:
        return list({p.pk: p for holding in self.holdings for p in holding.people}.values())

    @property
    def is_vacant(self) -> bool:
        return not self.people


def holders(workload: Workload, on: dt.date) -> dict[str, list[RoleAssignment]]:
    """Who holds which role for this workload today, by the role's key: its own assignments, else the organisation's."""
    found = (
        RoleAssignment.objects.in_force(on)
        .filter(Q(workload_id=workload.pk) | Q(workload_id__isnull=True))
        .select_related("role", "person", "deputy", "confirmation")
        .order_by("role__position", "id")
    )
    own: dict[str, list[RoleAssignment]] = {}
    general: dict[str, list[RoleAssignment]] = {}
    for assignment in found:
        (general if assignment.workload_id is None else own).setdefault(assignment.role_id, []).append(assignment)
    return general | own


def signers(tiers: list[Tier], held: dict[str, list[RoleAssignment]]) -> dict[int, list[Signer]]:
    """For each tier who would sign, in order."""
    found: dict[int, list[Signer]] = {tier.level: [] for tier in tiers}
    for rule in SigningRule.objects.filter(tier__in=tiers).select_related("role").order_by("position", "id"):
        holding = tuple(Holding(a.role, a.person, a.deputy, a.unconfirmed_people) for a in held.get(rule.role_id, []))
        found[rule.tier_id].append(Signer(rule.role, rule.meaning, holding))
    return found


def classifications_for(user: User) -> QuerySet[Classification]:
    """Targets, past and present, of the workloads this person may see."""
    if user.may(Permission.VIEW_WORKLOADS):
        return Classification.objects.all()
    return Classification.objects.filter(workload__in=Workload.objects.visible_to(user))


def rights_on(user: User, workload: Workload) -> frozenset[Permission]:
    """What this person may do with this workload: the answer of `user.may` for each right, in two queries instead of many."""
    general = {right for right in PER_WORKLOAD if user.has_perm(right.value)}
    if not user.is_active or general == PER_WORKLOAD:
        return frozenset(general)
    granted = WorkloadUserObjectPermission.objects.filter(user=user, content_object=workload)
    names = {f"workloads.{codename}" for codename in granted.values_list("permission__codename", flat=True)}
    if user.teams.filter(pk=workload.owner_team_id).exists():
        names |= {right.value for right in OWNER_TEAM}
    return frozenset(general | {right for right in PER_WORKLOAD if right.value in names})


@dataclass(frozen=True)
class Targets:
    """The targets of one workload, newest first."""

    everything: list[Classification]

    def _in(self, *states: str) -> Classification | None:
        return next((c for c in self.everything if c.state in states), None)

    @property
    def in_force(self) -> Classification | None:
        return self._in(Classification.State.SIGNED_OFF)

    @property
    def open(self) -> Classification | None:
        return self._in(*Classification.OPEN)


def targets_of(workload: Workload) -> Targets:
    related = ("tier", "request", "proposed_by", "workload__owner_team")
    return Targets(list(workload.classifications.select_related(*related)))


def teams_named_to(user: User) -> QuerySet[Team]:
    """Teams whose names this person may read: her own, and those that own a workload she sees."""
    if user.may(Permission.VIEW_WORKLOADS) or user.may(Permission.VIEW_PEOPLE):
        return Team.objects.all()
    owners = Workload.objects.visible_to(user).order_by().values("owner_team")
    return Team.objects.filter(Q(pk__in=user.teams.order_by().values("pk")) | Q(pk__in=owners))
