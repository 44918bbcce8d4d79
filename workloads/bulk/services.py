"""One change of description for many workloads: seen first, then all of it or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from audit.errors import Invalid, WrongState
from people.models import Team, User
from people.permissions import Permission
from signoffs.models import Request
from workloads.models import Classification, Lifecycle, Workload
from workloads.register.known import Reach
from workloads.register.planning import IN_DOCUMENT
from workloads.register.rows import TAGS_MAX
from workloads.services import change_workload
from workloads.signing import CLASSIFICATION

MOST = 500  # workloads in one go: what a person can look through, and a request can carry


class What(models.TextChoices):
    OWNER_TEAM = "owner_team", "Owner team"
    BUSINESS_UNIT = "business_unit", "Business unit"
    LIFECYCLE = "lifecycle", "Lifecycle"
    ADD_TAG = "add_tag", "Add a tag"
    REMOVE_TAG = "remove_tag", "Take a tag off"
    SHARE = "share", "Make it a shared service"
    UNSHARE = "unshare", "Shared service no longer"


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
    found, may_change = list(workloads), Reach.of(by, Permission.CHANGE_WORKLOADS)
    asked: set[int] = set()
    if change.field in IN_DOCUMENT:
        in_review = Classification.objects.filter(workload__in=found, state=Classification.State.IN_REVIEW)
        asked = set(in_review.order_by().values_list("workload", flat=True))
    return [_planned(load, change, may_change.covers(None, load), load.pk in asked) for load in found]


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
    """The change that a form or a program asks for. Raises Invalid with the field that is missing or wrong."""
    tag = " ".join(tag.split())
    if "," in tag:
        raise Invalid("A comma stands between tags.", {"to_tag": "Write one tag, without a comma."})
    value, field, ask = {
        What.OWNER_TEAM: (team, "to_team", "Choose the team."),
        What.BUSINESS_UNIT: (unit.strip(), "to_unit", "Write the business unit."),
        What.LIFECYCLE: (lifecycle, "to_lifecycle", "Choose where in its life it is."),
        What.ADD_TAG: (tag, "to_tag", "Write the tag."),
        What.REMOVE_TAG: (tag, "to_tag", "Write the tag."),
        What.SHARE: (True, "", ""),
        What.UNSHARE: (False, "", ""),
    }[What(what)]
    if value in (None, ""):
        raise Invalid("Say what it becomes.", {field: ask})
    return Change(What(what), value)
