"""Deeds on dependencies and third parties."""

from __future__ import annotations

import datetime as dt

from people.models import User
from workloads.models import Dependency


def _after_change(*, before: Dependency | None, after: Dependency | None, by: User, at: dt.datetime) -> None:
    """What follows when a dependency was added (no before), changed, or removed (no after); in the same transaction."""
