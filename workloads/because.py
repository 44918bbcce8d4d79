"""Why a review is due before its interval is over: kept as facts, put in words for each reader. Pure.

A fact names workloads by number, so that nobody reads the name of one that she may not see; third parties are no secret.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workloads.naming import HIDDEN, called

NEEDS, SAID = "needs", "said"
SAID_MAX = 300  # characters of one reason in words

Kept = Mapping[str, Any]  # as the column holds it


@dataclass(frozen=True)
class NowNeeds:
    """New hard dependencies: numbers of workloads, names of third parties."""

    workloads: tuple[int, ...] = ()
    third_parties: tuple[str, ...] = ()

    @property
    def kept(self) -> Kept:
        return {"kind": NEEDS, "workloads": sorted(self.workloads), "third_parties": sorted(self.third_parties)}


Why = str | NowNeeds


def kept(why: Why) -> Kept:
    """As the column holds it. A sentence names no workload: who writes one sees to that."""
    if isinstance(why, NowNeeds):
        return why.kept
    said = " ".join(why.split())
    return {"kind": SAID, "text": said if len(said) <= SAID_MAX else f"{said[: SAID_MAX - 1]}…"}


def numbers(reasons: Iterable[Kept]) -> Iterator[int]:
    """Of the workloads that they name."""
    for reason in reasons:
        yield from reason.get("workloads", ())


def in_words(reasons: Sequence[Kept], names: Mapping[int, str], seen: Collection[int] | None) -> str:
    """`names` by number of workload, `seen` as in `workloads.naming.called`; one that is gone is as one not seen."""
    return " ".join(_sentence(reason, names, seen) for reason in reasons)


def unnamed(reasons: Sequence[Kept]) -> str:
    """For whoever reads: without the name of any workload."""
    return in_words(reasons, {}, ())


def _sentence(reason: Kept, names: Mapping[int, str], seen: Collection[int] | None) -> str:
    if reason["kind"] == SAID:
        return str(reason["text"])
    all_of_them = [called(names.get(number, HIDDEN), number, seen) for number in reason["workloads"]]
    all_of_them += reason["third_parties"]
    named, hidden = sorted({n for n in all_of_them if n != HIDDEN}), all_of_them.count(HIDDEN)
    if hidden:
        named.append(HIDDEN if hidden == 1 else f"{hidden} workloads of other teams")
    *others, last = named or [HIDDEN]
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"It now depends on {listed}, and nothing works without {'them' if others or hidden > 1 else 'it'}."
