"""One finding of a draft that the sponsor has waived, so that it can be seen where a waiver shows."""

from __future__ import annotations

import datetime as dt

from people.models import organisation_today
from people.permissions import EXECUTIVE_SPONSOR, HEAD_OF_OPERATIONS
from people.proof import IdentityProof, Method
from people.queries import people_in_role
from signoffs import services as signoffs
from workloads.gates.queries import against
from workloads.gates.services import request_waiver
from workloads.models import Classification


def waive_one(now: dt.datetime) -> None:
    """The first blocking finding of the draft that has most of them; nothing where no draft is blocked."""
    at, today = now - dt.timedelta(hours=20), organisation_today(now)
    drafts = Classification.objects.filter(state=Classification.State.PROPOSED).select_related(
        "workload", "proposed_by"
    )
    found = {draft: [one for one in against(draft, today=today) if one.blocks] for draft in drafts.order_by("pk")}
    draft, blocking = max(found.items(), key=lambda pair: len(pair[1]), default=(None, []))
    if draft is None or not blocking:
        return
    # She sees every workload, so the waiver names the one below; a team would write of one that it may not see.
    asker = people_in_role(HEAD_OF_OPERATIONS, workload_id=None, on=today)[0]
    waiver = request_waiver(
        workload=draft.workload, by=asker, at=at, finding=blocking[0].finding.key,
        reason="What it needs is moved to the second site in the next quarter; until then nobody can make it faster.",
        conditions="The papers of the day are printed ahead each night. The waiver ends early when the move is done.",
        ends_on=today + dt.timedelta(days=75),
    )  # fmt: skip
    signer = next(
        person
        for person in people_in_role(EXECUTIVE_SPONSOR, workload_id=draft.workload_id, on=today)
        if person != asker
    )
    if waiver.request is not None:
        at += dt.timedelta(hours=2)
        proof = IdentityProof(Method.TOTP, at - dt.timedelta(seconds=40))
        signoffs.sign(request=waiver.request, by=signer, at=at, proof=proof, digest=waiver.request.digest)
