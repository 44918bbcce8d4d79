"""Verdicts from times. Pure: no ORM, no clock; nobody can type a verdict.

A time comes from a machine, from a click at the moment it happened, or was typed later. A typed time may admit a miss; it
never proves a success: within the target it makes the result *claimed*. A service that was not healthy when the drill ended,
after its recovery time had passed, is a miss. A drill that was stopped admits a miss and proves no success.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Result(StrEnum):
    """The same words as `workloads.models.Proof`."""

    MET = "met"
    MISSED = "missed"
    CLAIMED = "claimed"
    UNMEASURED = "unmeasured"


class Grade(StrEnum):
    """Where a time comes from, strongest first."""

    MACHINE = "machine"
    LIVE = "live"
    TYPED = "typed"

    @property
    def weakness(self) -> int:
        return list(Grade).index(self)


class What(StrEnum):
    """The moments that are recorded."""

    NEWEST_DATA = "newest_data"
    OUTAGE_BEGAN = "outage_began"
    DECLARED = "declared"
    SERVICE_HEALTHY = "service_healthy"


@dataclass(frozen=True)
class Clocked:
    at: dt.datetime
    grade: Grade


@dataclass(frozen=True)
class Verdict:
    """`seconds` and `grade` are None unless both moments are known."""

    result: Result
    seconds: int | None
    grade: Grade | None


@dataclass(frozen=True)
class Verdicts:
    """Recovery against RTO, data loss against RPO, and how long it took to declare (nothing is promised for that).

    `down_for` is set where the outage was recorded and no recovery: seconds from the outage to the end of the drill.
    """

    rto: Verdict
    rpo: Verdict
    declare: Verdict
    down_for: int | None = None

    @property
    def missed(self) -> bool:
        return Result.MISSED in (self.rto.result, self.rpo.result)


def judge(target_seconds: int | None, start: Clocked | None, end: Clocked | None) -> Verdict:
    """Compare what passed between two moments with the target. Raises ValueError when the end is before the start."""
    if start is None or end is None:
        return Verdict(Result.UNMEASURED, None, None)
    seconds, grade = elapsed(start.at, end.at), weakest(start.grade, end.grade)
    if target_seconds is None:
        return Verdict(Result.UNMEASURED, seconds, grade)
    if seconds > target_seconds:
        return Verdict(Result.MISSED, seconds, grade)
    return Verdict(Result.CLAIMED if grade is Grade.TYPED else Result.MET, seconds, grade)


def judge_recovery(
    target_seconds: int | None, outage: Clocked | None, healthy: Clocked | None, ended_at: dt.datetime
) -> Verdict:
    """As `judge`; without a recovery it is missed once the drill lasted longer than the target after the outage.

    How long the recovery takes is not known then, so there are no seconds.
    """
    if outage is None or healthy is not None or target_seconds is None:
        return judge(target_seconds, outage, healthy)
    is_late = elapsed(outage.at, max(ended_at, outage.at)) > target_seconds
    return Verdict(Result.MISSED, None, outage.grade) if is_late else Verdict(Result.UNMEASURED, None, None)


def judge_drill(
    moments: Mapping[What, Clocked],
    *,
    rto_seconds: int | None,
    rpo_seconds: int | None,
    measures: bool,
    ended_at: dt.datetime,
    stopped: bool = False,
) -> Verdicts:
    """All verdicts of a drill that ends at `ended_at`. One that measures no recovery (a tabletop, a message test) proves no
    target; of one that is `stopped` only a miss counts."""
    outage, healthy = moments.get(What.OUTAGE_BEGAN), moments.get(What.SERVICE_HEALTHY)
    rto = judge_recovery(rto_seconds if measures else None, outage, healthy, ended_at)
    rpo = judge(rpo_seconds if measures else None, moments.get(What.NEWEST_DATA), outage)
    down = elapsed(outage.at, max(ended_at, outage.at)) if outage is not None and healthy is None else None
    return Verdicts(
        rto=only_a_miss(rto) if stopped else rto,
        rpo=only_a_miss(rpo) if stopped else rpo,
        declare=judge(None, outage, moments.get(What.DECLARED)),
        down_for=down,
    )


def only_a_miss(verdict: Verdict) -> Verdict:
    """The verdict where it is a miss, else none: what passed stays known, and proves nothing."""
    return verdict if verdict.result is Result.MISSED else replace(verdict, result=Result.UNMEASURED)


def elapsed(start: dt.datetime, end: dt.datetime) -> int:
    """Whole seconds, a begun one counts: what is shown and what is judged are the same number."""
    if end < start:
        raise ValueError("the end is before the start")
    return -((start - end) // dt.timedelta(seconds=1))


def weakest(*grades: Grade) -> Grade:
    return max(grades, key=lambda grade: grade.weakness)


WORDS = {
    What.NEWEST_DATA: "the newest surviving data",
    What.OUTAGE_BEGAN: "the outage",
    What.DECLARED: "the declaration",
    What.SERVICE_HEALTHY: "the recovered service",
}


def out_of_order(times: Mapping[What, dt.datetime]) -> str:
    """Why these times cannot all be true, in words; empty when they can."""
    outage = times.get(What.OUTAGE_BEGAN)
    if outage is None:
        return ""
    for what in (What.DECLARED, What.SERVICE_HEALTHY):
        if what in times and times[what] < outage:
            return f"Then {WORDS[what]} would come before the outage began. Check both times."
    if What.NEWEST_DATA in times and times[What.NEWEST_DATA] > outage:
        return "Then the newest surviving data would be younger than the outage. Check both times."
    return ""


AT_ONCE = dt.timedelta(seconds=1)


def odd(times: Mapping[What, dt.datetime], window_start: dt.datetime) -> dict[What, list[str]]:
    """What is hard to believe about these times, in a sentence each, by the moment it is said of; possible all the same.

    Surviving data is older than the window by its nature.
    """
    found: dict[What, list[str]] = {}
    for what, at in times.items():
        if what is not What.NEWEST_DATA and at < window_start:
            found.setdefault(what, []).append(f"The time of {WORDS[what]} lies before the window of the drill.")
    for whats, said in (
        (tuple(What), f"All {len(What)} moments lie within one second."),
        ((What.OUTAGE_BEGAN, What.SERVICE_HEALTHY), "The service recovered within one second of the outage."),
    ):
        at_once = [times[what] for what in whats if what in times]
        if len(at_once) == len(whats) and max(at_once) - min(at_once) <= AT_ONCE:
            for what in whats:
                found.setdefault(what, []).append(said)
            break
    return found
