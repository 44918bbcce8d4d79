"""Workloads to change many of at once."""

from __future__ import annotations

from typing import Any

from tests.cast import NOW, Cast
from workloads.models import Workload
from workloads.services import add_workload


def add_loads(cast: Cast, count: int, **values: Any) -> list[Workload]:
    """“Load 0” and so on, of the cast's team."""
    return [
        add_workload(by=cast.head, at=NOW, name=f"Load {n}", purpose="-", owner_team=cast.team, **values)
        for n in range(count)
    ]
