"""Building the demo organisation by the portal's own deeds, each at its own moment of the past two years.

Everything is decided by the data and by a seeded random number, relative to the day of building: two portals built on one
day hold the same organisation.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.db import connection

from communications.models import Delivery, Message
from drportal.demo import cast, estate
from drportal.demo.drills import coming_drills, past_drills
from drportal.demo.impact import analyse, why_other
from drportal.demo.reviewing import review_campaigns
from drportal.demo.taking_apart import find_out_later, take_apart
from drportal.demo.waivers import waive_some
from people import services as people_services
from people.confirmations import confirm
from people.models import Role, RoleAssignment, Team, User, organisation_today
from people.proof import IdentityProof, Method
from people.queries import people_in_role
from people.wording import parse_duration
from signoffs import services as signoffs
from signoffs.documents import digest
from signoffs.eligibility import of_request
from signoffs.models import Request
from workloads import reviews
from workloads import services as workloads
from workloads.models import Classification, Tier, Workload
from workloads.rights import settle_rights
from workloads.signing import classification_document

FIRST_ROLES = ("head-of-operations", "it-operations", "continuity-planner")
METHODS = (Method.PASSKEY, Method.TOTP, Method.PASSWORD)
SLO = {0: "99.99", 1: "99.95", 2: "99.9", 3: "99.5"}
# Messages about deeds older than this were never meant to leave; the demo takes them out again.
OLD_NEWS = dt.timedelta(days=10)


class Organisation:
    """The people and workloads as they are made; `now` is the moment of building."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now
        self.random = random.Random(20)  # noqa: S311 (a story, not a secret)
        self.people: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.tiers = {tier.level: tier for tier in Tier.objects.all()}
        self.roles = {role.key: role for role in Role.objects.all()}

    def ago(self, days: float) -> dt.datetime:
        """A working moment that many days ago: between nine and four o'clock, never the same minute twice in a row."""
        day = self.now - dt.timedelta(days=days)
        start = day.replace(hour=8, minute=0, second=0, microsecond=0)
        return min(start + dt.timedelta(seconds=self.random.randrange(7 * 3600)), self.now - dt.timedelta(minutes=5))


def build(now: dt.datetime, say: Callable[[str], None] = lambda text: None) -> Organisation:
    """Build Harbour Mutual. Takes some ten seconds; run it in one transaction."""
    org = Organisation(now)
    say("people and roles")
    _people(org)
    made = {load.name: _workload(org, load) for load in cast.WORKLOADS}
    take_apart(org, made)
    say("impact analyses")
    analyse(org, made)
    for load in cast.WORKLOADS:
        say(load.name)
        _story(org, load, made[load.name])
    say("drills")
    for load in cast.WORKLOADS:
        workload = Workload.objects.get(name=load.name)
        first = workload.classifications.filter(signed_off_at__isnull=False).select_related("tier").last()
        if first is not None:
            past_drills(org, load, workload, first)
    coming_drills(org)
    find_out_later(org, made)
    settle_rights(at=now)
    say("review campaigns")
    review_campaigns(org)
    waive_some(now)
    _take_out_old_news(now - OLD_NEWS)
    _wait_for_a_second_person(org)
    return org


