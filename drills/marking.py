"""Deeds on times: record one while the drill runs, correct one with a reason.

The grade follows from how the time came in: nobody chooses it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction

from audit.errors import DeedError, Invalid, WrongState
from audit.kinds import Kind
from audit.services import record
from drills.coordinators import require_run
from drills.models import Drill, Grade, Mark, What
from drills.services import lock
from drills.verdict import What as Moment
from drills.verdict import odd as odd_times
from drills.verdict import out_of_order
from people.models import User

CLOCK_SKEW = dt.timedelta(seconds=5)  # a measuring machine's clock may run ahead of ours by this much
OLDEST_DATA = dt.timedelta(days=3650)
SOURCE_MAX = 200


NOT_BY_CLICK = (
    "The newest surviving data cannot be clicked. "
    "Type the time of the last record that survived, or let a machine send it."
)


class NeedsConfirmation(DeedError):
    """A time that is odd but possible: recorded once somebody has said that it is right."""

    status = 422
    code = "needs-confirmation"

    def __init__(self, odd: list[str]) -> None:
        super().__init__(f"{' '.join(odd)} Check the time, then confirm that it is right.")
        self.odd = odd
        self.extra = {"odd": odd}


@transaction.atomic
def mark(
    *,
    drill: Drill,
    what: str,
    by: User,
    at: dt.datetime,
    time: dt.datetime | None = None,
    machine: bool = False,
    source: str = "",
    confirmed: bool = False,
) -> Mark:
    """Record when something happened. Without a `time` it happens now, and the click is the proof of it.

    Raises Invalid for a time that cannot be, NeedsConfirmation for one that is odd unless it is `confirmed` or a machine's,
    WrongState when it is recorded already or the drill does not run.
    """
    require_run(drill, by, at=at)
    drill = _lock_running(drill)
    if what not in What.values:
        raise Invalid("Choose what happened.", {"what": "Choose what happened."})
    if what == What.NEWEST_DATA and time is None and not machine:
        raise Invalid(NOT_BY_CLICK, {"time": NOT_BY_CLICK})
    _check(drill, what, time, source, at=at, machine=machine)
    odd = _ask(drill, what, time or at, confirmed=confirmed or machine)
    new = Mark(
        drill=drill,
        what=what,
        at=time or at,
        grade=_grade(time, machine=machine),
        source=source.strip(),
        recorded_at=at,
        recorded_by=by,
    )
    return _save(new, odd, by=by, at=at)


@transaction.atomic
def correct_mark(
    *,
    mark: Mark,
    by: User,
    at: dt.datetime,
    time: dt.datetime,
    reason: str,
    machine: bool = False,
    source: str = "",
    confirmed: bool = False,
) -> Mark:
    """Replace a time by another one; both stay readable. A correction by hand is a typed time.

    Raises Invalid, NeedsConfirmation as `mark` does, WrongState.
    """
    require_run(mark.drill, by, at=at)
    drill = _lock_running(mark.drill)
    if not reason.strip():
        raise Invalid("Write why the time was wrong.", {"reason": "Write why the time was wrong."})
    _check(drill, mark.what, time, source, at=at, machine=machine)
    odd = _ask(drill, mark.what, time, confirmed=confirmed or machine)
    new = Mark(
        drill=drill,
        what=mark.what,
        at=time,
        grade=_grade(time, machine=machine),
        source=source.strip(),
        recorded_at=at,
        recorded_by=by,
        supersedes=mark,
        reason=reason.strip(),
    )
    return _save(new, odd, by=by, at=at)


def _save(new: Mark, odd: list[str], *, by: User, at: dt.datetime) -> Mark:
    try:
        with transaction.atomic():
            new.save()
    except IntegrityError:
        name = new.get_what_display().lower()
        if new.supersedes_id is None:
            raise WrongState(f"The time for “{name}” is recorded already. Correct that one, with a reason.") from None
        raise WrongState(f"Somebody has corrected “{name}” before you. Reload the page to see the new time.") from None
    before = {"at": new.supersedes.at, "grade": new.supersedes.grade} if new.supersedes else {}
    after: dict[str, Any] = {
        "what": new.what,
        "at": new.at,
        "grade": new.grade,
        "source": new.source,
        "reason": new.reason,
    }
    if odd:
        after["odd"] = odd
    record(Kind.DRILL_MARKED, new, by=by, at=at, before=before, after=after)
    return new


def _lock_running(drill: Drill) -> Drill:
    """Held until the end, so that nobody finishes the drill while a time is on its way into it."""
    drill = lock(drill)
    if drill.state != Drill.State.RUNNING:
        raise WrongState(f"This drill is {drill.get_state_display().lower()}. Times are recorded while it runs.")
    return drill


def _grade(time: dt.datetime | None, *, machine: bool) -> Grade:
    if machine:
        return Grade.MACHINE
    return Grade.LIVE if time is None else Grade.TYPED


def _check(drill: Drill, what: str, time: dt.datetime | None, source: str, *, at: dt.datetime, machine: bool) -> None:
    problem = ""
    if time is not None:
        problem = _outside(drill, what, time, at + CLOCK_SKEW if machine else at)
    if not problem:
        problem = out_of_order(_times(drill, what, time or at))
    if problem:
        raise Invalid(problem, {"time": problem})
    if len(source.strip()) > SOURCE_MAX:
        raise Invalid("The source is too long.", {"source": f"Write at most {SOURCE_MAX} characters."})


def _times(drill: Drill, what: str, time: dt.datetime) -> dict[Moment, dt.datetime]:
    """The times that count, with this one among them."""
    counted = {Moment(mark.what): mark.at for mark in Mark.objects.that_count().filter(drill=drill)}
    return counted | {Moment(what): time}


def _ask(drill: Drill, what: str, time: dt.datetime, *, confirmed: bool) -> list[str]:
    """What is odd about this time, in sentences. Raises NeedsConfirmation unless somebody has said that it is right."""
    found = odd_times(_times(drill, what, time), drill.window_start).get(Moment(what), [])
    if found and not confirmed:
        raise NeedsConfirmation(found)
    return found


def _outside(drill: Drill, what: str, time: dt.datetime, latest: dt.datetime) -> str:
    """Why this time lies outside the drill. The newest surviving data may be older: a backup is."""
    if time > latest:
        return "This time has not come yet. Write when it really happened."
    begun = drill.started_at or latest
    if what == What.NEWEST_DATA:
        return "" if time >= begun - OLDEST_DATA else "This is more than ten years before the drill. Check the year."
    return "" if time >= begun else "This is before the drill began. Check the day and the time zone."
