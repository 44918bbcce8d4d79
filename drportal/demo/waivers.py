"""Findings that the sponsor has waived, so that it can be seen where a waiver shows."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from people.models import organisation_today
from people.permissions import EXECUTIVE_SPONSOR, HEAD_OF_OPERATIONS
from people.proof import IdentityProof, Method
from people.queries import people_in_role
from signoffs import services as signoffs
from workloads.gates.queries import against
from workloads.gates.services import request_waiver
from workloads.models import Classification

CRITICAL = 1  # the least critical tier whose targets out for signature can be signed in spite of what was found since


def waive_some(now: dt.datetime) -> None:
    """The first blocking finding of the draft that has most of them. And of critical targets that are out for signature all
    that came up since; of the others one shows how a signature is refused."""
    at, today = now - dt.timedelta(hours=20), organisation_today(now)
    found = {target: _blocking(target, today) for target in _targets(Classification.State.PROPOSED)}
    draft, blocking = max(found.items(), key=lambda pair: len(pair[1]), default=(None, []))
    if draft is not None and blocking:
        _waive(draft, blocking[0], at)
    for target in _targets(Classification.State.IN_REVIEW).filter(tier__lte=CRITICAL):
        for finding in _blocking(target, today):
            _waive(target, finding, at)


def _targets(state: str) -> QuerySet[Classification]:
    related = ("workload", "tier", "proposed_by")
    return Classification.objects.filter(state=state).select_related(*related).order_by("pk")


def _blocking(target: Classification, today: dt.date) -> list[str]:
    return [one.finding.key for one in against(target, today=today) if one.blocks and one.finding.waivable]


def _waive(target: Classification, finding: str, at: dt.datetime) -> None:
    today = organisation_today(at)
    # She sees every workload, so the waiver names the one below; a team would write of one that it may not see.
    asker = people_in_role(HEAD_OF_OPERATIONS, workload_id=None, on=today)[0]
    waiver = request_waiver(
        workload=target.workload, by=asker, at=at, finding=finding,
        reason="What it needs is moved to the second site in the next quarter; until then nobody can make it faster.",
        conditions="The papers of the day are printed ahead each night. The waiver ends early when the move is done.",
        ends_on=today + dt.timedelta(days=75),
    )  # fmt: skip
    signers = people_in_role(EXECUTIVE_SPONSOR, workload_id=target.workload_id, on=today)
    signer = next(person for person in signers if person != asker)
    if waiver.request is not None:
        at += dt.timedelta(hours=2)
        proof = IdentityProof(Method.TOTP, at - dt.timedelta(seconds=40))
        signoffs.sign(request=waiver.request, by=signer, at=at, proof=proof, digest=waiver.request.digest)
