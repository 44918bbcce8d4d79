"""Who hears about a target, and what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from audit.services import Actor
from communications.purposes import Purpose
from communications.services import compose
from people.models import Confirmation, RoleAssignment, User, organisation_today
from people.permissions import AUDITOR, HEAD_OF_OPERATIONS
from people.queries import people_in_role
from people.stand_ins import Having, stand_ins
from people.wording import date_words, duration
from signoffs.eligibility import of_request
from signoffs.models import Request, Signature
from workloads.impact.targets import differs_said
from workloads.models import Classification, SigningRule, Workload
from workloads.queries import waived_of

LISTED = 60  # lines of what was handed over; the trail has them all


def target_words(classification: Classification, waived_until: dt.date | None) -> str:
    """With the day until which something of it is waived."""
    rto, rpo = duration(classification.rto_seconds), duration(classification.rpo_seconds)
    waived = f", waived until {date_words(waived_until)}" if waived_until is not None else ""
    return f"tier {classification.tier_id}, RTO {rto}, RPO {rpo}{waived}"


def _target(classification: Classification, at: dt.datetime) -> str:
    return target_words(classification, waived_of(classification.workload_id, on=organisation_today(at)))


def requested(classification: Classification, request: Request, *, by: User, at: dt.datetime) -> None:
    """Each signer reads for which role she is asked, once: of several the one in which she signs."""
    what, said = _target(classification, at), differs_said(classification)
    signers = of_request(request, on=organisation_today(at))
    for slot in request.slots.select_related("role"):
        to = [person for person in signers.asked(slot.role_id) if signers.role_for(person) == slot.role_id]
        compose(
            Purpose.SIGNATURE_REQUESTED,
            to=to,
            thread=classification.trail_thread,
            path=f"/signoffs/{request.pk}/sign/",
            context={
                "workload": classification.workload.name,
                "what": what,
                "proposer": classification.proposed_by.name,
                "differs": f"Other than the impact analysis suggests. {said}\n\n" if said else "",
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
            "target": _target(classification, at),
            "signers": ", ".join(f"{s.printed_name} ({s.printed_role})" for s in signers),
        },
        by=by,
        at=at,
    )


def reaffirmed(classification: Classification, *, due: dt.date, by: User, at: dt.datetime) -> None:
    """The team that owns the workload and the others who sign targets of this tier; not who did it."""
    people = {person.pk: person for person in classification.workload.owner_team.members.all()}
    for rule in SigningRule.objects.filter(tier=classification.tier_id):
        signers = people_in_role(rule.role_id, workload_id=classification.workload_id, on=organisation_today(at))
        people |= {person.pk: person for person in signers}
    compose(
        Purpose.CLASSIFICATION_REAFFIRMED,
        to=[person for person in people.values() if person.pk != by.pk],
        thread=classification.trail_thread,
        path=classification.workload.get_absolute_url(),
        context={
            "workload": classification.workload.name,
            "target": _target(classification, at),
            "who": by.name,
            "due": f"{due:%-d %B %Y}",
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
    """The proposer, or who stands in when she left, and everybody who was asked."""
    workload, on = classification.workload, organisation_today(at)
    hers = Having(classification.proposed_by.pk, workload.pk, workload.owner_team_id)
    people = {person.pk: person for person in stand_ins([hers], on=on)[hers]}
    for slot in request.slots.all():
        for person in people_in_role(slot.role_id, workload_id=request.workload_id, on=on):
            people[person.pk] = person
    return list(people.values())


class RoleTeller:
    """Tells of roles for people, who know neither messages nor workloads (people/telling.py)."""

    def role_assigned(self, assignment: RoleAssignment, *, by: User, at: dt.datetime) -> None:
        """The holder and the deputy, each what she is; nobody is told what she has just done herself."""
        holder, deputy = assignment.person, assignment.deputy
        if holder is not None:
            _tell_role(
                assignment, holder, f"{deputy.name} is your deputy." if deputy else "You have no deputy yet.", by, at
            )
        if deputy is not None:
            instead = (
                f"You act when {holder.name} cannot." if holder else "You act, because nobody else holds the role."
            )
            _tell_role(assignment, deputy, f"You are the deputy. {instead}", by, at)

    def confirmation_asked(self, confirmation: Confirmation, may_confirm: Sequence[User], *, at: dt.datetime) -> None:
        """Who can confirm it; the head of operations and the auditors hear of it too."""
        _tell_of_confirmation(
            confirmation,
            Purpose.CONFIRMATION_ASKED,
            to=[*may_confirm, *_watchers(at)],
            context={
                "what": confirmation.title,
                "who": confirmation.given_by.name,
                "reason": confirmation.reason or "No reason was written.",
                "confirmers": _people_words(may_confirm),
            },
            by=confirmation.given_by,
            at=at,
        )

    def confirmation_closed(self, confirmation: Confirmation, *, by: Actor, at: dt.datetime) -> None:
        """Who gave it, the head of operations and the auditors."""
        _tell_of_confirmation(
            confirmation,
            Purpose.CONFIRMATION_CLOSED,
            to=[confirmation.given_by, *_watchers(at)],
            context={
                "what": confirmation.title,
                "state": confirmation.get_state_display().lower(),
                "who": str(by),
                "reason": confirmation.closing_reason or "No reason was written.",
            },
            by=by,
            at=at,
        )

    def roles_confirmed(
        self, confirmation: Confirmation, assignments: Sequence[RoleAssignment], *, at: dt.datetime
    ) -> None:
        """One role as it is told when it is given; many in one message for each person."""
        given_by = confirmation.given_by
        if len(assignments) == 1:
            self.role_assigned(assignments[0], by=given_by, at=at)
            return
        lines: dict[User, list[str]] = {}
        names = dict(Workload.objects.filter(pk__in={a.workload_id for a in assignments}).values_list("pk", "name"))
        for one in assignments:
            where = names.get(one.workload_id, "a workload") if one.workload_id else "the whole organisation"
            for person, mark in ((one.person, ""), (one.deputy, " (deputy)")):
                if person is not None and person.pk in confirmation.receivers:
                    lines.setdefault(person, []).append(f"{one.role.name}{mark}, {where}")
        for person, held in lines.items():
            compose(
                Purpose.ROLES_CONFIRMED,
                to=[person],
                thread=person.trail_thread,
                path=f"/people/{person.pk}/",
                context={
                    "who": given_by.name,
                    "count": f"{len(held)} role{'' if len(held) == 1 else 's'}",
                    "roles": _listed(held),
                },
                by=given_by,
                at=at,
            )

    def handed_over(
        self, person: User, to: User, passed: Sequence[str], *, from_on: dt.date, by: User, at: dt.datetime
    ) -> None:
        """The successor and the head of operations, one message for all of it."""
        heads = people_in_role(HEAD_OF_OPERATIONS, workload_id=None, on=organisation_today(at))
        told = {one.pk: one for one in [to, *heads] if one.pk != by.pk}
        compose(
            Purpose.ROLES_HANDED_OVER,
            to=told.values(),
            thread=person.trail_thread,
            path=f"/people/{to.pk}/",
            context={
                "person": person.name,
                "to": to.name,
                "who": by.name,
                "from": f"{from_on:%-d %B %Y}",
                "passed": _listed(passed) or "- nothing",
            },
            by=by,
            at=at,
        )


def _tell_role(assignment: RoleAssignment, to: User, others: str, by: User, at: dt.datetime) -> None:
    if to.pk == by.pk:
        return
    workload = Workload.objects.get(pk=assignment.workload_id) if assignment.workload_id else None
    until = f" until {assignment.until_on:%-d %B %Y}" if assignment.until_on else ""
    compose(
        Purpose.ROLE_ASSIGNED,
        to=[to],
        thread=assignment.trail_thread,
        path=workload.get_absolute_url() if workload else "/people/roles/",
        context={
            "role": assignment.role.name,
            "where": workload.name if workload else "the whole organisation",
            "who": by.name,
            "term": f"from {assignment.from_on:%-d %B %Y}{until}",
            "duties": assignment.role.duties,
            "others": others,
        },
        by=by,
        at=at,
    )


def _listed(lines: Sequence[str]) -> str:
    more = len(lines) - LISTED
    return "\n".join([f"- {line}" for line in lines[:LISTED]] + ([f"- and {more} more"] if more > 0 else []))


def _watchers(at: dt.datetime) -> list[User]:
    """Who is told of everything that changes who may do what."""
    today = organisation_today(at)
    return [p for role in (HEAD_OF_OPERATIONS, AUDITOR) for p in people_in_role(role, workload_id=None, on=today)]


def _people_words(people: Sequence[User]) -> str:
    names = [person.name for person in people]
    return ", ".join(names) if names else "nobody yet. The owner of the machine can, with a command (see the handbook)"


def _tell_of_confirmation(
    confirmation: Confirmation,
    purpose: Purpose,
    *,
    to: Sequence[User],
    context: dict[str, str],
    by: Actor,
    at: dt.datetime,
) -> None:
    compose(
        purpose,
        to=list({person.pk: person for person in to if person.pk != by.pk}.values()),
        thread=confirmation.trail_thread,
        path=f"/people/confirmations/{confirmation.pk}/",
        context=context,
        by=by,
        at=at,
    )
