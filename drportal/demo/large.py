"""A large organisation for measuring: rows laid down in bulk, without the deeds and their trail."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import connection

from drportal.demo.impact import add_answers
from people.models import RoleAssignment, Team, User, organisation_today
from people.proof import Method
from signoffs.documents import digest, plain_text
from signoffs.models import Request, Signature, Slot
from workloads.models import (
    Classification,
    Dependency,
    Order,
    Proof,
    SigningRule,
    Strength,
    ThirdParty,
    Tier,
    UserFlow,
    Workload,
)
from workloads.rights import settle_rights
from workloads.signing import CLASSIFICATION, classification_document

CHUNK = 1000
AREAS = (
    "Claims",
    "Policy",
    "Payment",
    "Broker",
    "Customer",
    "Ledger",
    "Fleet",
    "Health",
    "Travel",
    "Home",
    "Marine",
    "Pension",
)
THINGS = (
    "Portal",
    "Engine",
    "Store",
    "Hub",
    "Gateway",
    "Desk",
    "Register",
    "Service",
    "Feed",
    "Archive",
    "Planner",
    "Monitor",
)
PURPOSES = (
    "Keeps the books of one product line and feeds the nightly reports.",
    "Takes calls from partners and passes them on to the systems behind.",
    "Lets staff look up what customers were told and when.",
    "Moves files between two systems that cannot talk to each other.",
)
FLOWS = (
    ("Do the day's work", "What staff open it for in the morning.", True),
    ("Look something up", "Questions about what was done before.", False),
)
WHEN_DOWN = ("Work piles up for a day.", "Staff phone each other.", "Customers wait.", "Nobody notices before noon.")
NEEDS, SHARED = 4, 40
# Share of workloads whose target is signed, in review, proposed, not there.
STORIES = ("signed",) * 7 + ("review", "proposed", "none")
VERDICTS = (Proof.MET, Proof.MET, Proof.MET, Proof.CLAIMED, Proof.MISSED, Proof.UNMEASURED)


def add_large(size: int, now: dt.datetime, done: Callable[[int], None] = lambda number: None) -> None:
    """Add workloads until there are `size`; deterministic for a given start. Call it in one transaction."""
    dice = random.Random(size)  # noqa: S311 (a story, not a secret)
    have = Workload.objects.count()
    people = list(User.objects.filter(is_active=True).order_by("pk"))
    teams = list(Team.objects.order_by("pk"))
    tiers = list(Tier.objects.all())
    earlier = list(Workload.objects.order_by("pk").values_list("pk", flat=True))
    parties = list(ThirdParty.objects.order_by("pk"))
    for start in range(have, size, CHUNK):
        numbers = range(start, min(start + CHUNK, size))
        loads = Workload.objects.bulk_create(_workload(n, dice, teams, people, now) for n in numbers)
        _roles(loads, people, dice, now)
        targets = [_target(load, dice, tiers, now) for load in loads]
        add_answers(loads[::10], {t.workload_id: t.tier_id for t in targets if t is not None}, now)
        _sign([t for t in targets if t is not None], people, dice, now)
        _flows(loads, dice)
        _needs(loads, earlier, parties, dice)
        done(numbers.stop)
    settle_rights(at=now)


def _workload(number: int, dice: random.Random, teams: list[Team], people: list[User], now: dt.datetime) -> Workload:
    proven = dice.random() < 0.7
    drilled_on = organisation_today(now) - dt.timedelta(days=dice.randint(1, 400)) if proven else None
    return Workload(
        name=f"{dice.choice(AREAS)} {dice.choice(THINGS)} {number:05d}", reference=f"SYS-{number:06d}",
        purpose=dice.choice(PURPOSES), owner_team=dice.choice(teams), business_unit=dice.choice(AREAS),
        tags=dice.sample(["night", "money", "vendor", "public", "record"], k=dice.randint(0, 2)),
        added_at=now - dt.timedelta(days=400), added_by=people[0],
        proven_on=drilled_on, drilled_on=drilled_on,
        proof_rto=dice.choice(VERDICTS) if proven else Proof.UNMEASURED,
        proof_rpo=dice.choice(VERDICTS) if proven else Proof.UNMEASURED,
    )  # fmt: skip


def _roles(loads: list[Workload], people: list[User], dice: random.Random, now: dt.datetime) -> None:
    since = organisation_today(now) - dt.timedelta(days=400)
    RoleAssignment.objects.bulk_create(
        RoleAssignment(role_id=role, workload_id=load.pk, person=holder, deputy=deputy, from_on=since)
        for load in loads
        for role in ("business-stakeholder", "workload-team")
        for holder, deputy in [dice.sample(people, k=2)]
    )


def _flows(loads: list[Workload], dice: random.Random) -> None:
    """Two each, the first of them critical."""
    UserFlow.objects.bulk_create(
        UserFlow(
            workload=load, name=name, what=what, relied_on_by="Staff of one product line.", is_critical=is_critical,
            when_down=dice.choice(WHEN_DOWN), added_at=load.added_at, added_by=load.added_by,
        )
        for load in loads
        for name, what, is_critical in FLOWS
    )  # fmt: skip


def _needs(loads: list[Workload], earlier: list[int], parties: list[ThirdParty], dice: random.Random) -> None:
    """Four each, on what was there before, a third of them on a few that many need; now and then one leads back."""
    rows = []
    for load in loads:
        chosen: set[int] = set()
        while len(chosen) < min(NEEDS, len(earlier)):
            chosen.add(dice.choice(earlier[:SHARED]) if dice.random() < 0.3 else dice.choice(earlier))
        needs = sorted(chosen)
        if parties and needs and dice.random() < 0.2:
            needs.pop()
            rows.append(_dependency(load, load.pk, dice, third_party=dice.choice(parties)))
        rows += [_dependency(load, load.pk, dice, needs_id=number) for number in needs]
        if needs and dice.random() < 0.01:
            rows.append(_dependency(load, needs[-1], dice, needs_id=load.pk))
        earlier.append(load.pk)
    Dependency.objects.bulk_create(rows, batch_size=CHUNK)


def _dependency(load: Workload, workload_id: int, dice: random.Random, **on: Any) -> Dependency:
    is_soft = dice.random() < 0.2
    return Dependency(
        workload_id=workload_id, strength=Strength.SOFT if is_soft else Strength.HARD,
        remains="Done by hand for a day." if is_soft else "", order=dice.choice(Order.values), added_at=load.added_at,
        added_by=load.added_by, **on,
    )  # fmt: skip


def _target(load: Workload, dice: random.Random, tiers: list[Tier], now: dt.datetime) -> Classification | None:
    story = dice.choice(STORIES)
    if story == "none":
        return None
    tier = dice.choices(tiers, weights=[5, 20, 45, 30])[0]
    target = Classification(
        workload=load, tier=tier, slo=Decimal(tier.slo_floor or 99), rto_seconds=tier.rto_seconds,
        rpo_seconds=tier.rpo_seconds, reason="As laid down for this tier.", proposed_by=load.added_by,
        proposed_at=now - dt.timedelta(days=dice.randint(20, 120)),
        state={"signed": "signed_off", "review": "in_review", "proposed": "proposed"}[story],
    )  # fmt: skip
    if story == "signed":
        target.signed_off_at = target.proposed_at + dt.timedelta(days=5)
        target.signed_off_by = load.added_by
        target.review_due_on = organisation_today(target.signed_off_at) + dt.timedelta(days=tier.review_days)
    return target


def _sign(targets: list[Classification], people: list[User], dice: random.Random, now: dt.datetime) -> None:
    """Requests with their slots; those in force fully signed."""
    rules = {
        tier.pk: list(SigningRule.objects.filter(tier=tier).select_related("role"))
        for tier in {t.tier for t in targets}
    }
    asked = [t for t in targets if t.state != Classification.State.PROPOSED]
    # A target in review names its request, and a request for ever its target: so the numbers are drawn beforehand.
    for target, number in zip(targets, _numbers(len(targets)), strict=True):
        target.pk = number
    requests = Request.objects.bulk_create(_request(target) for target in asked)
    for target, request in zip(asked, requests, strict=True):
        target.request = request
    Classification.objects.bulk_create(targets)
    slots = Slot.objects.bulk_create(
        Slot(request=request, role=rule.role, meaning=rule.meaning, position=rule.position)
        for target, request in zip(asked, requests, strict=True)
        for rule in rules[target.tier_id]
    )
    # Each slot of a request is signed by another person.
    chosen = {
        request.pk: iter(dice.sample(people, len(rules[target.tier_id])))
        for target, request in zip(asked, requests, strict=True)
    }
    Signature.objects.bulk_create(
        _signature(slot, next(chosen[slot.request_id])) for slot in slots if slot.request.state == "completed"
    )


def _numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('workloads_classification', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [number for (number,) in cursor.fetchall()]


def _request(target: Classification) -> Request:
    document = classification_document(target)
    closed = target.state == Classification.State.SIGNED_OFF
    return Request(
        subject_type=CLASSIFICATION, subject_id=target.pk, workload_id=target.workload_id,
        thread=f"workload:{target.workload_id}", title=document["title"], document=document, text=plain_text(document),
        digest=digest(document), requested_at=target.proposed_at, requested_by=target.proposed_by,
        proposed_by=target.proposed_by,
        due_on=organisation_today(target.proposed_at) + dt.timedelta(days=14), state="completed" if closed else "open",
        closed_at=target.signed_off_at, closed_by=target.signed_off_by,
    )  # fmt: skip


def _signature(slot: Slot, signer: User) -> Signature:
    request = slot.request
    return Signature(
        slot=slot, request=request, signer=signer, printed_name=signer.name, printed_role=slot.role.name, meaning=slot.meaning,
        signed_at=request.closed_at or request.requested_at, method=Method.PASSKEY, digest=request.digest,
    )  # fmt: skip
