"""Verdicts from times. Pure: no ORM, no clock; nobody can type a verdict.

A time comes from a machine, from a click at the moment it happened, or was typed later. A typed time may admit a miss; it
never proves a success: within the target it makes the result *claimed*.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
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
    """Recovery against RTO, data loss against RPO, and how long it took to declare (nothing is promised for that)."""

    rto: Verdict
    rpo: Verdict
    declare: Verdict


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


def judge_drill(
    moments: Mapping[What, Clocked], *, rto_seconds: int | None, rpo_seconds: int | None, measures: bool
) -> Verdicts:
    """All verdicts of a drill. A drill that measures no recovery (a tabletop, a message test) proves no target."""
    outage = moments.get(What.OUTAGE_BEGAN)
    return Verdicts(
        rto=judge(rto_seconds if measures else None, outage, moments.get(What.SERVICE_HEALTHY)),
        rpo=judge(rpo_seconds if measures else None, moments.get(What.NEWEST_DATA), outage),
        declare=judge(None, outage, moments.get(What.DECLARED)),
    )


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
