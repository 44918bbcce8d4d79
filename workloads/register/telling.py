"""How far a file has come, told while its transaction runs: therefore in the cache. If that is gone, only the state shows."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from django.core.cache import cache

TOLD_FOR = 600  # seconds
EVERY = 0.4  # seconds between two words about the same stage
SLOW = 0.2  # seconds that a word may take; a cache that needs longer is not told again
STAGES = {
    "check": ("reading", "checking", "finishing"),
    "import": ("reading", "checking", "writing", "finishing"),
}


class Teller:
    """Called from the loops of an import with what is being done, how many rows are done, and of how many."""

    def __init__(self, pk: uuid.UUID) -> None:
        self.key = _key(pk)
        self.stage = ""
        self.next = 0.0
        self.silent = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if self.silent or (stage == self.stage and now < self.next):
            return
        cache.set(self.key, [stage, done, total], TOLD_FOR)
        self.stage, self.next = stage, now + EVERY
        self.silent = time.monotonic() - now > SLOW


@dataclass(frozen=True)
class Told:
    """Where the work is: the stage and its number, and the rows of this stage."""

    stage: str
    step: int
    steps: int
    done: int
    total: int

    @property
    def percent(self) -> int:
        """Of the whole work; each stage counts the same."""
        here = self.done / self.total if self.total else 0
        return round(100 * (self.step - 1 + min(here, 1)) / self.steps)


def told(pk: uuid.UUID, work: str) -> Told | None:
    """What was told last of this work (check, import). None: nothing, or the cache is gone."""
    said = cache.get(_key(pk))
    stages = STAGES[work]
    if not said or said[0] not in stages:
        return None
    stage, done, total = said
    return Told(stage, stages.index(stage) + 1, len(stages), done, total)


def forget(pk: uuid.UUID) -> None:
    """The next work begins anew."""
    cache.delete(_key(pk))


def _key(pk: uuid.UUID) -> str:
    return f"import:{pk}"
