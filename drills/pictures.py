"""How a drill looks: its result in words, the rows of its verdict table, its clocks. Reads rows that are loaded already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from drills.models import Drill, DrillKind, Grade, Mark, What
from drills.moments import that_count
from drills.verdict import elapsed
from people.wording import clock, duration
from workloads.models import Proof

RTO_WORDS = {
    Proof.MET: "back in time",
    Proof.MISSED: "back too late",
    Proof.CLAIMED: "back in time, but only claimed",
    Proof.UNMEASURED: "recovery not measured",
}
RPO_WORDS = {
    Proof.MET: "no more data lost than promised",
    Proof.MISSED: "too much data lost",
    Proof.CLAIMED: "data loss only claimed",
    Proof.UNMEASURED: "data loss not measured",
}
BOTH_WORDS = {
    Proof.MET: "back in time, no more data lost than promised",
    Proof.MISSED: "back too late, too much data lost",
    Proof.CLAIMED: "within the promise, but only claimed",
    Proof.UNMEASURED: "held, nothing measured",
}
NEVER_BACK = "not back when the drill ended"
WITHOUT_MEASURING = {DrillKind.TABLETOP: "talked through", DrillKind.COMMUNICATION: "messages rehearsed"}


def headline(drill: Drill) -> str:
    """The page's answer: "Payment Hub: back in time, too much data lost"."""
    if not drill.is_judged:
        return f"{drill.workload.name}: {drill.get_kind_display()} drill"
    if not drill.measures:
        return f"{drill.workload.name}: {WITHOUT_MEASURING[DrillKind(drill.kind)]}"
    return f"{drill.workload.name}: {result_words(drill)}"


def result_words(drill: Drill) -> str:
    """ "back in time, too much data lost"; of a stopped drill only what was missed."""
    rto, rpo = Proof(drill.rto_verdict), Proof(drill.rpo_verdict)
    of_rto = NEVER_BACK if rto == Proof.MISSED and drill.recovery_seconds is None else RTO_WORDS[rto]
    if drill.state == Drill.State.STOPPED:
        return ", ".join([of_rto] * (rto == Proof.MISSED) + [RPO_WORDS[rpo]] * (rpo == Proof.MISSED))
    return BOTH_WORDS[rto] if rto == rpo and of_rto != NEVER_BACK else f"{of_rto}, {RPO_WORDS[rpo]}"


@dataclass(frozen=True)
class ResultRow:
    """One line of the verdict table. Without a `verdict` nothing was promised."""

    name: str
    promised: int | None
    seconds: int | None
    verdict: str
    grade: str
    taken_from: str


def result_rows(drill: Drill, marks: Iterable[Mark]) -> list[ResultRow]:
    counted = that_count(marks)
    return [
        ResultRow(
            "Recovery time (RTO)",
            drill.rto_seconds,
            drill.recovery_seconds,
            drill.rto_verdict,
            drill.rto_grade,
            _taken(
                drill, counted, What.SERVICE_HEALTHY, What.OUTAGE_BEGAN, "target" if drill.rto_seconds is None else ""
            ),
        ),
        ResultRow(
            "Data loss (RPO)",
            drill.rpo_seconds,
            drill.loss_seconds,
            drill.rpo_verdict,
            drill.rpo_grade,
            _taken(drill, counted, What.NEWEST_DATA, What.OUTAGE_BEGAN, "target" if drill.rpo_seconds is None else ""),
        ),
        ResultRow(
            "Time to declare",
            None,
            drill.declare_seconds,
            "",
            drill.declare_grade,
            _taken(drill, counted, What.DECLARED, What.OUTAGE_BEGAN, ""),
        ),
    ]


def _taken(drill: Drill, counted: dict[What, Mark], end: What, start: What, missing: str) -> str:
    """Where the result comes from, or why there is none."""
    if not drill.measures and drill.state == Drill.State.FINISHED and end != What.DECLARED:
        return f"a {drill.get_kind_display()} drill measures no recovery"
    if end == What.SERVICE_HEALTHY and drill.rto_verdict == Proof.MISSED and drill.recovery_seconds is None:
        return f"{end.label.lower()}: never recorded, and the promise was over when the drill ended"
    absent = [what.label.lower() for what in (start, end) if what not in counted]
    if absent:
        return f"no time for: {', '.join(absent)}"
    if missing and drill.measures:
        return "no signed target when the drill began"
    mark = counted[end]
    return f"{end.label.lower()}: {mark.source or f'recorded by {mark.recorded_by.name}'}"


