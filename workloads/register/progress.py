"""How the loops of an import say how far they are. Pure."""

from __future__ import annotations

from collections.abc import Callable

# What is being done (reading, checking, writing, trail, finishing), how many rows are done, of how many; 0 of 0: nobody knows.
Progress = Callable[[str, int, int], None]


def untold(stage: str, done: int, total: int) -> None:
    """Nobody watches."""
