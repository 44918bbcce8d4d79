"""Which thing a row names: one that is there already, or one that the same file makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from workloads.models import Workload
from workloads.register.known import Known
from workloads.register.planning import Planned
from workloads.register.report import REFUSED
from workloads.register.sheet import shown


class Source(Protocol):
    """A planned row; its thing is there once it has been written."""

    @property
    def thing(self) -> Any: ...


@dataclass(eq=False)
class Meant:
    """Equal only to itself: each thing has one."""

    name: str
    old: Any = None
    source: Source | None = None
    team_id: int | None = None

    @property
    def thing(self) -> Any:
        """The row of the database; of a new thing only after it was written."""
        return self.old if self.source is None else self.source.thing

    def __str__(self) -> str:
        return self.name


@dataclass
class Places:
    """All workloads that a file's rows can name. A reference wins over a name that reads the same."""

    known: Known
    by_reference: dict[str, Meant] = field(default_factory=dict)
    by_key: dict[str, Meant] = field(default_factory=dict)
    by_pk: dict[int, Meant] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, known: Known, planned: list[Planned]) -> Places:
        places = cls(known)
        for workload in known.all():
            places._add(workload)
        for row in planned:
            wanted = row.wanted
            if row.report.outcome == REFUSED:
                places.refused |= {wanted.reference, known.key(wanted.name)}
                continue
            meant = places.by_pk[row.workload.pk] if row.workload is not None else Meant(wanted.name, source=row)
            if wanted.reference:
                places.by_reference[wanted.reference] = meant
            places.by_key[known.key(wanted.name)] = meant
        return places

    def _add(self, workload: Workload) -> None:
        meant = self.by_pk[workload.pk] = Meant(workload.name, workload, team_id=workload.owner_team_id)
        if workload.reference:
            self.by_reference[workload.reference] = meant
        self.by_key[self.known.key(workload.name)] = meant

    def find(self, name: str, reference: str | None) -> Meant | None:
        """`reference` is None where the file has no such column: then the one text may be either."""
        if reference:
            return self.by_reference.get(reference)
        key = self.known.key(name)
        if reference is None:
            return self.by_reference.get(name) or self.by_key.get(key)
        return self.by_key.get(key)

    def is_refused(self, name: str, reference: str | None) -> bool:
        """Whether this file has a row for it, which cannot come in."""
        return bool({reference or name, self.known.key(name)} - {""} & self.refused)

    def why_not(self, name: str, reference: str | None) -> str:
        if self.is_refused(name, reference):
            return f"The row of “{shown(reference or name)}” is refused. Correct that one first."
        said = f"with the reference “{shown(reference)}”" if reference else f"“{shown(name)}”"
        return f"There is no workload {said}, neither in the register nor in this file."
