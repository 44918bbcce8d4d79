"""How the loops of an import say how far they are. Pure."""

from __future__ import annotations

from collections.abc import Callable

# What is being done (reading, checking, writing, finishing), how many rows are done, of how many; 0 of 0: nobody knows.
Progress = Callable[[str, int, int], None]


def untold(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


class Steps:
    """The rows of one stage, counted as they are done."""

    def __init__(self, progress: Progress, stage: str, total: int) -> None:
        self.progress, self.stage, self.total, self.done = progress, stage, total, 0
        progress(stage, 0, total)

    def __call__(self, rows: int = 1) -> None:
        self.done += rows
        self.progress(self.stage, self.done, self.total)
