"""What needs this person: signatures, reviews, drills, actions, drafts; each one click away."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.db.models import Count, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, JSONObject
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from drills.queries import drills_for, open_actions_for
from people.models import Confirmation, RoleAssignment, User
from people.permissions import BUSINESS_STAKEHOLDER, HEAD_OF_OPERATIONS, Permission
from people.stand_ins import left_holding
from people.wording import duration, sentence, was_of
from signoffs.models import Request
from signoffs.queries import signing_as, slots_waiting_for, waived_until
from workloads.models import Classification, Workload
from workloads.queries import target_waived_until
from workloads.stand_ins import left_reviews, unsent_of_gone

REVIEWS_AHEAD = dt.timedelta(days=30)
ESCALATES_AFTER = dt.timedelta(days=28)  # the head of operations hears of a review four weeks overdue
COUNT_KEPT = 60  # seconds


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
    waived_until: dt.date | None = None  # of the target that it names

    def group(self, today: dt.date) -> str:
        if self.due_on is None or self.due_on > today + dt.timedelta(days=7):
            return "Later"
        return "Overdue" if self.due_on < today else "This week"


GROUPS = ("Overdue", "This week", "Later")
OF_REQUEST = (
    "title", "due_on", "subject_type", "subject_id", "workload_id", "proposed_by_id", "proposer_may_sign", "four_eyes",
    "one_per_person",
)  # fmt: skip
PER_KIND = 12  # the most urgent of each kind; a page that lists a hundred things asks for nothing


@dataclass(frozen=True)
class Asks:
    """What waits, the most urgent first; `more` counts what is not listed here."""

    listed: list[Ask]
    more: int

    @property
    def total(self) -> int:
        return len(self.listed) + self.more


def asks_of(user: User, *, today: dt.date, on: dt.date) -> Asks:
    """Everything that waits for this person; waivers as they hold `on` a day of the organisation. Six queries at
    most, whatever the number."""
    kinds = (
        _signatures(user, today, on),
        _targets(user, today, on),
        _drills(user, today),
        _actions(user, on),
        _rights(user, on),
    )
    found = [ask for asks, _ in kinds for ask in asks]
    found.sort(key=lambda ask: (ask.due_on is None, ask.due_on or today, ask.title))
    return Asks(found, sum(more for _, more in kinds))


def count_for(user: User, *, today: dt.date) -> int:
    """How many things `asks_of` would find, for the frame of every page.

    Counting takes as long as a whole page among ten thousand workloads, so a count is kept for a minute, and until she does
    something herself: each deed has its line in the trail. One query, and after such a deed a second one.
    """
    key, deeds = f"needs:{user.pk}:{today}", Event.objects.filter(actor_id=user.pk).order_by("-id").values_list("id")
    kept: tuple[int | None, int] | None = cache.get(key)
    if kept is not None and (kept[0],) == (deeds.first() or (None,)):
        return kept[1]
    kinds = (
        slots_waiting_for(user, on=today),
        _targets_of(user, today),
        drills_for(user, on=today),
        open_actions_for(user, on=today),
        Confirmation.objects.for_user(user, timezone.now()),
        _hears_of_leavers(user, today),
    )
    mine = User.objects.get_queryset().filter(pk=user.pk)
    last, *counted = mine.values_list(Subquery(deeds[:1]), *map(how_many, kinds)).get()
    cache.set(key, (last, sum(counted)), COUNT_KEPT)
    return sum(counted)


def how_many(rows: QuerySet[Any]) -> Coalesce:
    """Its number of rows as one value inside another query."""
    counted = rows.select_related(None).order_by().annotate(how_many=Func(F("pk"), function="COUNT"))
    return Coalesce(Subquery(counted.values("how_many"), IntegerField()), 0)


def _first(rows: QuerySet[Any], limit: int = PER_KIND) -> tuple[list[Any], int]:
    """The first rows and how many there are beyond them, in one query."""
    found = list(rows.annotate(in_all=Window(Count("pk")))[:limit])
    return found, (found[0].in_all - len(found) if found else 0)


def _signatures(user: User, today: dt.date, on: dt.date) -> tuple[list[Ask], int]:
    # The frozen document is large; of it the summary is shown. Asked for beside, it is read for the chosen rows alone.
    document = Request.objects.filter(pk=OuterRef("request")).order_by()
    slots = slots_waiting_for(user, on=today).select_related(None).select_related("request", "role")
    slots = slots.annotate(summary=Subquery(document.values(said=KeyTextTransform("summary", "document"))))
    found, more = _first(slots.only(*(f"request__{name}" for name in OF_REQUEST), "role__name", "position"))
    found = signing_as(user, found, on=on)
    until = waived_until([slot.request for slot in found], on=on)
    return [
        Ask(
            "Signature",
            "writing-sign",
            slot.request.title,
            f"{sentence(slot.summary)} You are asked as {slot.role.name[0].lower()}{slot.role.name[1:]}.",
            slot.request.due_on,
            reverse("signoffs:sign", args=[slot.request_id]),
            "Read and sign",
            until.get(slot.request_id),
        )
        for slot in found
    ], more


def _targets_of(user: User, today: dt.date) -> QuerySet[Classification]:
    """Targets in force whose review is hers and due soon, and proposals she has not sent; those of somebody who left too,
    where she stands in."""
    held = RoleAssignment.objects.in_force(today).of(user)
    mine = Q(workload__in=held.filter(role=BUSINESS_STAKEHOLDER, workload_id__isnull=False).values("workload_id"))
    leads = Q(Exists(held.filter(role=HEAD_OF_OPERATIONS, workload_id__isnull=True)))
    mine |= Q(review_due_on__lte=today - ESCALATES_AFTER) & leads
    for side in ("person", "deputy"):
        mine |= Q(workload__in=left_reviews(user, side, on=today).values("workload_id"))
    reviews = Q(state=Classification.State.SIGNED_OFF, review_due_on__lte=today + REVIEWS_AHEAD) & mine
    hers = Q(proposed_by=user) | Q(pk__in=unsent_of_gone(user, on=today).values("pk"))
    drafts = Q(state=Classification.State.PROPOSED) & hers
    return Classification.objects.filter(reviews | drafts)


def _targets(user: User, today: dt.date, on: dt.date) -> tuple[list[Ask], int]:
    # The names of the chosen ones alone; a join would read the whole register.
    name = Subquery(Workload.objects.filter(pk=OuterRef("workload")).order_by().values("name"))
    proposer = User.objects.filter(pk=OuterRef("proposed_by")).exclude(pk=user.pk).values("name")
    left = [
        Subquery(left_reviews(user, side, on=on).filter(workload_id=OuterRef("workload")).values(f"{side}__name")[:1])
        for side in ("person", "deputy")
    ]
    rows = _targets_of(user, today).annotate(name=name, waived_until=target_waived_until(on))
    rows = rows.annotate(proposer=Subquery(proposer), stakeholder=Coalesce(*left))
    rows = rows.only("tier_id", "rto_seconds", "rpo_seconds", "state", "review_due_on")
    found, more = _first(rows.order_by("review_due_on", "pk"))
    return [_review(row) if row.state == Classification.State.SIGNED_OFF else _draft(row) for row in found], more


def _review(target: Any) -> Ask:
    return Ask(
        "Review",
        "rotate-clockwise",
        f"{target.name}: still the right tier?",
        f"Tier {target.tier_id}, {duration(target.rto_seconds)} / {duration(target.rpo_seconds)}."
        + (f" {was_of(target.stakeholder)}" if target.stakeholder else ""),
        target.review_due_on,
        reverse("workloads:review", args=[target.pk]),
        "Review",
        target.waived_until,
    )


def _draft(draft: Any) -> Ask:
    return Ask(
        "Proposal",
        "pencil",
        f"{draft.name}: tier {draft.tier_id} is not sent yet",
        "Nobody is asked to sign before you send it."
        if draft.proposer is None
        else f"{was_of(draft.proposer)} Nobody is asked to sign before it is sent.",
        None,
        draft.get_absolute_url(),
        "Open proposal",
        draft.waived_until,
    )


def _drills(user: User, today: dt.date) -> tuple[list[Ask], int]:
    found, more = _first(drills_for(user, on=today))
    return [
        Ask(
            "Drill",
            "flag",
            f"{drill.workload.name}: {drill.get_kind_display()} drill",
            f"{drill.get_state_display()}. {_part(drill, user)}",
            drill.window_start.astimezone(user.zone).date(),
            drill.get_absolute_url(),
            "Open drill",
        )
        for drill in found
    ], more


def _part(drill: Any, user: User) -> str:
    if drill.coordinator_id == user.pk:
        return "You coordinate."
    # Of two reasons the one that nobody else looks after.
    return was_of(drill.coordinator_name) if drill.coordinator_left else "You take part."


def _actions(user: User, on: dt.date) -> tuple[list[Ask], int]:
    found, more = _first(open_actions_for(user, on=on))
    return [
        Ask(
            "Action",
            "checkbox",
            action.title,
            f"{action.drill.workload.name}, gap from the drill of {action.drill.window_start:%-d %b}. "
            + ("You own it." if action.owner_id == user.pk else was_of(action.owner.name)),
            action.due_on,
            action.get_absolute_url(),
            "Open action",
        )
        for action in found
    ], more


def _rights(user: User, on: dt.date) -> tuple[list[Ask], int]:
    """What only who may give roles is asked: to confirm what others gave, and to hand over what somebody left behind."""
    if not user.may(Permission.ASSIGN_ROLES):
        return [], 0
    waiting = Confirmation.objects.for_user(user, timezone.now())
    first = waiting.order_by("given_at", "pk").values(said=JSONObject(pk="pk", title="title", giver="given_by__name"))
    herself = User.objects.get_queryset().filter(pk=user.pk)
    # One question for both kinds.
    found, in_all, left = herself.values_list(
        ArraySubquery(first[:PER_KIND]), how_many(waiting), how_many(left_holding(on=on))
    ).get()
    return [*map(_confirmation, found), *_leavers(left)], in_all - len(found)


def _confirmation(one: dict[str, Any]) -> Ask:
    return Ask(
        "Confirmation",
        "shield-check",
        one["title"],
        f"{one['giver']} asks for a second person.",
        None,
        reverse("people:confirmation", args=[one["pk"]]),
        "Look and decide",
    )


def _leavers(number: int) -> list[Ask]:
    if not number:
        return []
    people, hold = ("person", "holds") if number == 1 else ("people", "hold")
    title = f"{number} {people} who left still {hold} something"
    why = "Roles, actions or drills that nobody may be doing. Hand them over to a successor."
    return [Ask("Hand over", "users", title, why, None, f"{reverse('people:list')}?holds=on", "Show who it is")]


def _hears_of_leavers(user: User, on: dt.date) -> QuerySet[User]:
    """One row, she herself, while somebody left whose things she may hand over; otherwise none."""
    herself = User.objects.get_queryset().filter(pk=user.pk)
    return herself.filter(Exists(left_holding(on=on))) if user.may(Permission.ASSIGN_ROLES) else herself.none()
