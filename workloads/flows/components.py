"""Deeds on components: the parts of a workload, and putting one into the register (docs/decisions/0010)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from audit.errors import WrongState
from audit.kinds import Kind
from audit.services import record
from people.models import User
from people.permissions import Permission
from workloads import services
from workloads.dependencies.services import needs_workload
from workloads.models import Component, Workload
from workloads.roles.copying import copy_roles
from workloads.writing import Shape, described, fill, locked, rewrite, save

NAME_TAKEN = "Another component of this workload has this name."
COMPONENT = Shape(
    fields=("name", "kind", "note"),
    needed={"name": "Name it as the people who run it do."},
    taken={"component_name_once": ("name", NAME_TAKEN)},
)


@transaction.atomic
def add_component(*, workload: Workload, by: User, at: dt.datetime, **values: Any) -> Component:
    """Write down a part of the workload: name, kind, note. Raises Invalid."""
    by.require(Permission.CHANGE_WORKLOADS, on=workload)
    component = Component(workload=workload, added_at=at, added_by=by)
    fill(component, COMPONENT, values)
    save(component, COMPONENT)
    record(Kind.COMPONENT_ADDED, component, by=by, at=at, after=described(component, COMPONENT))
    return component


@transaction.atomic
def change_component(*, component: Component, by: User, at: dt.datetime, seen: str = "", **values: Any) -> Component:
    """Change some of name, kind, note; returns it as it is now. Raises Invalid, Stale, WrongState (removed meanwhile)."""
    by.require(Permission.CHANGE_WORKLOADS, on=component.workload)
    return rewrite(component, COMPONENT, Kind.COMPONENT_CHANGED, by=by, at=at, seen=seen, values=values)


@transaction.atomic
def remove_component(*, component: Component, by: User, at: dt.datetime) -> None:
    """Take it out. What it became in the register stays there. Raises WrongState while failure modes name it."""
    by.require(Permission.CHANGE_WORKLOADS, on=component.workload)
    component = locked(component)
    named = component.failure_modes.count()
    if named:
        modes = "A failure mode names" if named == 1 else f"{named} failure modes name"
        raise WrongState(f"{modes} {component.name}. Change or remove what names it first.")
    record(Kind.COMPONENT_REMOVED, component, by=by, at=at, before=described(component, COMPONENT))
    component.delete()


@transaction.atomic
def register_component(
    *,
    component: Component,
    by: User,
    at: dt.datetime,
    name: str,
    purpose: str,
    reference: str = "",
    same_roles: bool = True,
) -> Workload:
    """Put it into the register as a workload of its own, with its own target, that the present one needs.

    `same_roles`: who holds a role for the present one holds it for the new one too. Raises Invalid (a name or reference that is
    taken), WrongState (it is there already).
    """
    by.require(Permission.CHANGE_WORKLOADS, on=component.workload)
    component = locked(component)
    if component.own_id is not None:
        raise WrongState(f"{component.name} is in the register already.")
    parent = component.workload
    own = Workload(
        name=name.strip(), purpose=purpose.strip(), reference=reference.strip(), owner_team=parent.owner_team,
        business_unit=parent.business_unit, lifecycle=parent.lifecycle, added_at=at, added_by=by,
    )  # fmt: skip
    services.enter(own, by=by, at=at)
    component.own = own
    component.save(update_fields=["own"])
    record(Kind.COMPONENT_REGISTERED, component, by=by, at=at, after={"own": own})
    needs_workload(parent, own, by=by, at=at)
    if same_roles:
        copy_roles(of=parent, to=own, by=by, at=at)
    return own
