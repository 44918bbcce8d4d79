"""The report that is frozen when a drill is finished: everything an auditor asks for, in one document with one digest.

Same canonical form as a signed document (`signoffs.documents`): sorted keys, no spaces, UTF-8; only texts, whole numbers, lists
and null, so that the digest can be computed again by any program.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from drills.models import Action, Drill, Mark
from drills.moments import odd_sentences
from drills.verdict import Verdict, Verdicts

FORMAT = 2  # 1 had neither `odd` nor `not_recovered_after_seconds`


def build_report(
    drill: Drill,
    *,
    verdicts: Verdicts,
    marks: Collection[Mark],
    retested: dict[str, list[Action]],
    finished_at: dt.datetime | None,
    finished_by: str,
) -> dict[str, Any]:
    """The report of a drill that is just being finished. `retested` lists the actions by what became of them."""
    return {
        "format": FORMAT,
        "drill": drill.pk,
        "workload": {
            "number": drill.workload_id,
            "name": drill.workload.name,
            "reference": drill.workload.reference,
            "owner_team": drill.workload.owner_team.name,
        },
        "kind": drill.kind,
        "scenario": drill.scenario,
        "success_criteria": drill.success_criteria,
        "window": [utc(drill.window_start), utc(drill.window_end)],
        "coordinator": drill.coordinator.name,
        "participants": sorted(person.name for person in drill.participants.all()),
        "scheduled": {"at": utc(drill.scheduled_at), "by": drill.scheduled_by.name},
        "started": {"at": utc(drill.started_at), "by": drill.started_by.name if drill.started_by else None},
        "finished": {"at": utc(finished_at), "by": finished_by},
        "target": _target(drill),
        "verdicts": {
            "rto": _verdict(verdicts.rto),
            "rpo": _verdict(verdicts.rpo),
            "declare": _verdict(verdicts.declare),
        },
        # From the outage to the end of a drill in which nobody recorded that the service was healthy.
        "not_recovered_after_seconds": verdicts.down_for if drill.measures else None,
        "times": [_mark(mark) for mark in marks],
        "odd": odd_sentences(drill, marks),
        "gaps": [
            {"title": action.title, "severity": action.severity, "owner": action.owner.name, "due": str(action.due_on)}
            for action in drill.actions.select_related("owner")
        ],
        "retested": {
            became: [{"number": action.pk, "title": action.title} for action in actions]
            for became, actions in retested.items()
        },
    }


def utc(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).isoformat() if at else None


def _target(drill: Drill) -> dict[str, Any] | None:
    if drill.classification is None:
        return None
    return {
        "classification": drill.classification_id,
        "tier": drill.tier_level,
        "rto_seconds": drill.rto_seconds,
        "rpo_seconds": drill.rpo_seconds,
        "signed_at": utc(drill.classification.signed_off_at),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"result": verdict.result.value, "seconds": verdict.seconds, "weakest_source": verdict.grade}


def _mark(mark: Mark) -> dict[str, Any]:
    """Corrected times are listed too: `corrects` names the one that no longer counts."""
    return {
        "number": mark.pk,
        "what": mark.what,
        "at": utc(mark.at),
        "grade": mark.grade,
        "taken_from": mark.source,
        "recorded": {"at": utc(mark.recorded_at), "by": mark.recorded_by.name},
        "corrects": mark.supersedes_id,
        "reason": mark.reason,
    }
