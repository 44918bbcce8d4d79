"""What the portal knows already about the rows of a file, fetched in a handful of queries however many rows there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.db.models.expressions import RawSQL

from audit.name_columns import name_key
from people.models import Team, User
from people.permissions import Permission
from signoffs.models import Request
from workloads.models import Classification, Tier, Workload, WorkloadUserObjectPermission
from workloads.register.rows import Wanted
from workloads.signing import CLASSIFICATION


@dataclass
class Reach:
    """What this person may do to which workload, asked once instead of for each row."""

    everywhere: bool
    teams: frozenset[int]
    workloads: frozenset[int]

    @classmethod
    def of(cls, by: User, right: Permission) -> Reach:
        """Of a right that the owner team has too. Two queries."""
        if by.may(right):
            return cls(True, frozenset(), frozenset())
        if not by.is_active:
            return cls(False, frozenset(), frozenset())
        granted = WorkloadUserObjectPermission.objects.filter(
            user=by, permission__codename=right.value.partition(".")[2]
        ).values_list("content_object_id", flat=True)
        return cls(False, frozenset(by.teams.values_list("pk", flat=True)), frozenset(granted))

    def covers(self, team: Team | None, workload: Workload | None = None) -> bool:
        if self.everywhere or (workload is not None and workload.pk in self.workloads):
            return True
        owner = workload.owner_team_id if workload is not None else team.pk if team is not None else None
        return owner in self.teams


@dataclass
class Known:
    """The portal's side of the comparison."""

    by_reference: dict[str, Workload] = field(default_factory=dict)
    by_name: dict[str, Workload] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    tiers: dict[int, Tier] = field(default_factory=dict)
    in_force: dict[int, Classification] = field(default_factory=dict)
    proposed: dict[int, Classification] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def all(self) -> Iterable[Workload]:
        return self.by_name.values()

    def key(self, name: str) -> str:
        """A name as the database compares it."""
        return self.keys.get(name, name.lower())


def look_up(rows: Iterable[Wanted], *, lock: bool, mentioned: Collection[str] = ()) -> Known:
    """With `lock`, what is found stays as it is until the transaction ends. `mentioned` are references or names in other rows.

    Requests are locked first, then targets, then workloads: the order in which deeds on a target come by (a trigger on targets
    writes to their workload). Keys do not change, and locks that leave them alone let others refer to the rows. An import
    that proposes targets keeps all other deeds on targets waiting at their first step: one that had just inserted a proposal
    would wait for our workload while we wait for its place in the index.
    """
    rows = list(rows)
    known = Known(keys=_keys({name for row in rows for name in (row.name, *row.names) if name} | set(mentioned)))
    references = {row.reference for row in rows if row.reference} | set(mentioned)
    ids = set(Workload.objects.filter(reference__in=_texts(references)).values_list("pk", flat=True))
    named = Workload.objects.annotate(key=name_key("name")).filter(key__in=_texts(known.keys.values()))
    ids |= set(named.values_list("pk", flat=True))
    requests = Request.objects.filter(
        workload_id__in=numbers(ids), subject_type=CLASSIFICATION, state=Request.State.OPEN
    )
    known.requests = list(requests.select_for_update().order_by("pk")) if lock else list(requests)
    if lock and any(row.tier for row in rows):
        _lock_targets()
    known.tiers = {tier.level: tier for tier in Tier.objects.all()}
    _take_targets(known, ids, lock=lock)
    _take_workloads(known, ids, lock=lock)
    return known


def numbers(ids: Iterable[int]) -> RawSQL:
    """For `__in`: one parameter, where a list of thousands costs more to bind than to look up."""
    return RawSQL("SELECT unnest(%s::bigint[])", [sorted(ids)])


def _texts(said: Iterable[str]) -> RawSQL:
    return RawSQL("SELECT unnest(%s::text[])", [sorted(set(said))])


def _lock_targets() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Classification._meta.db_table} IN EXCLUSIVE MODE")  # reading goes on


def _keys(names: set[str]) -> dict[str, str]:
    """Each name as PostgreSQL compares it in its unique index; Python's rules differ for some letters."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT said, name_key(said) FROM unnest(%s::text[]) AS said", [sorted(names)])
        return dict(cursor.fetchall())


def _take_workloads(known: Known, ids: set[int], *, lock: bool) -> None:
    """Each with its team out of the few that there are: a join would make one for every row."""
    found = Workload.objects.filter(pk__in=numbers(ids)).annotate(key=name_key("name")).order_by("pk")
    if lock:
        found = found.select_for_update(of=("self",), no_key=True)
    rows = list(found)  # before the teams: one that came in the meantime is then among them
    teams = {team.pk: team for team in Team.objects.all()}
    known.teams = {team.name: team for team in teams.values()}
    for workload in rows:
        workload.owner_team = teams[workload.owner_team_id]
        known.by_name[workload.key] = workload  # type: ignore[attr-defined]  # annotated
        if workload.reference:
            known.by_reference[workload.reference] = workload


def _take_targets(known: Known, ids: set[int], *, lock: bool) -> None:
    states = [Classification.State.SIGNED_OFF, *Classification.OPEN]
    found = Classification.objects.filter(workload__in=numbers(ids), state__in=states).order_by("pk")
    for target in found.select_for_update(no_key=True) if lock else found:
        target.tier = known.tiers[target.tier_id]
        side = known.in_force if target.state == Classification.State.SIGNED_OFF else known.proposed
        side[target.workload_id] = target
