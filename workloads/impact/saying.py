"""The impact analysis of a workload in a sentence, for pages that are about something else."""

from __future__ import annotations

from dataclasses import dataclass

from workloads.impact.chart import severity
from workloads.impact.queries import picture
from workloads.impact.suggestion import Suggestion
from workloads.models import Workload


@dataclass(frozen=True)
class InWords:
    words: str
    suggested: Suggestion | None


def in_words(workload: Workload) -> InWords:
    found = picture(workload)
    suggested = found.suggestion
    said = severity(suggested, names=found.names, points=found.asked.points) if suggested is not None else ""
    return InWords(said, suggested)
