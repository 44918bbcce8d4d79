"""What has changed since a target was last signed: read from the trail, and from what stands against it; for many targets in
a few queries.

A strategy is not compared: the portal knows none yet. Nor does it know incidents; a drill that was stopped comes nearest.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from django.db.models import QuerySet

from audit.kinds import Kind
from audit.models import Event
from people.models import RoleAssignment, User, organisation_today
from people.permissions import WORKLOAD_OWNER, Permission
from people.wording import sentence
from signoffs.documents import Document, compare, digest
from signoffs.models import Request
from workloads.dependencies.queries import name_needs
from workloads.due_early import because_for
from workloads.gates.known import Known, read
from workloads.gates.known import since as between
from workloads.gates.many import against_many
from workloads.models import Classification, Dependency, Reaffirmation, Workload
from workloads.naming import HIDDEN
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
DEPENDENCY = "workloads.dependency"
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
    known: list[Known]  # what stands against it today


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


def changes_since(
    targets: Sequence[Classification], *, today: dt.date, viewer: User | None = None
) -> dict[int, Changes]:
    """By target what has changed since somebody signed it. The same few queries for one target and for a hundred.

    Expects what `classification_document` reads to be there: workload with its team, tier, proposer, request. With a viewer,
    findings have only names that she may see.
    """
    if not targets:
        return {}
    signed = last_signed(targets)
    lines = _Lines(targets, min(since.at for since in signed.values()))
    known = against_many(targets, today=today, viewer=viewer)
    because, needs = because_for(targets, viewer), _Needs(lines, viewer)
    return {
        target.pk: _changes(target, signed[target.pk], lines, known[target.pk], because[target.pk], needs)
        for target in targets
    }


class _Lines:
    """The lines of the trail that count for these targets, each under what it is about."""

    def __init__(self, targets: Sequence[Classification], after: dt.datetime) -> None:
        self.of_workloads, self.of_tiers = defaultdict[str, list[Event]](list), defaultdict[str, list[Event]](list)
        numbers = {target.workload_id for target in targets}
        recent = Event.objects.filter(at__gt=after).order_by("id")
        recent = recent.only("kind", "at", "thread", "subject_type", "subject_id", "subject_name", "after")
        for event in recent.filter(thread__in={target.trail_thread for target in targets}, kind__in=MATERIAL):
            self.of_workloads[event.thread].append(event)
        for event in self._of_owners(recent, numbers):
            self.of_workloads[event.thread].append(event)
        for event in recent.filter(kind=Kind.DRILL_STOPPED, after__workload__in=list(numbers)):
            self.of_workloads[f"workload:{event.after['workload']}"].append(event)
        for thread, event in self._of_third_parties(recent, numbers):
            self.of_workloads[thread].append(event)
        for event in recent.filter(kind=Kind.REFERENCE_CHANGED, subject_type__in=TABLES):
            self.of_tiers[event.subject_id].append(event)

    def _of_owners(self, recent: QuerySet[Event], numbers: Collection[int]) -> QuerySet[Event]:
        """Who answers for the workload; who holds its other roles does not change what it needs."""
        held = RoleAssignment.objects.given().filter(role=WORKLOAD_OWNER, workload_id__in=numbers)
        subjects = [str(pk) for pk in held.values_list("pk", flat=True)]
        kinds = (Kind.ROLE_ASSIGNED, Kind.ROLE_ENDED)
        return recent.filter(subject_type="people.roleassignment", subject_id__in=subjects, kind__in=kinds)

    def _of_third_parties(self, recent: QuerySet[Event], numbers: Collection[int]) -> Iterator[tuple[str, Event]]:
        """What is said anew of a third party that one of them needs."""
        needed = defaultdict[str, list[int]](list)
        rows = Dependency.objects.filter(workload__in=numbers, third_party__isnull=False)
        for workload, party in rows.values_list("workload_id", "third_party_id"):
            needed[str(party)].append(workload)
        for event in recent.filter(kind=Kind.THIRD_PARTY_CHANGED, subject_id__in=list(needed)):
            for workload in needed[event.subject_id]:
                yield f"workload:{workload}", event


class _Needs:
    """What the lines about dependencies were about, in words for the reader: a line holds the name of what is needed."""

    def __init__(self, lines: _Lines, viewer: User | None) -> None:
        self._sees_all = viewer is None or viewer.may(Permission.VIEW_WORKLOADS)
        self._said: dict[str, str] = {}
        events = [event for found in lines.of_workloads.values() for event in found]
        about = {event.subject_id for event in events if event.subject_type == DEPENDENCY}
        if self._sees_all or not about:
            return
        rows = Dependency.objects.filter(pk__in=about).select_related("needs", "third_party")
        self._said = {str(row.pk): row.said for row in name_needs(rows, viewer)} if viewer is not None else {}

    def subject(self, event: Event) -> str:
        if self._sees_all or event.subject_type != DEPENDENCY:
            return event.subject_name
        gone = event.before.get("third_party") or HIDDEN  # where it was removed, the line says of which third party
        return self._said.get(event.subject_id) or str(gone)


def _changes(
    target: Classification, since: Since, lines: _Lines, known: list[Known], because: str, needs: _Needs
) -> Changes:
    document = classification_document(target)
    events = [event for event in lines.of_workloads[target.trail_thread] if event.at > since.at]
    tier_edited = any(event.at > since.at for event in lines.of_tiers[str(target.tier_id)])
    said = [because] if because else []
    said += [*_drilled(target, since), *_happened(events, needs), *_found(target, known)]
    if tier_edited:
        said.append(f"The table of tiers was edited: tier {target.tier_id}.")
    if since.request is not None and not events and not tier_edited and digest(document) != since.request.digest:
        said.append(f"The document reads differently: {_differing(document, since.request)}.")
    due = target.review_due_on.isoformat() if target.review_due_on is not None else ""
    return Changes(since, tuple(said), digest(document), due, known)


def _drilled(target: Classification, since: Since) -> list[str]:
    """The newest drill, when it was finished after the signature."""
    workload = target.workload
    if workload.proven_on is None or not _is_later(workload, since.at):
        return []
    if f"{workload.proven_on:%-d %b %Y}" in target.review_because:  # said already
        return []
    said = f"RTO {workload.get_proof_rto_display().lower()}, RPO {workload.get_proof_rpo_display().lower()}"
    return [f"Drill of {workload.proven_on:%-d %b %Y}: {said}."]


def _is_later(workload: Workload, at: dt.datetime) -> bool:
    """Where only the day is known, one of the same day counts where it made the review due."""
    if workload.proven_moment is not None:
        return workload.proven_moment > at
    return workload.proven_on is not None and workload.proven_on > organisation_today(at)


def _found(target: Classification, known: list[Known]) -> Iterator[str]:
    """What stands against the target now and did not when it was signed, and waivers that no longer hold. What is no longer
    found makes the target only safer."""
    then = target.findings if target.reviewed_findings is None else target.reviewed_findings
    differs = between(read(then), known)
    for one in differs.new:
        yield f"New finding{', waived' if one.waiver and not one.blocks else ''}: {one.finding.title}."
    for one in differs.ended:
        yield f"No longer waived: {one.finding.title}."


def _happened(events: list[Event], needs: _Needs) -> Iterator[str]:
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
        elif kind == Kind.DRILL_STOPPED:
            yield from (
                f"Drill stopped on {organisation_today(event.at):%-d %b %Y}: {_reason(event)}" for event in found
            )
        else:
            yield f"{Kind(kind).label}: {_listed([needs.subject(event) for event in found])}."


def _reason(event: Event) -> str:
    said = " ".join(str(event.after.get("reason", "")).split())
    return sentence(said)


def _listed(names: list[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = len(distinct) - NAMED
    return ", ".join(distinct[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _differing(document: Document, signed: Request) -> str:
    comparison = compare(document, signed.document)
    lines = [line.label for line in (*comparison.facts, *comparison.texts) if line.changed]
    return ", ".join(lines) or "its summary"