@dataclass(frozen=True)
class Clock:
    """A clock of the live page. `width` and `tick` are per cent of the bar; without a promise there is no bar."""

    name: str
    promised: int | None
    seconds: int | None
    said: str
    note: str
    runs: bool
    width: str
    grade: str = ""
    is_late: bool = False

    @property
    def reading(self) -> str:
        return "–" if self.seconds is None else clock(self.seconds)


TICK = 80  # per cent: a running clock needs less room beyond its promise than a result


def clocks(drill: Drill, marks: Iterable[Mark], *, now: dt.datetime) -> list[Clock]:
    """Recovery, time to declare, data loss, as they stand."""
    at = that_count(marks)
    outage, healthy = at.get(What.OUTAGE_BEGAN), at.get(What.SERVICE_HEALTHY)
    declared, newest = at.get(What.DECLARED), at.get(What.NEWEST_DATA)
    return [
        _clock("Recovery", drill.rto_seconds, outage, healthy, now=now, waits="not begun"),
        _clock("Time to declare", None, outage, declared, now=now, waits="not begun"),
        _clock("Data loss", drill.rpo_seconds, newest, outage, now=now, waits="no time yet"),
    ]


def _clock(
    name: str, promised: int | None, start: Mark | None, end: Mark | None, *, now: dt.datetime, waits: str
) -> Clock:
    if start is None:
        return Clock(name, promised, None, name, waits, False, "0%")
    runs = end is None
    seconds = elapsed(start.at, max(end.at if end else now, start.at))
    left = "" if promised is None or not runs else _left(promised - seconds)
    grade = "" if end is None else max(start.grade, end.grade, key=lambda grade: list(Grade.values).index(grade))
    width = 0.0 if promised is None else 100.0 if not promised else min(100.0, seconds / promised * TICK)
    said = f"{name}, running" if runs else name
    is_late = promised is not None and seconds > promised
    return Clock(name, promised, seconds, said, left if runs else "stopped", runs, f"{width:.1f}%", grade, is_late)


def _left(seconds: int) -> str:
    return f"{clock(seconds)} left" if seconds >= 0 else f"{duration(-seconds)} over"


def missing_times(drill: Drill, marks: Iterable[Mark]) -> list[str]:
    """The moments without a time, by name."""
    counted = that_count(marks)
    wanted = (What.OUTAGE_BEGAN, What.SERVICE_HEALTHY, What.NEWEST_DATA) if drill.measures else ()
    return [what.label.lower() for what in wanted if what not in counted]


@dataclass(frozen=True)
class Step:
    """A moment on the live page: its time when it is recorded, else why a click would not do."""

    what: str
    label: str
    hint: str
    mark: Mark | None
    why_not_now: str = ""
    only_typed: bool = False


HINTS = {
    What.NEWEST_DATA: "The last data that is known to survive. A machine sends its time, or somebody looks it up and types it.",
    What.OUTAGE_BEGAN: "The service is down: the recovery clock starts.",
    What.DECLARED: "Somebody with the authority decided to recover.",
    What.SERVICE_HEALTHY: "The service answers and its data was checked: the clock stops.",
}


def steps(marks: Iterable[Mark]) -> list[Step]:
    """The four moments in their order, with what stands in the way of recording one by a click."""
    counted = that_count(marks)
    outage = What.OUTAGE_BEGAN in counted
    found = []
    for what in What:
        needs_outage = what in (What.DECLARED, What.SERVICE_HEALTHY) and not outage
        why = "Record the beginning of the outage first." if needs_outage else ""
        typed = what == What.NEWEST_DATA
        found.append(Step(what.value, what.label, HINTS[what], counted.get(what), why, only_typed=typed))
    return found
