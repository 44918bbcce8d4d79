"""What somebody may do here who stands in for a person that left (people/stand_ins.py): see it, pass it on, say it is done."""

from __future__ import annotations

import datetime as dt

from drills.models import Action, Drill
from people.models import User, organisation_today
from people.permissions import Permission
from people.stand_ins import Having, is_stand_in


def of_action(action: Action) -> Having:
    return Having(action.owner_id, action.drill.workload_id, action.drill.workload.owner_team_id)


def of_drill(drill: Drill) -> Having:
    """For whom its coordinator has it."""
    return Having(drill.coordinator_id, drill.workload_id, drill.workload.owner_team_id)


def may_pass_on(action: Action, user: User, *, at: dt.datetime) -> bool:
    """Whether this person may give the gap to somebody else: whoever runs drills of the workload, or stands in for the owner."""
    if user.may(Permission.RUN_DRILLS, on=action.drill.workload):
        return True
    return not action.owner.is_active and is_stand_in(user, of_action(action), on=organisation_today(at))


def may_plan(drill: Drill, user: User, *, at: dt.datetime) -> bool:
    """Whether this person may change or cancel the planned drill: whoever schedules them, or stands in for its coordinator."""
    if user.may(Permission.SCHEDULE_DRILLS, on=drill.workload):
        return True
    return not drill.coordinator.is_active and is_stand_in(user, of_drill(drill), on=organisation_today(at))


def require_pass_on(action: Action, by: User, *, at: dt.datetime) -> None:
    """First line of a service. Raises NotAllowed."""
    if not by.is_active or not may_pass_on(action, by, at=at):
        by.require(Permission.RUN_DRILLS, on=action.drill.workload)


def require_plan(drill: Drill, by: User, *, at: dt.datetime) -> None:
    """First line of a service. Raises NotAllowed."""
    if not by.is_active or not may_plan(drill, by, at=at):
        by.require(Permission.SCHEDULE_DRILLS, on=drill.workload)
