"""The small cast of most tests: one leads, one proposes, three sign, one reads, one must see nothing."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from audit.services import MACHINE_OWNER
from people.confirmations import confirm_as_owner, twin_of
from people.models import Confirmation, Role, RoleAssignment, Team, User
from people.permissions import (
    AUDITOR,
    BUSINESS_STAKEHOLDER,
    EXECUTIVE_SPONSOR,
    HEAD_OF_OPERATIONS,
    IT_OPERATIONS,
    WORKLOAD_OWNER,
)
from people.proof import IdentityProof, Method
from signoffs import services as signoffs
from workloads import services as workloads
from workloads.models import (
    Classification,
    ImpactAnalysis,
    ImpactAnswer,
    ImpactCategory,
    ImpactPoint,
    Level,
    Loss,
    Tier,
    UserFlow,
    Workload,
)
from workloads.rights import settle_rights

PASSWORD = "a-long-test-password"
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
LONG_AGO = dt.date(2024, 1, 1)


def person(
    name: str, *, role: str = "", workload: Workload | None = None, team: Team | None = None, **fields: Any
) -> User:
    """A person with a password; with a role for the organisation, or for one workload."""
    user = User.objects.create_user(
        f"{name.lower().replace(' ', '.')}@example.org", PASSWORD, name=name, added_at=NOW, **fields
    )
    if team is not None:
        user.teams.add(team)
    if role:
        give(role, user, workload=workload)
    return user


def give(
    role: str, user: User | None, *, deputy: User | None = None, workload: Workload | None = None
) -> RoleAssignment:
    given = RoleAssignment(
        role=Role.objects.get(pk=role), person=user, deputy=deputy, workload_id=workload.pk if workload else None
    )
    given.from_on = LONG_AGO
    while twin_of(given) is not None:  # she held it before
        given.from_on += dt.timedelta(days=1)
    given.save()
    settle_rights(at=NOW)
    return given


@dataclass
class Cast:
    head: User
    sponsor: User
    platform: User
    auditor: User
    stranger: User
    team: Team
    owner: User
    stakeholder: User
    deputy: User
    workload: Workload


def make_cast() -> Cast:
    """Head of operations, sponsor, platform administrator, auditor; a team with its owner and one workload; its business
    stakeholder with a deputy; and a stranger without any role."""
    team = Team.objects.create(name="Payments")
    head = person("Maren Holt", role=HEAD_OF_OPERATIONS)
    workload = workloads.add_workload(
        by=head,
        at=NOW - dt.timedelta(days=400),
        name="Payment Hub",
        purpose="Pays claims.",
        owner_team=team,
        reference="APP-1",
    )
    stakeholder, deputy = person("Priya Raman"), person("Oskar Berge")
    give(BUSINESS_STAKEHOLDER, stakeholder, deputy=deputy, workload=workload)
    owner = person("Tomas Reyes", team=team)
    open_gates(workload, owner)
    return Cast(
        head=head,
        sponsor=person("David Okafor", role=EXECUTIVE_SPONSOR),
        platform=person("Jonas Lindqvist", role=IT_OPERATIONS, is_staff=True),
        auditor=person("Samuel Adeyemi", role=AUDITOR),
        stranger=person("Sten Fremd"),
        team=team,
        owner=owner,
        stakeholder=stakeholder,
        deputy=deputy,
        workload=workload,
    )


def open_gates(workload: Workload, owner: User) -> None:
    """What no target is sent without: a user flow, an answered impact analysis, somebody who owns it. No deeds of a test, so
    rows without lines in the trail. The analysis suggests tier 1, 15 min and 5 min."""
    UserFlow.objects.create(
        workload=workload, name=f"Use {workload.name}", what="For tests.", added_at=NOW, added_by=owner
    )
    analysis = ImpactAnalysis.objects.create(workload=workload, answered_at=NOW, answered_by=owner)
    ImpactAnswer.objects.bulk_create(
        ImpactAnswer(
            analysis=analysis,
            loss=loss,
            category=category,
            point=point,
            level=Level.SERIOUS if category.key == "trust" and point.seconds >= 3600 else Level.NONE,
        )
        for loss in Loss.values
        for category in ImpactCategory.objects.all()
        for point in ImpactPoint.objects.all()
    )
    RoleAssignment.objects.create(
        role=Role.objects.get(pk=WORKLOAD_OWNER), person=owner, from_on=LONG_AGO, workload_id=workload.pk
    )


def show_it_is_me(client: Any) -> None:
    """What typing one's password once more leaves in the session, five minutes long."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()


def confirm_all(at: dt.datetime = NOW) -> None:
    """Everything that waits for a second person, as the owner of the machine would confirm it."""
    for waiting in Confirmation.objects.waiting():
        confirm_as_owner(confirmation=waiting, by=MACHINE_OWNER, at=at)


def proof(at: dt.datetime = NOW, method: Method = Method.PASSWORD) -> IdentityProof:
    return IdentityProof(method, at - dt.timedelta(seconds=30))


def propose(
    cast: Cast, *, tier: int = 1, at: dt.datetime = NOW, by: User | None = None, **values: Any
) -> Classification:
    level = Tier.objects.get(pk=tier)
    target: dict[str, Any] = {
        "slo": level.slo_floor or Decimal("99.5"),
        "rto_seconds": level.rto_seconds,
        "rpo_seconds": level.rpo_seconds,
        "reason": "An hour costs a lot.",
        "differs_reason": "The contract asks for it.",  # kept only where it differs from what open_gates suggests
    }
    return workloads.propose(workload=cast.workload, by=by or cast.owner, at=at, tier=level, **(target | values))


def put_in_force(cast: Cast, *, tier: int = 1, at: dt.datetime = NOW, **values: Any) -> Classification:
    """Propose, send and let everybody sign; the target in force."""
    classification = propose(cast, tier=tier, at=at, **values)
    request = workloads.send_for_signature(classification=classification, by=cast.owner, at=at)
    for slot in request.slots.all():
        by = {BUSINESS_STAKEHOLDER: cast.stakeholder, EXECUTIVE_SPONSOR: cast.sponsor, HEAD_OF_OPERATIONS: cast.head}
        signoffs.sign(
            request=request, by=by[slot.role_id], at=at, proof=proof(at), digest=request.digest, role=slot.role_id
        )
    classification.refresh_from_db()
    return classification
