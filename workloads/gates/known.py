"""Findings beside the waivers that hold for them, and how both are kept with a target that was sent. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from people.wording import sentence
from workloads.finding import Finding, Severity
from workloads.gates.worse import worse

Kept = Mapping[str, Any]  # one finding as JSON: what was known when the target was sent


@dataclass(frozen=True)
class Waived:
    """As much of a waiver as is kept with a finding. `title` is what was waived, which may have grown since."""

    pk: int
    title: str
    conditions: str
    ends_on: dt.date
    figures: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Known:
    """A finding, and the waiver that holds for it; `outgrown` where the finding is worse now than what was waived."""

    finding: Finding
    waiver: Waived | None = None
    outgrown: str = ""

    @property
    def blocks(self) -> bool:
        return self.finding.is_blocking and (self.waiver is None or bool(self.outgrown))

    @property
    def advice(self) -> str:
        """What to do about it."""
        if self.outgrown:
            return (
                f"Worse than what was waived ({self.outgrown}): ask for a new waiver, or mend it. {self.finding.detail}"
            )
        return self.finding.detail


def beside(findings: Iterable[Finding], waivers: Mapping[str, Waived]) -> list[Known]:
    """Each finding with its waiver; what stands in the way comes first, then what is waived, then warnings."""
    known = [_beside(finding, waivers.get(finding.key)) for finding in findings]
    return sorted(known, key=lambda one: (not one.blocks, not one.finding.is_blocking))


def _beside(finding: Finding, waiver: Waived | None) -> Known:
    if waiver is None or not finding.is_blocking or not finding.waivable:
        return Known(finding)
    return Known(finding, waiver, worse(dict(waiver.figures), finding.figures))


def kept(known: Iterable[Known]) -> list[dict[str, Any]]:
    """As it is stored with the target."""
    return [_kept(one.finding, one.waiver) | ({"outgrown": one.outgrown} if one.outgrown else {}) for one in known]


def _kept(finding: Finding, waiver: Waived | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "key": finding.key,
        "severity": finding.severity.value,
        "title": finding.title,
        "detail": finding.detail,
    }
    if not finding.waivable:
        said["waivable"] = False
    if waiver is not None:
        said["waiver"] = {
            "id": waiver.pk,
            "title": waiver.title,
            "conditions": waiver.conditions,
            "until": waiver.ends_on.isoformat(),
        }
    return said


def read(stored: Iterable[Kept]) -> list[Known]:
    """What `kept` stored."""
    return [
        Known(Finding(one["key"], Severity(one["severity"]), one["title"], one["detail"]), _waived(one.get("waiver")))
        for one in stored
    ]


def _waived(said: Kept | None) -> Waived | None:
    if said is None:
        return None
    return Waived(said["id"], said["title"], said["conditions"], dt.date.fromisoformat(said["until"]))


def texts(stored: Sequence[Kept]) -> list[tuple[str, str, str]]:
    """The sections of the frozen document; empty texts are left out of it, so nothing known adds nothing."""
    known = read(stored)
    return [
        ("known", "Known when this was sent", "\n".join(_line(one) for one in known if one.waiver is None)),
        ("waived", "Waived", "\n".join(_waiver_line(one.finding, one.waiver) for one in known if one.waiver)),
    ]


def _line(one: Known) -> str:
    return f"- {sentence(one.finding.title)} {one.finding.detail}".rstrip()


def _waiver_line(finding: Finding, waiver: Waived) -> str:
    grown = f" Waived as: {sentence(waiver.title)}" if waiver.title != finding.title else ""
    return (
        f"- Until {waiver.ends_on:%-d %B %Y}: {sentence(finding.title)}{grown} "
        f"Conditions: {' '.join(waiver.conditions.split())}"
    )


@dataclass(frozen=True)
class Since:
    """What is different now from what was known when a target was sent."""

    new: list[Known] = field(default_factory=list)
    ended: list[Known] = field(default_factory=list)
    mended: list[Known] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.ended or self.mended)


def since(then: Sequence[Known], now: Sequence[Known]) -> Since:
    """New findings, warnings that block now among them; waivers that no longer hold for what is still found; and what is not
    found any more."""
    before, after = {one.finding.key: one for one in then}, {one.finding.key: one for one in now}
    return Since(
        new=[one for key, one in after.items() if key not in before or _grew(before[key], one)],
        ended=[one for key, one in before.items() if one.waiver and key in after and after[key].blocks],
        mended=[one for key, one in before.items() if key not in after],
    )


def _grew(then: Known, now: Known) -> bool:
    """A warning then that blocks now."""
    return now.blocks and not then.finding.is_blocking
