"""Deeds on dependencies and third parties."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from audit.errors import Invalid, WrongState
from audit.kinds import Kind
from audit.services import record
from people.models import User
from people.permissions import Permission
from workloads.because import NowNeeds
from workloads.dependencies.queries import needed_by, third_parties_for
from workloads.models import Dependency, Order, Strength, ThirdParty, Workload
from workloads.reviews import make_review_due
from workloads.writing import Shape, described, fill, locked, rewrite, save

ALREADY = "It is among the dependencies already. Change that one."
DEPENDENCY = Shape(
    fields=("needs", "third_party", "strength", "remains", "order", "note"),
    needed={"strength": "Choose whether anything works without it.", "order": "Choose how recovery runs beside it."},
    taken={"dependency_once": ("needs", ALREADY), "dependency_on_third_party_once": ("third_party", ALREADY)},
)
THIRD_PARTY = Shape(
    fields=(
        "name", "vendor", "contact", "rto_seconds", "rpo_seconds", "document", "promised_until_on", "has_failover", "note",
    ),
    needed={"name": "Name the service as people here call it."},
    taken={"workloads_thirdparty_name_key": ("name", "Another third party has this name.")},
)  # fmt: skip


@transaction.atomic
def add_dependency(
    *,
    workload: Workload,
    by: User,
    at: dt.datetime,
    needs: Workload | None = None,
    third_party: ThirdParty | None = None,
    strength: str = Strength.HARD,
    remains: str = "",
    order: str = Order.SEQUENTIAL,
    note: str = "",
) -> Dependency:
    """Write down that it needs another workload or a third party, one of them that this person may see. Raises Invalid."""
    by.require(Permission.CHANGE_WORKLOADS, on=workload)
    problems = _provider_problems(workload, needs, third_party, by)
    return _added(
        workload, by, at, problems,
        needs=needs, third_party=third_party, strength=strength, remains=remains, order=order, note=note,
    )  # fmt: skip


def needs_workload(workload: Workload, provider: Workload, *, by: User, at: dt.datetime) -> Dependency:
    """The dependency that another deed brings along: hard, one after the other. That deed has asked for the right."""
    values = {"needs": provider, "strength": Strength.HARD, "order": Order.SEQUENTIAL}
    return _added(workload, by, at, {}, **values)


def _added(workload: Workload, by: User, at: dt.datetime, problems: dict[str, str], **values: Any) -> Dependency:
    dependency = Dependency(workload=workload, added_at=at, added_by=by)
    fill(dependency, DEPENDENCY, values)
    save(dependency, DEPENDENCY, _strength_problems(dependency) | problems)
    record(Kind.DEPENDENCY_ADDED, dependency, by=by, at=at, after=described(dependency, DEPENDENCY))
    _now_hard(dependency, by, at)
    return dependency


def _provider_problems(
    workload: Workload, needs: Workload | None, third_party: ThirdParty | None, by: User
) -> dict[str, str]:
    if (needs is None) == (third_party is None):
        return {"needs": "Choose one workload, or one third party."}
    if needs is not None and needs.pk == workload.pk:
        return {"needs": "A workload does not depend on itself."}
    if needs is not None and not Workload.objects.visible_to(by).filter(pk=needs.pk).exists():
        return {"needs": "There is no such workload for you to choose."}
    if third_party is not None and not third_parties_for(by).select_for_update(no_key=True).filter(pk=third_party.pk):
        return {"third_party": "There is no such third party for you to choose."}
    return {}


def _strength_problems(dependency: Dependency) -> dict[str, str]:
    if dependency.strength == Strength.SOFT and not dependency.remains:
        return {"remains": "Write what still works without it; otherwise it is hard."}
    return {}


@transaction.atomic
def change_dependency(
    *, dependency: Dependency, by: User, at: dt.datetime, seen: str = "", **values: Any
) -> Dependency:
    """Change strength, remains, order or note; returns it as it is now. What is needed stays: that would be another one.

    Raises Invalid, Stale (`seen` marks another state), WrongState (removed meanwhile).
    """
    by.require(Permission.CHANGE_WORKLOADS, on=dependency.workload)
    if values.keys() & {"needs", "third_party"}:
        raise Invalid("What is needed cannot be changed. Remove this dependency and add the other one.")
    was = locked(dependency)
    now = rewrite(
        was, DEPENDENCY, Kind.DEPENDENCY_CHANGED, by=by, at=at, seen=seen, values=values, problems=_strength_problems
    )
    if was.strength != Strength.HARD:
        _now_hard(now, by, at)
    return now


@transaction.atomic
def remove_dependency(*, dependency: Dependency, by: User, at: dt.datetime) -> None:
    """Take it out; flows that used it no longer do. Raises WrongState (removed meanwhile)."""
    by.require(Permission.CHANGE_WORKLOADS, on=dependency.workload)
    dependency = locked(dependency)
    record(Kind.DEPENDENCY_REMOVED, dependency, by=by, at=at, before=described(dependency, DEPENDENCY))
    dependency.delete()


def _now_hard(dependency: Dependency, by: User, at: dt.datetime) -> None:
    """What follows, in the same transaction, where it was not hard before and may be so now."""
    if dependency.strength == Strength.HARD:
        make_review_due(workload=dependency.workload, why=now_needs([dependency]), by=by, at=at)


def now_needs(dependencies: Iterable[Dependency]) -> NowNeeds:
    """Why a review is due, where these have become hard."""
    found = list(dependencies)
    return NowNeeds(
        workloads=tuple(row.needs_id for row in found if row.needs_id is not None),
        third_parties=tuple(str(row.third_party) for row in found if row.third_party is not None),
    )


@transaction.atomic
def add_third_party(*, by: User, at: dt.datetime, **values: Any) -> ThirdParty:
    """Write down a service that somebody outside runs. `values` are those of THIRD_PARTY. Raises Invalid."""
    by.require(Permission.ADD_WORKLOADS)
    third_party = ThirdParty(added_at=at, added_by=by)
    fill(third_party, THIRD_PARTY, values)
    save(third_party, THIRD_PARTY, _promise_problems(third_party))
    record(Kind.THIRD_PARTY_ADDED, third_party, by=by, at=at, after=described(third_party, THIRD_PARTY))
    return third_party


@transaction.atomic
def change_third_party(
    *, third_party: ThirdParty, by: User, at: dt.datetime, seen: str = "", **values: Any
) -> ThirdParty:
    """Change what is known of it; returns it as it is now. Raises Invalid, Stale, WrongState (removed meanwhile)."""
    by.require(Permission.ADD_WORKLOADS)
    return rewrite(
        third_party,
        THIRD_PARTY,
        Kind.THIRD_PARTY_CHANGED,
        by=by,
        at=at,
        seen=seen,
        values=values,
        problems=_promise_problems,
    )


@transaction.atomic
def remove_third_party(*, third_party: ThirdParty, by: User, at: dt.datetime) -> None:
    """Take it out of the register. Raises WrongState while something needs it, and when it is gone already."""
    by.require(Permission.ADD_WORKLOADS)
    # Whoever writes down a dependency on it locks it too, and waits: nobody comes to need what is not there.
    found = ThirdParty.objects.select_for_update().filter(pk=third_party.pk).first()
    if found is None:
        raise WrongState("Somebody has removed this third party meanwhile.")
    if said := needed_by(found, by):
        raise WrongState(f"{found} is needed by {said}. Remove these dependencies first.")
    record(Kind.THIRD_PARTY_REMOVED, found, by=by, at=at, before=described(found, THIRD_PARTY))
    found.delete()


def _promise_problems(third_party: ThirdParty) -> dict[str, str]:
    """A promise with an end stands somewhere."""
    promised = third_party.rto_seconds is not None or third_party.rpo_seconds is not None
    if promised and not third_party.document:
        return {"document": "Write where the promise stands: the contract, its number, an address."}
    return {}