def _take_out_old_news(before: dt.datetime) -> None:
    """Take out messages that were never meant to leave. Only the owner of the tables can: nobody else deletes a message."""
    tables = (Message._meta.db_table, Delivery._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE public.{table} DISABLE TRIGGER USER")
        Message.objects.filter(created_at__lt=before).delete()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE public.{table} ENABLE TRIGGER USER")


def _people(org: Organisation) -> None:
    start = org.now - dt.timedelta(
        days=790
    )  # roles given a month before the first workload: its people may confirm by then
    org.teams = {name: Team.objects.create(name=name, purpose=purpose) for name, purpose in cast.TEAMS.items()}
    password = make_password(cast.PASSWORD)  # hashed once: the hash is slow on purpose
    for person in cast.PEOPLE:
        user = User.objects.create(
            email=person.email, password=password, name=person.name, title=person.title, time_zone=person.time_zone,
            is_staff=person.staff, mailing=person.mailing, added_at=start,
        )  # fmt: skip
        user.teams.set([org.teams[name] for name in person.teams])
        org.people[person.key] = user
    maren = org.people["maren"]
    # The first of those who give roles and confirm cannot be appointed by anybody with the right to; from then on deeds do it.
    first = [role for role in cast.ORGANISATION_ROLES if role[0] in FIRST_ROLES]
    for role, holder, deputy in first:
        RoleAssignment.objects.create(
            role=org.roles[role], person=_who(org, holder), deputy=_who(org, deputy), from_on=organisation_today(start)
        )
    later = [role for role in cast.ORGANISATION_ROLES if role not in first]
    later.sort(
        key=lambda role: role[0] != "continuity-planner"
    )  # with her there are three who may give roles and confirm
    for role, holder, deputy in later:
        _give(org, role, holder, deputy, at=start + dt.timedelta(hours=2))
    for name, organisation, kind, email, phone, note in cast.CONTACTS:
        people_services.add_contact(
            by=maren, at=start + dt.timedelta(hours=3), name=name, organisation=organisation, kind=kind, email=email,
            phone=phone, note=note,
        )  # fmt: skip


def _give(
    org: Organisation,
    role: str,
    holder: str | None,
    deputy: str | None,
    *,
    at: dt.datetime,
    workload: int | None = None,
) -> None:
    """By somebody who gets nothing by it; the second person is neither she, nor who gets it, nor made by her this month."""
    giver, second = ("aiko", "jonas") if "maren" in (holder, deputy) else ("maren", "jonas")
    if "jonas" in (holder, deputy):
        giver, second = "aiko", "maren"
    given = people_services.assign_role(
        by=_fresh(org, giver), at=at, role=org.roles[role], person=_who(org, holder), deputy=_who(org, deputy),
        from_on=organisation_today(at), workload_id=workload,
    )  # fmt: skip
    if given.confirmation is not None:
        later = at + dt.timedelta(minutes=org.random.randint(5, 50))
        confirm(confirmation=given.confirmation, by=_fresh(org, second), at=later, proof=_proof(org, later))


def _fresh(org: Organisation, key: str) -> User:
    """With the rights of today, not those that were asked for before."""
    return User.objects.get_queryset().get(pk=org.people[key].pk)


def _who(org: Organisation, key: str | None) -> User | None:
    return org.people[key] if key else None


def _workload(org: Organisation, load: cast.Load) -> Workload:
    maren = org.people["maren"]
    at = org.ago(740 if load.story != "none" else 25)
    number = cast.WORKLOADS.index(load) + 101
    workload = workloads.add_workload(
        by=maren, at=at, name=load.name, purpose=load.purpose, owner_team=org.teams[load.team], reference=f"APP-{number}",
        business_unit=cast.UNITS[load.team], lifecycle=load.lifecycle, tags=load.tags.split(",") if load.tags else [],
        own_rto_seconds=parse_duration(said) if (said := estate.OWN_TIMES.get(load.name)) else None,
        is_shared=load.shared,
    )  # fmt: skip
    for role, (holder, deputy) in zip(
        ("business-stakeholder", "workload-team"), cast.TEAM_ROLES[load.team], strict=True
    ):
        _give(org, role, holder, deputy, at=at, workload=workload.pk)
    settle_rights(at=org.now, workload_id=workload.pk)
    return workload


def _wait_for_a_second_person(org: Organisation) -> None:
    """Since yesterday: the auditor's deputy."""
    at = org.now - dt.timedelta(hours=20)
    people_services.assign_role(
        by=_fresh(org, "maren"), at=at, role=org.roles["auditor"], person=None, deputy=org.people["clara"],
        from_on=organisation_today(at), reason="Samuel Adeyemi is on leave until the end of next month.",
    )  # fmt: skip


# How long ago the target in force was last signed: its review falls due 90 days later.
SIGNED_AGO = {"due": (80, 89), "overdue": (95, 118)}


def _story(org: Organisation, load: cast.Load, workload: Workload) -> None:
    """Where the target of this workload stands, and how it came there."""
    if load.story in ("none",) or load.lifecycle == "retired":
        return
    if load.story in ("signed", "due", "overdue", "raised", "half"):
        low, high = SIGNED_AGO.get(load.story, (6, 78))
        signed_ago = org.random.randint(low, high)
        _signed(org, load, workload, signed_ago)
    if load.story == "raised":
        _review(org, _propose(org, load, workload, 4, tier=load.tier - 1, rto="60 s"), signers=2, ago=3)
    elif load.story == "half":
        _review(org, _propose(org, load, workload, 6, rto="5 min" if load.tier == 1 else "2 h"), signers=1, ago=5)
    elif load.story == "review":
        _review(org, _propose(org, load, workload, 9), signers=0, ago=8)
    elif load.story == "proposed":
        _propose(org, load, workload, 2)
    elif load.story == "rejected":
        _rejected(org, load, workload)
    elif load.story == "withdrawn":
        draft = _propose(org, load, workload, 30)
        workloads.withdraw(classification=draft, by=draft.proposed_by, at=org.ago(21))


def _signed(org: Organisation, load: cast.Load, workload: Workload, signed_ago: int) -> None:
    """Signed first a year or so earlier, reaffirmed every quarter, the last time `signed_ago` days ago."""
    rounds = org.random.randint(3, 5)
    first = signed_ago + 88 * rounds
    _review(org, _propose(org, load, workload, first + 5), signers=3, ago=first)
    for number in reversed(range(rounds)):
        target = Classification.objects.select_related("workload", "tier").get(
            workload=workload, state=Classification.State.SIGNED_OFF
        )
        at = org.ago(signed_ago + 88 * number)
        by = people_in_role("business-stakeholder", workload_id=workload.pk, on=organisation_today(at))[0]
        seen = digest(classification_document(target))
        reviews.reaffirm(classification=target, by=by, at=at, proof=_proof(org, at), digest=seen)


def _propose(
    org: Organisation, load: cast.Load, workload: Workload, ago: int, *, tier: int | None = None, rto: str = ""
) -> Classification:
    level = load.tier if tier is None else tier
    proposer = people_in_role("workload-team", workload_id=workload.pk, on=organisation_today(org.now))[0]
    rto_seconds, rpo_seconds = parse_duration(rto or load.rto), parse_duration(load.rpo)
    allowed = org.tiers[level]
    looser = rto_seconds > allowed.rto_seconds or rpo_seconds > allowed.rpo_seconds
    return workloads.propose(
        workload=workload, by=proposer, at=org.ago(ago), tier=allowed, slo=Decimal(SLO[level]), rto_seconds=rto_seconds,
        rpo_seconds=rpo_seconds, reason=cast.REASONS[level],
        looser_reason="The provider promises no more, and the business can bridge the difference by hand." if looser else "",
        differs_reason=why_other(workload, level, rto_seconds, rpo_seconds),
    )  # fmt: skip


def _review(org: Organisation, classification: Classification, *, signers: int, ago: int) -> None:
    """Send it and let the first `signers` roles sign, each an hour or so after the other."""
    at = org.ago(ago + 1)
    request = workloads.send_for_signature(classification=classification, by=classification.proposed_by, at=at)
    for slot in list(request.slots.all())[:signers]:
        at = min(at + dt.timedelta(minutes=org.random.randint(40, 300)), org.now - dt.timedelta(minutes=1))
        _sign(org, request, slot.role_id, classification, at)


def _sign(org: Organisation, request: Request, role: str, classification: Classification, at: dt.datetime) -> None:
    people = people_in_role(role, workload_id=request.workload_id, on=organisation_today(at))
    # Now and then the deputy signs, in her own name.
    by = people[-1] if len(people) > 1 and org.random.random() < 0.15 else people[0]
    # Who proposed it, or has to sign in another of her roles, leaves it to somebody else.
    signers = of_request(request, on=organisation_today(at))
    able = [one for one in signers.may_sign(role) if signers.role_instead(role, one) is None]
    by = by if by in able else able[0]
    signoffs.sign(request=request, by=by, at=at, proof=_proof(org, at), digest=request.digest, role=role)


def _proof(org: Organisation, at: dt.datetime) -> IdentityProof:
    return IdentityProof(org.random.choice(METHODS), at - dt.timedelta(seconds=org.random.randint(5, 200)))


def _rejected(org: Organisation, load: cast.Load, workload: Workload) -> None:
    draft = _propose(org, load, workload, 14)
    at = org.ago(12)
    request = workloads.send_for_signature(classification=draft, by=draft.proposed_by, at=at)
    by = people_in_role("business-stakeholder", workload_id=workload.pk, on=organisation_today(at))[0]
    at += dt.timedelta(hours=3)
    signoffs.reject(
        request=request, by=by, at=at, proof=_proof(org, at),
        reason="Nobody needs a meeting room within four hours. Tier 3 is enough; save the money for the ledger.",
    )  # fmt: skip
