"""Fields of the API that read what people and programs write."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from people.models import User
from people.wall_clock import read_wall


class UtcField(serializers.DateTimeField):
    """Times go out in UTC whatever zone the reader lives in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=dt.UTC, **kwargs)


class WallTimeField(UtcField):
    """A time with an offset is exact. One without is read as on the pages: by the clocks of the caller's time zone, the first
    time where they show it twice, the end of the gap where they skip it."""

    def enforce_timezone(self, value: dt.datetime) -> dt.datetime:
        if not timezone.is_naive(value):
            return super().enforce_timezone(value)
        try:
            return read_wall(value, self._zone()).first
        except OverflowError:
            self.fail("overflow")

    def _zone(self) -> dt.tzinfo:
        user = getattr(self.context.get("request"), "user", None)
        return user.zone if isinstance(user, User) else timezone.get_current_timezone()
