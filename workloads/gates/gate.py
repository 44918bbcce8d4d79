"""The gate before a signature."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from audit.errors import DeedError
from people.models import User, organisation_today
from workloads.gates.known import Known, kept
from workloads.gates.queries import against
from workloads.models import Classification

SAID = 10  # findings in one message; the page and the API list all


class Blocked(DeedError):
    """Something that nobody has waived stands against the target."""

    status = 409
    code = "blocked"

    def __init__(self, known: Sequence[Known]) -> None:
        self.findings = [one.finding for one in known]
        first = enumerate(known[:SAID], start=1)
        said = " ".join(f"{number}. {one.finding.title}. {one.advice}" for number, one in first)
        if (more := len(known) - SAID) > 0:
            said += f" And {more} more."
        counted = "One thing stands" if len(self.findings) == 1 else f"{len(self.findings)} things stand"
        or_waive = ", or ask for a waiver of it" if any(one.finding.waivable for one in known) else ""
        super().__init__(f"{counted} against this target. Mend it{or_waive}, then send again. {said}")
        self.extra = {"findings": kept(known)}


def known_when_sent(target: Classification, *, by: User, at: dt.datetime) -> list[dict[str, Any]]:
    """What the signers are told with the document, in names that the sender may see. Raises Blocked.

    A workload that this one needs may be classified anew, or a waiver withdrawn, between this look and the UPDATE that
    sends: its row is not locked, or two teams that send at once would wait for each other. The signing page looks again and
    shows what has changed since.
    """
    known = against(target, today=organisation_today(at), viewer=by)
    blocking = [one for one in known if one.blocks]
    if blocking:
        raise Blocked(blocking)
    return kept(known)
