"""Entering role assignments: who may receive them, from which day, and whether a second person has to confirm them first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from audit.copying import copy_in
from people import confirmations
from people.guarding import guarded_roles
from people.models import Confirmation, RoleAssignment, Standing, User, organisation_today

DAY = dt.timedelta(days=1)
NOT_TO_ONESELF = "Nobody gives a role to themselves. Let a colleague who may give roles give you this one."


def assignment_problems(
    person: User | None,
    deputy: User | None,
    from_on: dt.date,
    until_on: dt.date | None,
    *,
    at: dt.datetime,
    reason: str,
) -> dict[str, str]:
    """What does not fit in a role that is given, by field."""
    problems = {}
    if person is None and deputy is None:
        problems["person"] = "Choose a person, a deputy, or both."
    if person is not None and person == deputy:
        problems["deputy"] = "The deputy has to be somebody else."
    if until_on is not None and until_on < from_on:
        problems["until_on"] = "The last day is before the first one."
    for field, somebody in (("person", person), ("deputy", deputy)):
        if somebody is not None and not somebody.is_active:
            problems[field] = f"{somebody} can no longer sign in. Choose somebody else."
    return problems | begins_problems(from_on, reason, at)


def begins_problems(from_on: dt.date, reason: str, at: dt.datetime) -> dict[str, str]:
    """A role begins today or later, or yesterday with a reason: nobody is made to have held one."""
    today = organisation_today(at)
    if from_on < today - DAY:
        return {"from_on": "A role begins today or later; yesterday, with a reason. What was before stays as it was."}
    if from_on < today and not reason.strip():
        return {"reason": "Write why it began yesterday already."}
    return {}


def enter(
    assignments: Sequence[RoleAssignment],
    *,
    by: User,
    at: dt.datetime,
    reason: str = "",
    newcomers: set[int] | None = None,
) -> Confirmation | None:
    """Insert what is given in one deed; guarded roles wait, all together, for one confirmation, which is returned.

    `newcomers` (numbers of people) says who gets something; without it everybody in the assignments does. A row without
    any newcomer in it goes on as the caller made it. Call it inside the transaction of a deed that has asked for its right.
    """
    confirmation = stand(assignments, by=by, at=at, reason=reason, newcomers=newcomers)
    copy_in(list(assignments))
    return confirmation


def stand(
    assignments: Sequence[RoleAssignment],
    *,
    by: User,
    at: dt.datetime,
    reason: str = "",
    newcomers: set[int] | None = None,
) -> Confirmation | None:
    """Say of each new row who gave it and where it stands, and ask for the second person; the caller inserts them."""
    guarded = guarded_roles()
    waiting = []
    for one in assignments:
        gets = {pk for pk in (one.person_id, one.deputy_id) if pk is not None}
        gets &= gets if newcomers is None else newcomers
        if not gets:
            continue
        if (
            one.standing in confirmations.NOT_YET and one.confirmation is not None
        ):  # who held it beside her waits as well
            gets |= {pk for pk in (one.person_id, one.deputy_id) if pk in one.confirmation.receivers}
        one.confirmation, one.standing = None, Standing.EFFECTIVE
        one.given_by, one.given_at = by, at
        if one.role_id in guarded:
            waiting.append((one, gets))
    if not waiting:
        return None
    standing = Standing.UNCONFIRMED if confirmations.nobody_could_confirm(at) else Standing.WAITING
    confirmation = confirmations.ask(
        deed=confirmations.ROLES, title=_title([one for one, _ in waiting]), by=by, at=at, reason=reason,
        receivers=set().union(*(gets for _, gets in waiting)),
    )  # fmt: skip
    for one, _ in waiting:
        one.confirmation, one.standing = confirmation, standing
    return confirmation


def _title(assignments: Sequence[RoleAssignment]) -> str:
    """What is given and to whom, without the names of workloads: not everybody who reads it may see them."""
    roles = list({one.role_id: one.role.name for one in assignments}.values())
    people = {p.pk: p.name for one in assignments for p in (one.person, one.deputy) if p is not None}
    workloads = len({one.workload_id for one in assignments if one.workload_id is not None})
    where = f" for {workloads} workload{'' if workloads == 1 else 's'}" if workloads else ""
    return f"{_few(roles)}{where}: {_few(list(people.values()))}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
