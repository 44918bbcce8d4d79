"""What stands against a promise: the shape that every check of this room answers in. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """A blocking finding keeps a target from being sent for signature unless it is waived."""

    BLOCKING = "blocking"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """`key` stays the same when the same thing is found again (at most 80 characters, for example "inversion:17");
    `title` says it all, `detail` what to do, `address` where to do it ("" where there is no such page); `figures` how bad
    it is, by name: each is worse the larger it is (`workloads.gates.worse`). What is not `waivable` can only be mended."""

    key: str
    severity: Severity
    title: str
    detail: str
    address: str = ""
    figures: tuple[tuple[str, int], ...] = ()
    waivable: bool = True

    @property
    def is_blocking(self) -> bool:
        return self.severity is Severity.BLOCKING
