"""What a page or the API asks of the findings of the whole register, and what it gets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from people.models import User
from workloads.chain.across import DIFFERS, KINDS, Spot, counted, in_order, spots, teams_of, written
from workloads.chain.graph import Graph
from workloads.chain.queries import whole
from workloads.finding import Finding, Severity
from workloads.impact.register import differing_in_force


@dataclass(frozen=True)
class Told:
    """A finding with the workload that it stands against."""

    kind: str
    number: int
    workload: str
    tier: int | None
    team: int | None
    finding: Finding


@dataclass
class Asked:
    """Kind, severity and team as the address asks; what it does not know it ignores."""

    params: Mapping[str, str]
    user: User
    today: dt.date

    @cached_property
    def graph(self) -> Graph:
        return whole(self.user)

    @cached_property
    def kind(self) -> str:
        asked = self.params.get("kind", "")
        return asked if asked in KINDS else ""

    @cached_property
    def severity(self) -> str:
        asked = self.params.get("severity", "")
        return asked if asked in set(Severity) else ""

    @cached_property
    def team(self) -> int | None:
        asked = self.params.get("team", "")
        return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else None

    @property
    def misunderstood(self) -> list[str]:
        """What was asked and makes no sense: a page passes over it, a program is told."""
        understood = {"kind": self.kind, "severity": self.severity, "team": "" if self.team is None else str(self.team)}
        return [name for name, value in understood.items() if self.params.get(name) and not value]

    @cached_property
    def within(self) -> list[Spot]:
        """Of this severity and team, all kinds."""
        return [
            spot
            for spot in self._all()
            if self.severity in ("", spot.severity) and (self.team is None or self.team in teams_of(self.graph, spot))
        ]

    def _all(self) -> list[Spot]:
        differing = [Spot(DIFFERS, key, (key,)) for key in self.differing if self.graph.may_name(key)]
        return [*spots(self.graph, self.today), *differing]

    @cached_property
    def differing(self) -> dict[int, Finding]:
        """By workload: its target in force is other than its impact analysis suggests by now, and nobody has said why."""
        return differing_in_force(self.user) if self.severity in ("", Severity.WARNING) else {}

    @cached_property
    def counts(self) -> dict[str, int]:
        return counted(self.within)

    @cached_property
    def found(self) -> list[Spot]:
        return in_order(self.graph, (spot for spot in self.within if self.kind in ("", spot.kind)))

    def told(self, part: list[Spot]) -> Iterator[Told]:
        for spot in part:
            face = self.graph.faces[spot.key]
            tier = self.graph.nodes[spot.key].tier
            finding = self.differing[spot.key] if spot.kind == DIFFERS else written(self.graph, spot, self.today)
            yield Told(spot.kind, spot.key, face.name, tier, face.team, finding)
