"""Editing what a role lets its holders do: asked for by one administrator, in effect once a second person confirms it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from audit.errors import NotAllowed, WrongState
from audit.kinds import Kind
from audit.services import Actor, record
from people import confirmations
from people.estates import places
from people.models import Confirmation, Role, User
from people.permissions import Permission
from people.queries import holders_of

DEED = "role-rights"


@transaction.atomic
def change_rights(*, role: Role, rights: Collection[str], by: User, at: dt.datetime) -> Confirmation | None:
    """Ask for other rights of a role; nothing changes before a second person confirms. None when they are the same.

    Raises NotAllowed for a right that one does not have oneself.
    """
    by.require(Permission.CONFIGURE)
    before, after = sorted(Role.objects.get(pk=role.pk).rights), sorted(rights)
    if before == after:
        return None
    added = set(after) - set(before)
    lacking = [str(Permission(right).label) for right in sorted(added) if not by.has_perm(right)]
    if lacking:
        raise NotAllowed(
            f"You do not have this right yourself: {lacking[0]}. Somebody who has it can add it to a role."
        )
    change = {"role": role.pk, "rights_before": before, "rights_after": after}
    receivers = RoleRights().receivers(change)
    title = f"Rights of the role {role.name}"
    return confirmations.ask(deed=DEED, title=title, by=by, at=at, receivers=receivers, change=change)


class RoleRights:
    """What happens when such an edit is confirmed (people/confirmations.py)."""

    def lines(self, change: Mapping[str, Any]) -> list[str]:
        before, after = set(change["rights_before"]), set(change["rights_after"])
        gained = [f"Gains: {_label(right)}" for right in sorted(after - before)]
        return gained + [f"Loses: {_label(right)}" for right in sorted(before - after)]

    def receivers(self, change: Mapping[str, Any]) -> set[int]:
        gains = set(change["rights_after"]) - set(change["rights_before"])
        return holders_of([change["role"]]) if gains else set()

    def apply(self, change: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> None:
        role = Role.objects.select_for_update().get(pk=change["role"])
        if sorted(role.rights) != change["rights_before"]:
            raise WrongState(
                f"The rights of {role.name} were changed meanwhile. Refuse this, and let it be asked anew."
            )
        role.rights = change["rights_after"]
        role.save(update_fields=["rights"])
        before, after = {"rights": change["rights_before"]}, {"rights": change["rights_after"]}
        record(Kind.REFERENCE_CHANGED, role, by=by, at=at, before=before, after=after)
        places().settle(at=at)


def _label(right: str) -> str:
    return str(Permission(right).label) if right in Permission.values else right
