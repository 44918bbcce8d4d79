"""Going on without something that does not answer: who was kept waiting once does not ask again for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

PAUSE = 5.0  # seconds


class Breaker:
    """Shared by all threads of a process. The first question after a pause finds out for all whether it answers again."""

    def __init__(self, *, pause: float = PAUSE, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause, self._clock, self._until = pause, clock, 0.0

    @property
    def is_open(self) -> bool:
        """Whether to go on without asking. Asking after the pause closes nothing: others go on without until it answered."""
        now = self._clock()
        if self._until == 0.0:
            return False
        if now < self._until:
            return True
        self._until = now + self._pause  # this one asks; the others need not wait for the same answer
        return False

    def failed(self) -> None:
        self._until = self._clock() + self._pause

    def answered(self) -> None:
        self._until = 0.0


broker = Breaker()  # the one this process has: cache, counters and wake-up calls
