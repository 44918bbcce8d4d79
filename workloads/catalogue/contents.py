"""What a file holds, whatever it was: for each kind of thing its rows, each as texts by column. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from workloads.register.sheet import BadCell

Value = str | BadCell | list[str]


@dataclass
class Line:
    """One row: its number as a person counts it, and its cells by the key of their column."""

    number: int
    said: dict[str, Value]
    more: bool = False  # there are cells beside the last column
    alike: dict[str, str] = field(default_factory=dict)  # headers of unused cells that look like a figure of the target
    optional: bool = False  # left out where what it is about is not known
    names: tuple[str, ...] = ()  # other names for it, where the first is somebody else's


@dataclass
class Contents:
    lines: dict[str, list[Line]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: str, line: Line) -> None:
        self.lines.setdefault(kind, []).append(line)

    @property
    def count(self) -> int:
        return sum(map(len, self.lines.values()))
