"""What needs this person: signatures, reviews, drills, actions, drafts; each one click away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, Q
from django.urls import reverse

from drills.queries import drills_for, open_actions_for
from people.models import RoleAssignment, User
from people.permissions import BUSINESS_STAKEHOLDER, HEAD_OF_OPERATIONS
from people.wording import duration
from signoffs.queries import slots_waiting_for
from workloads.models import Classification

REVIEWS_AHEAD = dt.timedelta(days=30)
ESCALATES_AFTER = dt.timedelta(days=28)  # the head of operations hears of a review four weeks overdue


@dataclass(frozen=True)
class Ask:
    """One thing to do: what kind, what, why, until when, and the page where it is done."""

    kind: str
    icon: str
    title: str
    why: str
    due_on: dt.date | None
    url: str
    button: str

    def group(self, today: dt.date) -> str:
        if self.due_on is None or self.due_on > today + dt.timedelta(days=7):
            return "Later"
        return "Overdue" if self.due_on < today else "This week"

    def is_primary(self, today: dt.date) -> bool:
        """Signatures due this week; the page makes the very first button primary as well."""
        return self.kind == "Signature" and self.group(today) != "Later"


GROUPS = ("Overdue", "This week", "Later")


def asks_of(user: User, *, today: dt.date) -> list[Ask]:
    """Everything that waits for this person, the most urgent first. Five queries, whatever the number."""
    found = [*_signatures(user, today), *_reviews(user, today), *_drills(user, today), *_actions(user), *_drafts(user)]
    return sorted(found, key=lambda ask: (ask.due_on is None, ask.due_on or today, ask.title))


def _signatures(user: User, today: dt.date) -> Iterator[Ask]:
    for slot in slots_waiting_for(user, on=today)[:50]:
        yield Ask(
            "Signature",
            "writing-sign",
            slot.request.title,
            f"{slot.request.document['summary']} You are asked as {slot.role.name[0].lower()}{slot.role.name[1:]}.",
            slot.request.due_on,
            reverse("signoffs:sign", args=[slot.request_id]),
            "Read and sign",
        )


def _reviews(user: User, today: dt.date) -> Iterator[Ask]:
    held = RoleAssignment.objects.in_force(today).of(user)
    mine = Q(workload__in=held.filter(role=BUSINESS_STAKEHOLDER, workload_id__isnull=False).values("workload_id"))
    leads = Q(Exists(held.filter(role=HEAD_OF_OPERATIONS, workload_id__isnull=True)))
    mine |= Q(review_due_on__lte=today - ESCALATES_AFTER) & leads
    due = (
        Classification.objects.filter(
            mine, state=Classification.State.SIGNED_OFF, review_due_on__lte=today + REVIEWS_AHEAD
        )
        .select_related("workload")
        .order_by("review_due_on")
    )
    for target in due[:50]:
        yield Ask(
            "Review",
            "rotate-clockwise",
            f"{target.workload.name}: still the right tier?",
            f"Tier {target.tier_id}, {duration(target.rto_seconds)} / {duration(target.rpo_seconds)}.",
            target.review_due_on,
            reverse("workloads:review", args=[target.pk]),
            "Review",
        )


def _drills(user: User, today: dt.date) -> Iterator[Ask]:
    for drill in drills_for(user, on=today):
        role = "You coordinate." if drill.coordinator_id == user.pk else "You take part."
        yield Ask(
            "Drill",
            "flag",
            str(drill),
            f"{drill.get_state_display()}. {role}",
            drill.window_start.date(),
            drill.get_absolute_url(),
            "Open drill",
        )


def _actions(user: User) -> Iterator[Ask]:
    for action in open_actions_for(user)[:50]:
        yield Ask(
            "Action",
            "checkbox",
            action.title,
            f"{action.drill.workload.name}, gap from the drill of {action.drill.window_start:%-d %b}. You own it.",
            action.due_on,
            action.get_absolute_url(),
            "Open action",
        )


def _drafts(user: User) -> Iterator[Ask]:
    drafts = Classification.objects.filter(proposed_by=user, state=Classification.State.PROPOSED).select_related(
        "workload"
    )
    for draft in drafts[:20]:
        yield Ask(
            "Proposal",
            "pencil",
            f"{draft.workload.name}: tier {draft.tier_id} is not sent yet",
            "Nobody is asked to sign before you send it.",
            None,
            draft.get_absolute_url(),
            "Open proposal",
        )
