"""Write a plan in a few statements, however many rows it has, with the same trail lines as the single deeds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from audit.copying import copy_in
from audit.kinds import Kind
from audit.services import difference, record_many
from people.models import Team, User
from signoffs import services as signoffs
from workloads.impact.queries import pictures
from workloads.impact.targets import SUGGESTED, note_suggestion, suggestion_noted
from workloads.models import Classification, ImpactAnalysis, Workload
from workloads.register.known import Known, numbers
from workloads.register.planning import Plan, Planned
from workloads.register.targets import Target
from workloads.services import WORKLOAD_FIELDS

BATCH = 1000
_SAID = ("tier", "slo", "rto_seconds", "rpo_seconds", "reason", "looser_reason")
TARGET_FIELDS = (*_SAID, "proposed_by", "differs_reason", *(name.removesuffix("_id") for name in SUGGESTED))


def write(plan: Plan, known: Known, *, by: User, at: dt.datetime, step: Callable[[int], None]) -> set[int]:
    """Inside the transaction of the import; what is changed has been locked by `look_up`. Returns the workloads that changed.

    Calls `step` with how many rows came further.
    """
    _add_teams(plan, known, by, at)
    changed = [row for row in plan.rows if row.workload is not None and row.fields]
    _change_workloads(changed, known, by, at)
    step(len(changed))
    _add_workloads([row for row in plan.rows if row.workload is None], known, by, at, step)
    return {row.workload.pk for row in changed if row.workload is not None}


def propose(plan: Plan, *, by: User, at: dt.datetime) -> None:
    """Write the targets that the rows want, once the workloads stand and what describes them."""
    rows = [row for row in plan.rows if row.target is not None]
    _add_proposals([row for row in rows if row.proposal is None], by, at)
    _change_proposals([row for row in rows if row.proposal is not None], by, at)


def void_what_changed(known: Known, workload_ids: set[int], *, by: User, at: dt.datetime) -> None:
    """An open request that shows what is no longer so becomes void."""
    for request in known.requests:
        if request.workload_id in workload_ids:
            signoffs.void_if_changed(request=request, by=by, at=at)


def _add_teams(plan: Plan, known: Known, by: User, at: dt.datetime) -> None:
    teams = Team.objects.bulk_create([Team(name=name) for name in plan.teams])
    known.teams |= {team.name: team for team in teams}
    record_many(Kind.TEAM_ADDED, ((t, {}, {"name": t.name, "purpose": ""}) for t in teams), by=by, at=at)


def _values(row: Planned, known: Known) -> dict[str, Any]:
    team = {"owner_team": known.teams[row.fields["owner_team"]]} if "owner_team" in row.fields else {}
    return row.fields | team


def _add_workloads(rows: list[Planned], known: Known, by: User, at: dt.datetime, step: Callable[[int], None]) -> None:
    for row in rows:
        row.workload = Workload(added_at=at, added_by=by, **_values(row, known), **_kept(row.target))
    workloads = [row.workload for row in rows if row.workload is not None]
    copy_in(workloads)
    step(len(rows) // 2)  # the other half is the trail
    record_many(Kind.WORKLOAD_ADDED, ((w, {}, _described(w)) for w in workloads), by=by, at=at)
    step(len(rows) - len(rows) // 2)


def _kept(target: Target | None) -> dict[str, Any]:
    """What a trigger on targets will keep of this one on its workload: written at once, it finds nothing to change, and the
    row need not be written twice with all of its indexes."""
    if target is None:
        return {}
    state = Classification.State.PROPOSED
    return {
        "tier_now": target.tier.level,
        "state_now": state,
        "open_now": state,
        "rto_now": target.rto_seconds,
        "rpo_now": target.rpo_seconds,
    }


def _change_workloads(rows: list[Planned], known: Known, by: User, at: dt.datetime) -> None:
    lines = []
    for row in rows:
        workload = row.workload
        if workload is None:
            continue
        before = _described(workload)
        for name, value in _values(row, known).items():
            setattr(workload, name, value)
        lines.append((workload, *difference(before, _described(workload))))
    fields = sorted({name for row in rows for name in row.fields})
    if fields:
        Workload.objects.bulk_update([workload for workload, _, _ in lines], fields, batch_size=BATCH)
    record_many(Kind.WORKLOAD_CHANGED, lines, by=by, at=at)


def _add_proposals(rows: list[Planned], by: User, at: dt.datetime) -> None:
    proposals = [
        Classification(workload=row.workload, proposed_at=at, proposed_by=by, **vars(row.target)) for row in rows
    ]
    _note_suggestions(proposals)
    copy_in(proposals)
    record_many(Kind.CLASSIFICATION_PROPOSED, ((p, {}, _target(p)) for p in proposals), by=by, at=at)


def _note_suggestions(proposals: list[Classification]) -> None:
    """What the impact analysis says beside each target. Where the file asks for another, its reason is why."""
    analysed = pictures(ImpactAnalysis.objects.filter(workload__in=numbers(p.workload_id for p in proposals)))
    for proposal in proposals:
        if proposal.workload_id in analysed:
            note_suggestion(proposal, analysed[proposal.workload_id].suggestion, proposal.reason)


def _change_proposals(rows: list[Planned], by: User, at: dt.datetime) -> None:
    """As when a person changes it on its page: she becomes its proposer."""
    proposals = [row.proposal for row in rows if row.proposal is not None]
    before_by = User.objects.in_bulk([proposal.proposed_by_id for proposal in proposals])
    before = []
    for row, proposal in zip(rows, proposals, strict=True):
        if row.workload is not None:
            proposal.workload = row.workload
        before.append(_target(proposal) | {"proposed_by": before_by[proposal.proposed_by_id]})
        for name, value in vars(row.target).items():
            setattr(proposal, name, value)
        proposal.proposed_by = by
    _note_suggestions(proposals)
    lines = [
        (proposal, *difference(was, _target(proposal) | {"proposed_by": by}))
        for proposal, was in zip(proposals, before, strict=True)
    ]
    Classification.objects.bulk_update(proposals, TARGET_FIELDS, batch_size=BATCH)
    record_many(Kind.CLASSIFICATION_CHANGED, lines, by=by, at=at)


def _described(workload: Workload) -> dict[str, Any]:
    return {name: getattr(workload, name) for name in WORKLOAD_FIELDS} | {"owner_team": workload.owner_team.name}


def _target(found: Classification) -> dict[str, Any]:
    return {name: getattr(found, name) for name in _SAID} | {"tier": found.tier_id} | suggestion_noted(found)
