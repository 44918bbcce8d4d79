"""Deeds on user flows and failure modes. Components have their own module."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction

from audit.kinds import Kind
from audit.services import record
from people.models import User
from people.permissions import Permission
from workloads.models import Component, Dependency, FailureMode, UserFlow, Workload
from workloads.writing import Shape, described, fill, locked, rewrite, save

NAME_TAKEN = "Another user flow of this workload has this name."
FLOW = Shape(
    fields=("name", "what", "relied_on_by", "when_down", "is_critical", "rto_seconds", "rpo_seconds"),
    needed={"name": "Name what somebody does: “Report a loss by phone”.", "what": "Write what it does."},
    taken={"flow_name_once": ("name", NAME_TAKEN)},
    many=("components", "dependencies"),
)
FAILURE_MODE = Shape(
    fields=(
        "component", "category", "what", "effect", "likelihood", "severity", "noticed", "detection", "mitigation",
    ),
    needed={
        "category": "Choose what kind of failure it is.",
        "what": "Write what fails.",
        "effect": "Write what follows, for whom.",
        "likelihood": "Choose how likely it is.",
        "severity": "Choose how bad it is.",
        "noticed": "Choose how it is noticed.",
    },
    many=("flows",),
)  # fmt: skip


@transaction.atomic
def add_flow(
    *,
    workload: Workload,
    by: User,
    at: dt.datetime,
    components: Collection[Component] = (),
    dependencies: Collection[Dependency] = (),
    **values: Any,
) -> UserFlow:
    """Write down something that somebody does with the workload. `values` are those of FLOW. Raises Invalid."""
    by.require(Permission.CHANGE_WORKLOADS, on=workload)
    flow = UserFlow(workload=workload, added_at=at, added_by=by)
    fill(flow, FLOW, values)
    save(flow, FLOW, _foreign(workload, components=components, dependencies=dependencies))
    flow.components.set(components)
    flow.dependencies.set(dependencies)
    record(Kind.FLOW_ADDED, flow, by=by, at=at, after=described(flow, FLOW))
    return flow


@transaction.atomic
def change_flow(*, flow: UserFlow, by: User, at: dt.datetime, seen: str = "", **values: Any) -> UserFlow:
    """Change some of its values; returns it as it is now. Raises Invalid, Stale, WrongState (removed meanwhile)."""
    by.require(Permission.CHANGE_WORKLOADS, on=flow.workload)
    many = {name: values[name] for name in FLOW.many if name in values}
    return rewrite(
        flow, FLOW, Kind.FLOW_CHANGED, by=by, at=at, seen=seen, values=values,
        problems=lambda flow: _foreign(flow.workload, **many),
    )  # fmt: skip


@transaction.atomic
def remove_flow(*, flow: UserFlow, by: User, at: dt.datetime) -> None:
    """Take it out; failure modes that hit it stay. Raises WrongState (removed meanwhile)."""
    by.require(Permission.CHANGE_WORKLOADS, on=flow.workload)
    flow = locked(flow)
    record(Kind.FLOW_REMOVED, flow, by=by, at=at, before=described(flow, FLOW))
    flow.delete()


@transaction.atomic
def add_failure_mode(
    *, workload: Workload, by: User, at: dt.datetime, flows: Collection[UserFlow] = (), **values: Any
) -> FailureMode:
    """Write down one way in which it fails. `values` are those of FAILURE_MODE. Raises Invalid."""
    by.require(Permission.CHANGE_WORKLOADS, on=workload)
    mode = FailureMode(workload=workload, added_at=at, added_by=by)
    fill(mode, FAILURE_MODE, values)
    save(mode, FAILURE_MODE, _foreign(workload, component=_one(mode.component), flows=flows))
    mode.flows.set(flows)
    record(Kind.FAILURE_MODE_ADDED, mode, by=by, at=at, after=described(mode, FAILURE_MODE))
    return mode


@transaction.atomic
def change_failure_mode(*, mode: FailureMode, by: User, at: dt.datetime, seen: str = "", **values: Any) -> FailureMode:
    """Change some of its values; returns it as it is now. Raises Invalid, Stale, WrongState (removed meanwhile)."""
    by.require(Permission.CHANGE_WORKLOADS, on=mode.workload)
    many = {name: values[name] for name in FAILURE_MODE.many if name in values}
    return rewrite(
        mode, FAILURE_MODE, Kind.FAILURE_MODE_CHANGED, by=by, at=at, seen=seen, values=values,
        problems=lambda mode: _foreign(mode.workload, component=_one(mode.component), **many),
    )  # fmt: skip


@transaction.atomic
def remove_failure_mode(*, mode: FailureMode, by: User, at: dt.datetime) -> None:
    """Take it out. Raises WrongState (removed meanwhile)."""
    by.require(Permission.CHANGE_WORKLOADS, on=mode.workload)
    mode = locked(mode)
    record(Kind.FAILURE_MODE_REMOVED, mode, by=by, at=at, before=described(mode, FAILURE_MODE))
    mode.delete()


def _one(component: Component | None) -> list[Component]:
    return [] if component is None else [component]


def _foreign(workload: Workload, **things: Iterable[Component | Dependency | UserFlow]) -> dict[str, str]:
    """Parts, needs and flows of another workload do not belong here."""
    return {
        name: f"Choose among those of {workload.name}."
        for name, chosen in things.items()
        if any(thing.workload_id != workload.pk for thing in chosen)
    }
