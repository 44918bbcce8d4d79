"""Who hears about a target, and what."""

from __future__ import annotations

import datetime as dt

from communications.purposes import Purpose
from communications.services import compose
from people.models import User, organisation_today
from people.queries import people_in_role
from people.wording import duration
from signoffs.models import Request, Signature
from workloads.models import Classification


def target_words(classification: Classification) -> str:
    rto, rpo = duration(classification.rto_seconds), duration(classification.rpo_seconds)
    return f"tier {classification.tier_id}, RTO {rto}, RPO {rpo}"


def requested(classification: Classification, request: Request, *, by: User, at: dt.datetime) -> None:
    """Each signer reads for which role she is asked; she hears once, in the first role she is asked for."""
    told: set[int] = set()
    for slot in request.slots.select_related("role"):
        people = people_in_role(slot.role_id, workload_id=request.workload_id, on=organisation_today(at))
        to = [person for person in people if person.pk not in told]
        told |= {person.pk for person in to}
        compose(
            Purpose.SIGNATURE_REQUESTED,
            to=to,
            thread=classification.trail_thread,
            path=f"/signoffs/{request.pk}/sign/",
            context={
                "workload": classification.workload.name,
                "what": target_words(classification),
                "proposer": by.name,
                "role": slot.role.name,
                "due": f"{request.due_on:%-d %B %Y}" if request.due_on else "as soon as you can",
                "reason": classification.reason,
            },
            by=by,
            at=at,
        )


def signed_off(classification: Classification, request: Request, *, by: User, at: dt.datetime) -> None:
    signers = list(Signature.objects.filter(slot__request=request).select_related("signer"))
    compose(
        Purpose.CLASSIFICATION_SIGNED_OFF,
        to=_proposer_and(classification, request, at),
        thread=classification.trail_thread,
        path=classification.workload.get_absolute_url(),
        context={
            "workload": classification.workload.name,
            "target": target_words(classification),
            "signers": ", ".join(f"{s.printed_name} ({s.printed_role})" for s in signers),
        },
        by=by,
        at=at,
    )


def rejected(classification: Classification, request: Request, *, by: User, at: dt.datetime, reason: str) -> None:
    compose(
        Purpose.CLASSIFICATION_REJECTED,
        to=[p for p in _proposer_and(classification, request, at) if p.pk != by.pk],
        thread=classification.trail_thread,
        path=classification.get_absolute_url(),
        context={"workload": classification.workload.name, "who": by.name, "reason": reason},
        by=by,
        at=at,
    )


def voided(classification: Classification, request: Request, *, by: User, at: dt.datetime) -> None:
    compose(
        Purpose.SIGNATURE_REQUEST_VOID,
        to=_proposer_and(classification, request, at),
        thread=classification.trail_thread,
        path=classification.get_absolute_url(),
        context={
            "workload": classification.workload.name,
            "why": "what was shown to the signers has changed since it was sent",
        },
        by=by,
        at=at,
    )


def withdrawn(classification: Classification, request: Request, *, by: User, at: dt.datetime) -> None:
    compose(
        Purpose.CLASSIFICATION_WITHDRAWN,
        to=[p for p in _proposer_and(classification, request, at) if p.pk != by.pk],
        thread=classification.trail_thread,
        path=classification.get_absolute_url(),
        context={"workload": classification.workload.name, "who": by.name},
        by=by,
        at=at,
    )


def _proposer_and(classification: Classification, request: Request, at: dt.datetime) -> list[User]:
    """The proposer and everybody who was asked."""
    people = {classification.proposed_by.pk: classification.proposed_by}
    for slot in request.slots.all():
        for person in people_in_role(slot.role_id, workload_id=request.workload_id, on=organisation_today(at)):
            people[person.pk] = person
    return list(people.values())
