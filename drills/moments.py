"""Which of the recorded times count, and what is odd about them. Reads rows that are loaded already."""

from __future__ import annotations

from collections.abc import Iterable

from drills import verdict
from drills.models import Drill, Mark, What


def that_count(marks: Iterable[Mark]) -> dict[What, Mark]:
    """The newest time per moment: the ones nobody corrected."""
    marks = list(marks)
    corrected = {mark.supersedes_id for mark in marks}
    return {What(mark.what): mark for mark in marks if mark.pk not in corrected}


def odd_marks(drill: Drill, marks: Iterable[Mark]) -> dict[int, list[str]]:
    """What is hard to believe about the times that count, in sentences, by the number of the mark."""
    counted = that_count(marks)
    found = verdict.odd({verdict.What(what): mark.at for what, mark in counted.items()}, drill.window_start)
    return {counted[What(what)].pk: said for what, said in found.items()}


def odd_sentences(drill: Drill, marks: Iterable[Mark]) -> list[str]:
    """The same, each sentence once."""
    return list(dict.fromkeys(said for of_mark in odd_marks(drill, marks).values() for said in of_mark))
