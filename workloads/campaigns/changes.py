"""What has changed since a target was last signed: read from the trail, for many targets in a few queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from audit.kinds import Kind
from audit.models import Event
from people.models import organisation_today
from signoffs.documents import Document, compare, digest
from signoffs.models import Request
from workloads.models import Classification, Reaffirmation
from workloads.signing import classification_document

# Deeds on a workload after which somebody has to look at its target for itself.
MATERIAL = (
    Kind.WORKLOAD_CHANGED,
    Kind.DEPENDENCY_ADDED,
    Kind.DEPENDENCY_CHANGED,
    Kind.DEPENDENCY_REMOVED,
    Kind.COMPONENT_ADDED,
    Kind.COMPONENT_CHANGED,
    Kind.COMPONENT_REMOVED,
    Kind.COMPONENT_REGISTERED,
    Kind.FLOW_ADDED,
    Kind.FLOW_CHANGED,
    Kind.FLOW_REMOVED,
    Kind.FAILURE_MODE_ADDED,
    Kind.FAILURE_MODE_CHANGED,
    Kind.FAILURE_MODE_REMOVED,
    Kind.IMPACT_ANSWERED,
    Kind.SEASON_ADDED,
    Kind.SEASON_CHANGED,
    Kind.SEASON_REMOVED,
    Kind.WAIVER_GRANTED,
    Kind.WAIVER_WITHDRAWN,
    Kind.WAIVER_LAPSED,
)
# Reference data that a target is read by.
TABLES = ("workloads.tier",)
NAMED = 4  # things of one kind that are named one by one


class Since(NamedTuple):
    """What was signed last, and when."""

    request: Request | None
    at: dt.datetime


class Changes(NamedTuple):
    """What happened since, in sentences; none when the target can simply be kept."""

    since: Since
    said: tuple[str, ...]
    digest: str  # of the document as it is now
    due: str  # the day of the review, as a form carries it


def last_signed(targets: Sequence[Classification]) -> dict[int, Since]:
    """By target what was signed last: its newest reaffirmation, else the target itself. One query."""
    newest: dict[int, Reaffirmation] = {}
    for given in (
        Reaffirmation.objects.filter(classification__in=targets).select_related("request").order_by("reaffirmed_at")
    ):
        newest[given.classification_id] = given
    return {
        target.pk: Since(last.request, last.reaffirmed_at)
        if (last := newest.get(target.pk)) is not None
        else Since(target.request, target.signed_off_at or target.proposed_at)
        for target in targets
    }


def changes_since(targets: Sequence[Classification]) -> dict[int, Changes]:
    """By target what has changed since somebody signed it. The same few queries for one target and for a hundred.

    Expects what `classification_document` reads to be there: workload with its team, tier, proposer, request.
    """
    if not targets:
        return {}
    signed = last_signed(targets)
    recent = Event.objects.filter(at__gt=min(since.at for since in signed.values())).order_by("id")
    recent = recent.only("kind", "at", "thread", "subject_id", "subject_name", "after")
    of_workloads, of_tiers = defaultdict(list), defaultdict(list)
    for event in recent.filter(thread__in={target.trail_thread for target in targets}, kind__in=MATERIAL):
        of_workloads[event.thread].append(event)
    for event in recent.filter(kind=Kind.REFERENCE_CHANGED, subject_type__in=TABLES):
        of_tiers[event.subject_id].append(event)
    found = {}
    for target in targets:
        since = signed[target.pk]
        events = [event for event in of_workloads[target.trail_thread] if event.at > since.at]
        edited = any(event.at > since.at for event in of_tiers[str(target.tier_id)])
        found[target.pk] = _changes(target, since, events, edited)
    return found


def _changes(target: Classification, since: Since, events: list[Event], tier_edited: bool) -> Changes:
    document = classification_document(target)
    said = [target.review_because] if target.review_because else []
    said += [*_drilled(target, since), *_happened(events)]
    if tier_edited:
        said.append(f"The table of tiers was edited: tier {target.tier_id}.")
    if since.request is not None and not events and not tier_edited and digest(document) != since.request.digest:
        said.append(f"The document reads differently: {_differing(document, since.request)}.")
    due = target.review_due_on.isoformat() if target.review_due_on is not None else ""
    return Changes(since, tuple(said), digest(document), due)


def _drilled(target: Classification, since: Since) -> list[str]:
    """The newest drill, when it came after the signature. Of the same day it counts where it made the review due."""
    workload = target.workload
    if workload.proven_on is None or workload.proven_on <= organisation_today(since.at):
        return []
    if f"{workload.proven_on:%-d %b %Y}" in target.review_because:  # said already
        return []
    said = f"RTO {workload.get_proof_rto_display().lower()}, RPO {workload.get_proof_rpo_display().lower()}"
    return [f"Drill of {workload.proven_on:%-d %b %Y}: {said}."]


def _happened(events: list[Event]) -> Iterator[str]:
    """One sentence a kind, naming what it was about."""
    by_kind: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_kind[event.kind].append(event)
    for kind, found in by_kind.items():
        if kind == Kind.WORKLOAD_CHANGED:
            names = sorted({name.replace("_", " ") for event in found for name in event.after})
            yield f"Description changed: {', '.join(names)}."
        elif kind == Kind.IMPACT_ANSWERED:
            yield "Impact analysis answered."
        else:
            yield f"{Kind(kind).label}: {_listed([event.subject_name for event in found])}."


def _listed(names: list[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = len(distinct) - NAMED
    return ", ".join(distinct[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _differing(document: Document, signed: Request) -> str:
    comparison = compare(document, signed.document)
    lines = [line.label for line in (*comparison.facts, *comparison.texts) if line.changed]
    return ", ".join(lines) or "its summary"
