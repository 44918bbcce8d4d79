"""How often a person, or a stranger's address, may ask the API."""

from __future__ import annotations

from typing import Any, cast

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

from drportal.cache import ForgivingRedisCache


class Sliding(SimpleRateThrottle):
    """Counts windows of fixed length; of the window before, the part counts that still lies in the last `duration`.

    REST framework's own keeps the time of each request: it reads and writes thousands of them at every request.
    """

    num_requests: int
    duration: int
    into: float
    present: int
    before: int

    def allow_request(self, request: Request, view: Any) -> bool:
        key = self.get_cache_key(request, view)
        if key is None:
            return True
        window, self.into = divmod(self.timer(), self.duration)
        here, beside = f"{key}:{window:.0f}", f"{key}:{window - 1:.0f}"
        counter = cast(ForgivingRedisCache, cache)
        self.present, self.before = counter.count(here, beside=beside, keep=2 * self.duration)
        if self.present + self.before * (1 - self.into / self.duration) <= self.num_requests:
            return True
        self.present = counter.incr(here, -1)  # who is refused is not counted, so that waiting helps
        return False

    def wait(self) -> float:
        """Seconds until one more fits; where it is more than a whole window, one asks again then."""
        free = self.num_requests - 1 - self.present
        if free >= 0:
            return self.duration * (1 - free / max(self.before, 1)) - self.into
        return min(self.duration, self.duration * (2 - (self.num_requests - 1) / self.present) - self.into)


class PersonLimit(Sliding, UserRateThrottle):
    """Of a person; of an address, too, so that strangers together never get more than one person."""


class StrangerLimit(Sliding, AnonRateThrottle):
    """Of an address from which nobody signed in."""
