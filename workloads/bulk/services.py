"""One change of description for many workloads: seen first, then all of it or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from audit.errors import Invalid, WrongState
from people.models import Team, User
from people.permissions import Permission
from signoffs.models import Request
from workloads.models import Classification, Lifecycle, Workload, WorkloadUserObjectPermission
from workloads.services import change_workload
from workloads.signing import CLASSIFICATION

MOST = 500  # workloads in one go: what a person can look through, and a request can carry
TAGS_MAX = 20


class What(models.TextChoices):
    OWNER_TEAM = "owner_team", "Owner team"
    BUSINESS_UNIT = "business_unit", "Business unit"
    LIFECYCLE = "lifecycle", "Lifecycle"
    ADD_TAG = "add_tag", "Add a tag"
    REMOVE_TAG = "remove_tag", "Take a tag off"
    SHARE = "share", "Make it a shared service"
    UNSHARE = "unshare", "Shared service no longer"


# What the signers of a target read; changing it makes an open request void.
IN_DOCUMENT = (What.OWNER_TEAM, What.BUSINESS_UNIT)


@dataclass(frozen=True)
class Change:
    """`value` is a Team, a text, a lifecycle, one tag, or whether it is shared, as `what` says."""

    what: What
    value: Any

    @property
    def field(self) -> str:
        return _FIELDS.get(self.what, self.what.value)

    def of(self, workload: Workload) -> Any:
        """What the field holds after the change."""
        if self.what is What.ADD_TAG:
            return workload.tags if self.value in workload.tags else [*workload.tags, self.value]
        if self.what is What.REMOVE_TAG:
            return [tag for tag in workload.tags if tag != self.value]
        return self.value


_FIELDS = {What.ADD_TAG: "tags", What.REMOVE_TAG: "tags", What.SHARE: "is_shared", What.UNSHARE: "is_shared"}


@dataclass(frozen=True)
class Planned:
    """What would happen to one workload; `refused` says why nothing can, "" where it can."""

    workload: Workload
    before: str
    after: str
    refused: str = ""
    voids: bool = False

    @property
    def changes(self) -> bool:
        return not self.refused and self.before != self.after

    @property
    def seal(self) -> str:
        """Tells what was shown from what is there later."""
        shown = json.dumps([self.workload.pk, self.before, self.after])
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def plan(*, workloads: Iterable[Workload], change: Change, by: User) -> list[Planned]:
    """What the change would do to each, in four queries however many there are. Writes nothing."""
    found = list(workloads)
    may = _changeable(found, by)
    asked: set[int] = set()
    if change.what in IN_DOCUMENT:
        in_review = Classification.objects.filter(workload__in=found, state=Classification.State.IN_REVIEW)
        asked = set(in_review.order_by().values_list("workload", flat=True))
    return [_planned(load, change, load.pk in may, load.pk in asked) for load in found]


def _planned(workload: Workload, change: Change, may: bool, is_asked: bool) -> Planned:
    before, after = getattr(workload, change.field), change.of(workload)
    refused = ""
    if not may:
        refused = "You may not change this workload. Ask its owner team."
    elif change.field == "tags" and len(after) > TAGS_MAX:
        refused = f"It has {TAGS_MAX} tags already. Take one off first."
    return Planned(workload, _said(before), _said(after), refused, is_asked and before != after)


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "Shared service" if value else "Not shared"
    return str(Lifecycle(value).label) if value in Lifecycle.values else str(value)


def _changeable(workloads: Collection[Workload], by: User) -> set[int]:
    """Which of them this person may change: the answer of `by.may` for each, in two queries."""
    numbers = {load.pk for load in workloads}
    if by.may(Permission.CHANGE_WORKLOADS):
        return numbers
    granted = WorkloadUserObjectPermission.objects.filter(
        user=by, permission__codename="change_workload", content_object__in=numbers
    )
    mine = User.teams.through.objects.filter(user_id=by.pk).values("team")
    allowed = Workload.objects.filter(
        Q(owner_team__in=mine) | Q(pk__in=granted.values("content_object")), pk__in=numbers
    )
    return set(allowed.order_by().values_list("pk", flat=True)) if by.is_active else set()


@transaction.atomic
def change_many(*, chosen: Mapping[int, str], change: Change, by: User, at: dt.datetime) -> list[Workload]:
    """Change all of them or none; `chosen` holds number and seal of each row as it was shown. Returns what has changed.

    Each is a deed of its own with its own line in the trail. Raises Invalid (none chosen, too many), NotAllowed, WrongState
    when one of them is no longer what was shown.
    """
    if not chosen:
        raise Invalid("Choose at least one workload.")
    if len(chosen) > MOST:
        raise Invalid(f"Change at most {MOST} workloads in one go. Narrow the list first.")
    # Requests before workloads (see signoffs.services), each in one order: two of these at once wait, and the second one looks
    # at what the first has left.
    asked = Request.objects.filter(workload_id__in=chosen, subject_type=CLASSIFICATION, state=Request.State.OPEN)
    list(asked.order_by("pk").select_for_update())
    seen = Workload.objects.visible_to(by).filter(pk__in=chosen).select_related("owner_team")
    planned = plan(workloads=seen.order_by("pk").select_for_update(of=("self",), no_key=True), change=change, by=by)
    moved = [row.workload.name for row in planned if row.seal != chosen[row.workload.pk]]
    if moved or len(planned) < len(chosen):
        raise WrongState(
            f"Changed by somebody else since you looked: {', '.join(moved) or 'some of them'}. Nothing was changed. Look again."
        )
    for row in planned:
        by.require(Permission.CHANGE_WORKLOADS, on=row.workload)
        if row.refused:
            raise Invalid(f"{row.workload}: {row.refused}")
    return [
        change_workload(workload=row.workload, by=by, at=at, **{change.field: change.of(row.workload)})
        for row in planned
        if row.changes
    ]


def change_of(what: str, *, team: Team | None, unit: str, lifecycle: str, tag: str) -> Change:
    """The change that a form or a program asks for. Raises Invalid with the field that is missing."""
    value, field, ask = {
        What.OWNER_TEAM: (team, "to_team", "Choose the team."),
        What.BUSINESS_UNIT: (unit.strip(), "to_unit", "Write the business unit."),
        What.LIFECYCLE: (lifecycle, "to_lifecycle", "Choose where in its life it is."),
        What.ADD_TAG: (tag.strip(), "to_tag", "Write the tag."),
        What.REMOVE_TAG: (tag.strip(), "to_tag", "Write the tag."),
        What.SHARE: (True, "", ""),
        What.UNSHARE: (False, "", ""),
    }[What(what)]
    if value in (None, ""):
        raise Invalid("Say what it becomes.", {field: ask})
    return Change(What(what), value)
