"""What stands against a target, and which waivers hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.urls import reverse

from people.models import User
from people.permissions import WORKLOAD_OWNER, Permission
from people.queries import people_in_role
from workloads.chain.findings import chain_findings
from workloads.finding import Finding, Severity
from workloads.gates.known import Known, Waived, beside
from workloads.gates.signers import signer_findings
from workloads.gates.worse import worse
from workloads.impact.queries import answered, suggestion_for
from workloads.impact.register import differing
from workloads.impact.targets import differing_findings
from workloads.models import Classification, Waiver, Workload


def findings(
    workload: Workload,
    *,
    tier: int | None,
    rto_seconds: int | None,
    rpo_seconds: int | None,
    today: dt.date,
    viewer: User | None = None,
) -> list[Finding]:
    """Everything that stands against this target today, the blocking first. With a viewer, only names that she may see."""
    found = list(_gates(workload, today))
    found += chain_findings(
        workload, tier=tier, rto_seconds=rto_seconds, rpo_seconds=rpo_seconds, today=today, viewer=viewer
    )
    return sorted(found, key=lambda finding: not finding.is_blocking)


def _gates(workload: Workload, today: dt.date) -> Iterator[Finding]:
    return unwritten(
        workload.pk,
        has_flow=workload.flows.exists(),
        is_answered=answered(workload),
        has_owner=bool(people_in_role(WORKLOAD_OWNER, workload_id=workload.pk, on=today)),
    )


def unwritten(number: int, *, has_flow: bool, is_answered: bool, has_owner: bool) -> Iterator[Finding]:
    """What nobody has written down of a workload. Without it the signers would sign a number."""
    if not has_flow:
        yield Finding(
            "no-flow",
            Severity.BLOCKING,
            "No user flow is written down",
            "Write down at least one: what people do with it, who relies on it, what happens when it is down.",
            reverse("workloads:add-flow", args=[number]),
        )
    if not is_answered:
        yield Finding(
            "no-impact",
            Severity.BLOCKING,
            "The impact analysis is not answered",
            "Answer every category at every duration; “none” is an answer, an empty field is not.",
            f"/workloads/{number}/impact/",
        )
    if not has_owner:
        yield Finding(
            "no-owner",
            Severity.BLOCKING,
            "Nobody holds the role workload team",
            "Assign it to somebody who answers for this workload.",
            reverse("workloads:assign", args=[number]),
        )


def against(target: Classification, *, today: dt.date, viewer: User | None = None) -> list[Known]:
    """What stands against this target today, each finding beside the waiver that holds for it."""
    found = findings(
        target.workload,
        tier=target.tier_id,
        rto_seconds=target.rto_seconds,
        rpo_seconds=target.rpo_seconds,
        today=today,
        viewer=viewer,
    )
    return beside([*found, *_of_state(target, today)], holding(target.workload, on=today))


def _of_state(target: Classification, today: dt.date) -> list[Finding]:
    """What is asked of a draft alone, that it can be signed by all; and of what was sent, that its signers know what the
    impact analysis says. Of a draft that is asked when it is sent."""
    if target.state == Classification.State.PROPOSED:
        return signer_findings(target, today=today)
    if target.state == Classification.State.IN_REVIEW:
        return differing_findings(target, suggestion_for(target.workload))
    return list(differing([target]).values()) if target.state == Classification.State.SIGNED_OFF else []


def standing_against(target: Classification, *, today: dt.date, viewer: User) -> list[Known]:
    """The same; nothing for a target that is past, of which nobody asks any more."""
    if target.state not in (*Classification.OPEN, Classification.State.SIGNED_OFF):
        return []
    return against(target, today=today, viewer=viewer)


def of_workload(workload: Workload, *, today: dt.date, viewer: User | None = None) -> list[Known]:
    """What stands against the target of a workload: the open one, else the one in force, else any there could be."""
    for target in open_targets_of(workload):
        target.workload = workload
        return against(target, today=today, viewer=viewer)
    found = findings(workload, tier=None, rto_seconds=None, rpo_seconds=None, today=today, viewer=viewer)
    return beside(found, holding(workload, on=today))


def open_targets_of(workload: Workload) -> list[Classification]:
    """The target that is proposed or in review, then the one in force."""
    found = workload.classifications.filter(state__in=[*Classification.OPEN, Classification.State.SIGNED_OFF])
    return sorted(found.select_related("tier"), key=lambda target: target.state == Classification.State.SIGNED_OFF)


def holding(workload: Workload, *, on: dt.date) -> dict[str, Waived]:
    """The waivers that hold on a day, by the finding they are for. One that has ended does not, swept or not."""
    return {waiver.finding: waived(waiver) for waiver in in_force(on).filter(workload=workload)}


def in_force(on: dt.date) -> QuerySet[Waiver]:
    """The waivers of which `holds` says yes."""
    return Waiver.objects.filter(state=Waiver.State.GRANTED, ends_on__gte=on)


def waived(waiver: Waiver) -> Waived:
    return Waived(waiver.pk, waiver.title, waiver.conditions, waiver.ends_on, tuple(waiver.figures.items()))


def name_outgrown(waivers: Iterable[Waiver], found: Iterable[Finding]) -> list[Waiver]:
    """Give each waiver `outgrown`: what is worse now than what it was granted for, "" while it covers what is found."""
    now, named = {finding.key: finding.figures for finding in found}, list(waivers)
    for waiver in named:
        waiver.outgrown = worse(waiver.figures, now.get(waiver.finding, ()))
    return named


def outgrown(waiver: Waiver, *, today: dt.date, viewer: User) -> str:
    """The same of one waiver, beside what is found of its workload today."""
    found = [known.finding for known in of_workload(waiver.workload, today=today, viewer=viewer)]
    return name_outgrown([waiver], found)[0].outgrown


def waivers_for(user: User) -> QuerySet[Waiver]:
    """Waivers, past ones included, of the workloads this person may see."""
    if user.may(Permission.VIEW_WORKLOADS):
        return Waiver.objects.all()
    return Waiver.objects.filter(workload__in=Workload.objects.visible_to(user))


def with_asked(known: list[Known], workload: Workload) -> list[tuple[Known, Waiver | None]]:
    """Each finding with the waiver of it that waits for its signature."""
    asked = {w.finding: w for w in Waiver.objects.filter(workload=workload, state=Waiver.State.REQUESTED)}
    return [(one, asked.get(one.finding.key)) for one in known]
