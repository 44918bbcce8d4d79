"""Deeds about people: adding them, giving roles, issuing tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

from django.db import IntegrityError, transaction

from audit.errors import Invalid, NotAllowed
from audit.kinds import Kind
from audit.services import NOBODY, Actor, difference, record
from people.models import ApiToken, Contact, Role, RoleAssignment, Scope, Team, User
from people.permissions import Permission

TOKEN_DAYS_MAX = 366
PERSON_FIELDS = ("email", "name", "title", "phone", "time_zone", "is_staff", "is_active")


@transaction.atomic
def add_person(
    *,
    by: User,
    at: dt.datetime,
    email: str,
    name: str,
    title: str = "",
    phone: str = "",
    time_zone: str = "Europe/Oslo",
    teams: tuple[Team, ...] = (),
) -> User:
    """Add a person without a password: she sets one through the reset link. Raises Invalid for a known e-mail."""
    by.require(Permission.ADD_PEOPLE)
    if User.objects.filter(email__iexact=email.strip()).exists():
        raise Invalid(
            "Somebody with this e-mail is already here.", {"email": "Somebody with this e-mail is already here."}
        )
    user = User.objects.create_user(email, name=name, title=title, phone=phone, time_zone=time_zone)
    user.teams.set(teams)
    after = {field: getattr(user, field) for field in PERSON_FIELDS} | {"teams": [team.name for team in teams]}
    record(Kind.PERSON_ADDED, user, by=by, at=at, after=after)
    return user


@transaction.atomic
def change_person(
    *,
    person: User,
    by: User,
    at: dt.datetime,
    name: str,
    title: str,
    phone: str,
    time_zone: str,
    teams: tuple[Team, ...],
) -> User:
    """Change how a person is described and which teams she is in."""
    by.require(Permission.ADD_PEOPLE)
    before = {f: getattr(person, f) for f in PERSON_FIELDS} | {"teams": sorted(t.name for t in person.teams.all())}
    person.name, person.title, person.phone, person.time_zone = name, title, phone, time_zone
    person.save(update_fields=["name", "title", "phone", "time_zone"])
    person.teams.set(teams)
    after = {f: getattr(person, f) for f in PERSON_FIELDS} | {"teams": sorted(t.name for t in teams)}
    old, new = difference(before, after)
    if new:
        record(Kind.PERSON_CHANGED, person, by=by, at=at, before=old, after=new)
    return person


@transaction.atomic
def deactivate_person(*, person: User, by: User, at: dt.datetime) -> None:
    """Stop a person from signing in; her tokens end with it. Raises NotAllowed for oneself."""
    by.require(Permission.ADD_PEOPLE)
    if person.pk == by.pk:
        raise NotAllowed("You cannot deactivate yourself. Ask a colleague with this right.")
    if not User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        return
    for token in person.api_tokens.filter(revoked_at__isnull=True):
        revoke_token(token=token, by=by, at=at)
    record(Kind.PERSON_DEACTIVATED, person, by=by, at=at, before={"is_active": True}, after={"is_active": False})


@transaction.atomic
def set_preferences(*, person: User, at: dt.datetime, theme: str, mailing: str, time_zone: str) -> None:
    """What a person decides for herself: look, daily digest or not, time zone."""
    before = {"theme": person.theme, "mailing": person.mailing, "time_zone": person.time_zone}
    person.theme, person.mailing, person.time_zone = theme, mailing, time_zone
    person.save(update_fields=["theme", "mailing", "time_zone"])
    old, new = difference(before, {"theme": theme, "mailing": mailing, "time_zone": time_zone})
    if new:
        record(Kind.PERSON_CHANGED, person, by=person, at=at, before=old, after=new)


@transaction.atomic
def add_team(*, by: User, at: dt.datetime, name: str, purpose: str = "") -> Team:
    by.require(Permission.ADD_PEOPLE)
    team = Team.objects.create(name=name, purpose=purpose)
    record(Kind.TEAM_ADDED, team, by=by, at=at, after={"name": name, "purpose": purpose})
    return team


@transaction.atomic
def add_contact(
    *,
    by: User,
    at: dt.datetime,
    name: str,
    kind: str,
    organisation: str = "",
    email: str = "",
    phone: str = "",
    note: str = "",
) -> Contact:
    """Add somebody who never signs in. Raises Invalid without any way to reach her."""
    by.require(Permission.ADD_PEOPLE)
    if not (email or phone):
        raise Invalid("Write an e-mail or a telephone number.", {"phone": "Write an e-mail or a telephone number."})
    values = {"name": name, "kind": kind, "organisation": organisation, "email": email, "phone": phone, "note": note}
    try:
        with transaction.atomic():
            contact = Contact.objects.create(**values)
    except IntegrityError:
        raise Invalid("This contact is already here.", {"name": "This contact is already here."}) from None
    record(Kind.CONTACT_ADDED, contact, by=by, at=at, after=values)
    return contact


@transaction.atomic
def assign_role(
    *,
    by: User,
    at: dt.datetime,
    role: Role,
    person: User | None,
    deputy: User | None,
    from_on: dt.date,
    until_on: dt.date | None = None,
    workload_id: int | None = None,
) -> RoleAssignment:
    """Give a role to a person and a deputy from a day to a day. Raises Invalid.

    Rights on one workload follow through `workloads.services.settle_rights`, called by the deed's page and by the timetable.
    """
    by.require(Permission.ASSIGN_ROLES)
    problems = _assignment_problems(person, deputy, from_on, until_on)
    if problems:
        raise Invalid(" ".join(problems.values()), problems)
    assignment = RoleAssignment.objects.create(
        role=role, person=person, deputy=deputy, from_on=from_on, until_on=until_on, workload_id=workload_id
    )
    after = {"role": role.name, "person": person, "deputy": deputy, "from": from_on, "until": until_on}
    record(Kind.ROLE_ASSIGNED, assignment, by=by, at=at, after=after)
    return assignment


def _assignment_problems(
    person: User | None, deputy: User | None, from_on: dt.date, until_on: dt.date | None
) -> dict[str, str]:
    problems = {}
    if person is None and deputy is None:
        problems["person"] = "Choose a person, a deputy, or both."
    if person is not None and person == deputy:
        problems["deputy"] = "The deputy has to be somebody else."
    if until_on is not None and until_on < from_on:
        problems["until_on"] = "The last day is before the first one."
    for field, somebody in (("person", person), ("deputy", deputy)):
        if somebody is not None and not somebody.is_active:
            problems[field] = f"{somebody} can no longer sign in. Choose somebody else."
    return problems


@transaction.atomic
def end_role(*, assignment: RoleAssignment, by: User, at: dt.datetime, last_day: dt.date) -> None:
    """End an assignment after `last_day`. Raises Invalid when that is before it began."""
    by.require(Permission.ASSIGN_ROLES)
    if last_day < assignment.from_on:
        raise Invalid("The role began later than that.", {"last_day": f"It began on {assignment.from_on:%d %b %Y}."})
    before = {"until": assignment.until_on}
    assignment.until_on = last_day
    assignment.save(update_fields=["until_on"])
    record(Kind.ROLE_ENDED, assignment, by=by, at=at, before=before, after={"until": last_day})


@transaction.atomic
def issue_token(
    *, by: User, at: dt.datetime, name: str, scope: str, days: int, machine: bool = False
) -> tuple[ApiToken, str]:
    """Issue a token for oneself. Returns it with the key, which nobody can see again. Raises Invalid, NotAllowed."""
    if machine:
        by.require(Permission.ISSUE_MACHINE_TOKENS)
    if not 1 <= days <= TOKEN_DAYS_MAX:
        raise Invalid("Choose 1 to 366 days.", {"days": "Choose 1 to 366 days."})
    key = f"drp_{secrets.token_urlsafe(32)}"
    try:
        with transaction.atomic():
            token = ApiToken.objects.create(
                user=by,
                name=name,
                prefix=key[4:12],
                digest=_digest(key),
                scope=Scope(scope),
                machine=machine,
                created_at=at,
                expires_at=at + dt.timedelta(days=days),
            )
    except IntegrityError:
        raise Invalid("You have a token with this name.", {"name": "You have a token with this name."}) from None
    after = {"name": name, "scope": scope, "machine": machine, "expires": token.expires_at}
    record(Kind.TOKEN_ISSUED, token, by=by, at=at, after=after)
    return token, key


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User, at: dt.datetime) -> None:
    """Revoke at once: the next request with it is refused. Its owner may, and whoever looks after people."""
    if token.user_id != by.pk:
        by.require(Permission.ADD_PEOPLE)
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at, revoked_by=by):
        record(Kind.TOKEN_REVOKED, token, by=by, at=at, after={"name": token.name})


def use_token(*, key: str, at: dt.datetime) -> ApiToken | None:
    """The live token of this key, its use noted (to the minute); None for anything else."""
    token = ApiToken.objects.select_related("user").filter(prefix=key[4:12]).first()
    if token is None or not hmac.compare_digest(token.digest, _digest(key)):
        return None
    if not token.is_live(at) or not token.user.is_active:
        return None
    if token.last_used_at is None or at - token.last_used_at > dt.timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def note_sign_in(*, person: User, at: dt.datetime, method: str) -> None:
    record(Kind.PERSON_SIGNED_IN, person, by=person, at=at, after={"method": method})


@transaction.atomic
def note_failed_sign_in(*, person: User, at: dt.datetime, method: str) -> None:
    """Somebody tried to sign in as this person. What was typed is not noted."""
    record(Kind.PERSON_SIGN_IN_FAILED, person, by=NOBODY, at=at, after={"method": method})


@transaction.atomic
def note_credential(*, person: User, by: Actor, at: dt.datetime, what: str) -> None:
    record(Kind.PERSON_CREDENTIAL_CHANGED, person, by=by, at=at, after={"what": what})
