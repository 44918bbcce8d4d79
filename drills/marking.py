"""Deeds on times: record one while the drill runs, correct one with a reason.

The grade follows from how the time came in: nobody chooses it.
"""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from audit.errors import Invalid, WrongState
from audit.kinds import Kind
from audit.services import record
from drills.models import Drill, Grade, Mark, What
from drills.services import lock, require_run
from drills.verdict import What as Moment
from drills.verdict import out_of_order
from people.models import User

CLOCK_SKEW = dt.timedelta(seconds=5)  # a measuring machine's clock may run ahead of ours by this much
OLDEST_DATA = dt.timedelta(days=3650)
SOURCE_MAX = 200


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
) -> Mark:
    """Record when something happened. Without a `time` it happens now, and the click is the proof of it.

    Raises Invalid for a time that cannot be, WrongState when it is recorded already or the drill does not run.
    """
    require_run(drill, by)
    drill = _lock_running(drill)
    if what not in What.values:
        raise Invalid("Choose what happened.", {"what": "Choose what happened."})
    _check(drill, what, time, source, at=at, machine=machine)
    new = Mark(
        drill=drill,
        what=what,
        at=time or at,
        grade=_grade(time, machine=machine),
        source=source.strip(),
        recorded_at=at,
        recorded_by=by,
    )
    return _save(new, by=by, at=at)


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
) -> Mark:
    """Replace a time by another one; both stay readable. A correction by hand is a typed time. Raises Invalid, WrongState."""
    require_run(mark.drill, by)
    drill = _lock_running(mark.drill)
    if not reason.strip():
        raise Invalid("Write why the time was wrong.", {"reason": "Write why the time was wrong."})
    _check(drill, mark.what, time, source, at=at, machine=machine)
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
    return _save(new, by=by, at=at)


def _save(new: Mark, *, by: User, at: dt.datetime) -> Mark:
    try:
        with transaction.atomic():
            new.save()
    except IntegrityError:
        name = new.get_what_display().lower()
        if new.supersedes_id is None:
            raise WrongState(f"The time for “{name}” is recorded already. Correct that one, with a reason.") from None
        raise WrongState(f"Somebody has corrected “{name}” before you. Reload the page to see the new time.") from None
    before = {"at": new.supersedes.at, "grade": new.supersedes.grade} if new.supersedes else {}
    after = {"what": new.what, "at": new.at, "grade": new.grade, "source": new.source, "reason": new.reason}
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
        others = {Moment(m.what): m.at for m in Mark.objects.that_count().filter(drill=drill) if m.what != what}
        problem = out_of_order({**others, Moment(what): time or at})
    if problem:
        raise Invalid(problem, {"time": problem})
    if len(source.strip()) > SOURCE_MAX:
        raise Invalid("The source is too long.", {"source": f"Write at most {SOURCE_MAX} characters."})


def _outside(drill: Drill, what: str, time: dt.datetime, latest: dt.datetime) -> str:
    """Why this time lies outside the drill. The newest surviving data may be older: a backup is."""
    if time > latest:
        return "This time has not come yet. Write when it really happened."
    begun = drill.started_at or latest
    if what == What.NEWEST_DATA:
        return "" if time >= begun - OLDEST_DATA else "This is more than ten years before the drill. Check the year."
    return "" if time >= begun else "This is before the drill began. Check the day and the time zone."
