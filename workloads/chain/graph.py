"""A piece of the chain as it was read: the answers of the kernel, and what each hop is called. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from workloads.chain.kernel import Chain, Key, Node
from workloads.naming import called, may_name

LONGEST = 8  # hops of a path that are all said


class Face(NamedTuple):
    """What is said of a hop, beside its times. A workload has a team and perhaps a target, a third party the rest."""

    name: str
    team: int | None = None
    target_rto: int | None = None
    target_rpo: int | None = None
    has_failover: bool | None = None
    until: dt.date | None = None


@dataclass
class Graph:
    """Hops with their hard dependencies. `seen`: the workloads whose names may be said; None: all of them."""

    nodes: dict[Key, Node]
    edges: list[tuple[Key, Key, bool]]
    faces: dict[Key, Face]
    seen: frozenset[Key] | None = None

    @cached_property
    def chain(self) -> Chain:
        return Chain(self.nodes.values(), self.edges)

    def may_name(self, key: Key) -> bool:
        return may_name(key, self.seen)

    def name(self, key: Key) -> str:
        return called(self.faces[key].name, key, self.seen)

    def say(self, path: Sequence[Key]) -> str:
        """The hops of a path; of a long one its beginning and its end."""
        names = [self.name(key) for key in path]
        if len(names) > LONGEST:
            names[3:-2] = [f"{len(names) - 5} more"]
        return " → ".join(names)
