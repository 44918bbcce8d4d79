"""What makes a review due before its interval is over."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from audit.kinds import Kind
from audit.services import Actor, record
from people.models import organisation_today
from workloads.models import Classification, Workload

BECAUSE_MAX = 300  # characters; the column is as wide
DAY = dt.timedelta(days=1)


@transaction.atomic
def make_review_due(*, workload: Workload, why: str, by: Actor, at: dt.datetime) -> Classification | None:
    """Let the review of the target in force be due today, because `why` (a sentence) changed what was signed.

    Asks for no right: it follows from another deed, whose service asked. A review that is due already keeps its day and says
    the new reason too. None when no target is in force, when it is due for this very reason already, or was signed later.
    """
    found = Classification.objects.filter(workload=workload, state=Classification.State.SIGNED_OFF)
    target = found.select_for_update(no_key=True).first()
    if target is None or target.review_due_on is None or _signed_after(target, at):
        return None
    why, was_due = " ".join(why.split()), target.review_due_on
    due = min(was_due, _free_day(target, organisation_today(at)))
    because = _joined(target.review_because, why)
    if due == was_due and because == target.review_because:
        return None
    before = {"review_due": was_due, "because": target.review_because}
    target.review_due_on, target.review_because = due, because
    target.save(update_fields=["review_due_on", "review_because"])
    record(
        Kind.CLASSIFICATION_MADE_DUE, target, by=by, at=at, before=before, after={"review_due": due, "because": because}
    )
    return target


def _signed_after(target: Classification, at: dt.datetime) -> bool:
    """Whether it was signed or reaffirmed later than this happened: who signed knew it, or could have."""
    if target.signed_off_at is not None and target.signed_off_at > at:
        return True
    return target.reaffirmations.filter(reaffirmed_at__gt=at).exists()


def _free_day(target: Classification, today: dt.date) -> dt.date:
    """Today, else the first day on which no review of this target has been due: each due date is reaffirmed once."""
    given = set(target.reaffirmations.filter(was_due_on__gte=today).values_list("was_due_on", flat=True))
    while today in given:
        today += DAY
    return today


def _joined(said: str, why: str) -> str:
    """Both reasons, the older first; as long as the column they fit into."""
    if why in said:
        return said
    both = f"{said} {why}".strip()
    return both if len(both) <= BECAUSE_MAX else f"{both[: BECAUSE_MAX - 1]}…"
