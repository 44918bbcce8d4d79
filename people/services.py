"""Deeds about people: adding them, giving roles, issuing tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from typing import Any

from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from audit.errors import Invalid, NotAllowed, WrongState
from audit.kinds import Kind
from audit.services import NOBODY, Actor, difference, record
from people import machine_tokens
from people.assignments import DAY, NOT_TO_ONESELF, assignment_problems, enter
from people.columns import problems_of
from people.confirmations import lock_of, nothing_left, twin_of
from people.models import (
    ApiToken,
    Contact,
    Role,
    RoleAssignment,
    Scope,
    Standing,
    Team,
    User,
    organisation_today,
    validate_time_zone,
)
from people.permissions import Permission
from people.telling import teller

TOKEN_DAYS_MAX = 366
_KEY = re.compile(r"drp_[A-Za-z0-9_-]{43}")
CONTACT_FIELDS = ("name", "kind", "organisation", "email", "phone", "note")
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
    _check_zone(time_zone)
    email, name, title = email.strip(), name.strip(), title.strip()
    _check(User(email=email, name=name, title=title), "email", "name", "title")
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                email, name=name, title=title, phone=phone, time_zone=time_zone, added_at=at, added_by=by
            )
    except IntegrityError:
        raise _taken("email", "Somebody with this e-mail is already here.") from None
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
    """Change how a person is described and which teams she is in.

    The e-mail stays: whoever could change it could have a link to a new password sent to himself, and sign in her name.
    """
    by.require(Permission.ADD_PEOPLE)
    _check_zone(time_zone)
    before = {f: getattr(person, f) for f in PERSON_FIELDS} | {"teams": sorted(t.name for t in person.teams.all())}
    person.name, person.title, person.phone, person.time_zone = name.strip(), title.strip(), phone, time_zone
    _check(person, "name", "title")
    person.save(update_fields=["name", "title", "phone", "time_zone"])
    person.teams.set(teams)
    after = {f: getattr(person, f) for f in PERSON_FIELDS} | {"teams": sorted(t.name for t in teams)}
    old, new = difference(before, after)
    if new:
        record(Kind.PERSON_CHANGED, person, by=by, at=at, before=old, after=new)
    return person


@transaction.atomic
def deactivate_person(*, person: User, by: User, at: dt.datetime) -> None:
    """Stop a person from signing in, at once; her sessions and tokens end with it. Raises NotAllowed for oneself, WrongState."""
    by.require(Permission.ADD_PEOPLE)
    if person.pk == by.pk:
        raise NotAllowed("You cannot deactivate yourself. Ask a colleague with this right.")
    if not User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        raise WrongState(f"{person.name} cannot sign in already.")
    person.is_active = False
    for session in UserSession.objects.filter(user=person):
        session.end()  # it would wake up again with the person
    for token in person.api_tokens.filter(revoked_at__isnull=True):
        _revoke(token, by, at)
    record(Kind.PERSON_DEACTIVATED, person, by=by, at=at, before={"is_active": True}, after={"is_active": False})


@transaction.atomic
def reactivate_person(*, person: User, by: User, at: dt.datetime) -> None:
    """Let a person sign in again, and act in the roles she still holds; her tokens stay ended. Raises WrongState."""
    by.require(Permission.ADD_PEOPLE)
    if not User.objects.get_queryset().filter(pk=person.pk, is_active=False).update(is_active=True):
        raise WrongState(f"{person.name} can sign in already.")
    person.is_active = True
    record(Kind.PERSON_REACTIVATED, person, by=by, at=at, before={"is_active": False}, after={"is_active": True})


@transaction.atomic
def set_preferences(*, person: User, at: dt.datetime, theme: str, mailing: str, time_zone: str) -> None:
    """What a person decides for herself: look, daily digest or not, time zone."""
    _check_zone(time_zone)
    before = {"theme": person.theme, "mailing": person.mailing, "time_zone": person.time_zone}
    person.theme, person.mailing, person.time_zone = theme, mailing, time_zone
    person.save(update_fields=["theme", "mailing", "time_zone"])
    old, new = difference(before, {"theme": theme, "mailing": mailing, "time_zone": time_zone})
    if new:
        record(Kind.PERSON_CHANGED, person, by=person, at=at, before=old, after=new)


def _check(thing: Model, *names: str) -> None:
    """Raises Invalid for names that cannot be written in one line, and addresses that mail cannot go to."""
    if problems := problems_of(thing, *names):
        raise Invalid(" ".join(problems.values()), problems)


def _check_zone(name: str) -> None:
    try:
        validate_time_zone(name)
    except ValidationError as error:
        raise Invalid(error.messages[0], {"time_zone": error.messages[0]}) from None


def _taken(field: str, message: str) -> Invalid:
    return Invalid(message, {field: message})


@transaction.atomic
def add_team(*, by: User, at: dt.datetime, name: str, purpose: str = "", members: Iterable[User] = ()) -> Team:
    """Add a team. Raises Invalid for a name that is taken."""
    by.require(Permission.ADD_PEOPLE)
    team, members = Team(name=name.strip(), purpose=purpose.strip()), list(members)
    _save_team(team)
    team.members.set(members)
    record(Kind.TEAM_ADDED, team, by=by, at=at, after=_described_team(team))
    return team


@transaction.atomic
def change_team(*, team: Team, by: User, at: dt.datetime, name: str, purpose: str, members: Iterable[User]) -> Team:
    """Rename a team, say what it is for, choose its members: they may change and classify what the team owns."""
    by.require(Permission.ADD_PEOPLE)
    team = Team.objects.select_for_update().get(pk=team.pk)
    before = _described_team(team)
    team.name, team.purpose = name.strip(), purpose.strip()
    _save_team(team)
    team.members.set(list(members))
    old, new = difference(before, _described_team(team))
    if new:
        record(Kind.TEAM_CHANGED, team, by=by, at=at, before=old, after=new)
    return team


def _save_team(team: Team) -> None:
    _check(team, "name")
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError:
        raise _taken("name", "Another team has this name.") from None


def _described_team(team: Team) -> dict[str, Any]:
    members = team.members.order_by("name", "pk").values_list("name", flat=True)
    return {"name": team.name, "purpose": team.purpose, "members": list(members)}


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
    organisation, email = organisation.strip(), email.strip()
    contact = Contact(name=name.strip(), kind=kind, organisation=organisation, email=email, phone=phone, note=note)
    _save_contact(contact)
    record(Kind.CONTACT_ADDED, contact, by=by, at=at, after=_described_contact(contact))
    return contact


@transaction.atomic
def change_contact(*, contact: Contact, by: User, at: dt.datetime, **values: str) -> Contact:
    """Change some of name, kind, organisation, email, phone, note. Raises Invalid."""
    by.require(Permission.ADD_PEOPLE)
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    before = _described_contact(contact)
    for field in CONTACT_FIELDS:
        if field in values:
            setattr(contact, field, values[field].strip())
    _save_contact(contact)
    old, new = difference(before, _described_contact(contact))
    if new:
        record(Kind.CONTACT_CHANGED, contact, by=by, at=at, before=old, after=new)
    return contact


def _save_contact(contact: Contact) -> None:
    if not (contact.email or contact.phone):
        raise Invalid("Write an e-mail or a telephone number.", {"phone": "Write an e-mail or a telephone number."})
    _check(contact, "name", "organisation", "email")
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        raise _taken("name", "This contact is already here.") from None


def _described_contact(contact: Contact) -> dict[str, Any]:
    return {field: getattr(contact, field) for field in CONTACT_FIELDS}


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
    reason: str = "",
) -> RoleAssignment:
    """Give a role to a person and a deputy from a day to a day; both are told as soon as it takes effect.

    A guarded role waits for a second person (people/confirmations.py). The same role, people and day twice is one row: the
    first is returned. Rights on one workload follow through `workloads.rights.settle_rights`, called by the deed's page and
    by the timetable. Raises Invalid, NotAllowed.
    """
    by.require(Permission.ASSIGN_ROLES)
    if by in (person, deputy):
        raise NotAllowed(NOT_TO_ONESELF)
    problems = assignment_problems(person, deputy, from_on, until_on, at=at, reason=reason)
    if problems:
        raise Invalid(" ".join(problems.values()), problems)
    assignment = RoleAssignment(
        role=role, person=person, deputy=deputy, from_on=from_on, until_on=until_on, workload_id=workload_id
    )
    try:
        with transaction.atomic():
            enter([assignment], by=by, at=at, reason=reason)
    except IntegrityError as error:
        there = twin_of(assignment)
        if there is None:
            raise
        if (there.deputy, there.until_on) != (deputy, until_on):
            whose = person or deputy
            refusal = f"{whose} was given this role from that day already. End that first, or choose another day."
            raise Invalid(refusal, {"from_on": refusal}) from error
        return there
    after = {"role": role.name, "person": person, "deputy": deputy, "from": from_on, "until": until_on}
    after |= {"standing": assignment.standing} if assignment.confirmation_id else {}
    record(Kind.ROLE_ASSIGNED, assignment, by=by, at=at, after=after | ({"reason": reason} if reason else {}))
    if assignment.standing != Standing.WAITING:
        teller().role_assigned(assignment, by=by, at=at)
    return assignment


@transaction.atomic
def end_role(*, assignment: RoleAssignment, by: User, at: dt.datetime, last_day: dt.date) -> None:
    """End an assignment after `last_day`; yesterday ends it at once, also where it began today, has not begun, or waits for
    a second person: then it came to nothing. Raises Invalid, and WrongState when it has ended.

    The past stays: who held a role on a day decided what she could sign on that day.
    """
    by.require(Permission.ASSIGN_ROLES)
    lock_of(RoleAssignment.objects.filter(pk=assignment.pk))
    assignment = RoleAssignment.objects.select_for_update(of=("self",)).select_related("role").get(pk=assignment.pk)
    today = organisation_today(at)
    if assignment.standing in (Standing.REFUSED, Standing.CANCELLED):
        raise WrongState(f"This came to nothing already: {assignment.get_standing_display().lower()}.")
    if assignment.until_on is not None and assignment.until_on < today:
        raise WrongState(f"This ended on {assignment.until_on:%-d %b %Y} already.")
    at_once = last_day == today - DAY
    if at_once and (assignment.from_on >= today or assignment.standing == Standing.WAITING):
        _cancel(assignment, by=by, at=at)
        return
    problem = ""
    if last_day < assignment.from_on:
        problem = (
            f"It begins on {assignment.from_on:%-d %b %Y}. Choose that day or a later one; yesterday takes it back."
        )
        if assignment.from_on < today:
            problem = f"It began on {assignment.from_on:%-d %b %Y}. Choose that day or a later one."
    elif last_day < today - DAY:
        problem = "The past cannot be changed. Choose yesterday to end it at once, or a later day."
    if problem:
        raise Invalid(problem, {"last_day": problem})
    before = {"until": assignment.until_on}
    assignment.until_on = last_day
    assignment.save(update_fields=["until_on"])
    record(Kind.ROLE_ENDED, assignment, by=by, at=at, before=before, after={"until": last_day})


def _cancel(assignment: RoleAssignment, *, by: User, at: dt.datetime) -> None:
    """It was given by mistake: from now on as if it had not been, with its line."""
    before, assignment.standing = {"standing": assignment.standing}, Standing.CANCELLED
    assignment.save(update_fields=["standing"])
    record(Kind.ROLE_ENDED, assignment, by=by, at=at, before=before, after={"standing": Standing.CANCELLED.value})
    if assignment.confirmation is not None:
        nothing_left(assignment.confirmation, by=by, at=at)


@transaction.atomic
def issue_token(
    *, by: User, at: dt.datetime, name: str, scope: str, days: int, machine: bool = False
) -> tuple[ApiToken, str]:
    """Issue a token for oneself. Returns it with the key, which nobody can see again. Raises Invalid, NotAllowed."""
    if machine:
        by.require(Permission.ISSUE_MACHINE_TOKENS)
    if not 1 <= days <= TOKEN_DAYS_MAX:
        raise Invalid("Choose 1 to 366 days.", {"days": "Choose 1 to 366 days."})
    _check(ApiToken(name=name), "name")
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
    if not _revoke(token, by, at):
        raise WrongState(f"“{token.name}” has been revoked already.")


def _revoke(token: ApiToken, by: User, at: dt.datetime) -> bool:
    revoked = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at, revoked_by=by)
    if revoked:
        record(Kind.TOKEN_REVOKED, token, by=by, at=at, after={"name": token.name})
    return bool(revoked)


def use_token(*, key: str, at: dt.datetime) -> ApiToken | None:
    """The live token of this key, its use noted (to the minute); None for anything else. Raises MachineTokenEnded."""
    if not _KEY.fullmatch(key):
        return None
    token = ApiToken.objects.select_related("user").filter(prefix=key[4:12]).first()
    if token is None or not hmac.compare_digest(token.digest, _digest(key)):
        return None
    if token.machine and token.revoked_at is None and token.user.is_active:
        machine_tokens.require_right(token, at=at)
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
def note_unknown_sign_in(*, at: dt.datetime, method: str) -> None:
    """Somebody tried to sign in as nobody we know. What was typed is not noted, in no form: people mistake the fields, and a
    digest of a password can be guessed back."""
    after = {"method": method, "person": "nobody we know"}
    record(Kind.PERSON_SIGN_IN_FAILED, User(pk=0, name="Nobody we know"), by=NOBODY, at=at, after=after)


@transaction.atomic
def note_credential(*, person: User, by: Actor, at: dt.datetime, what: str) -> None:
    record(Kind.PERSON_CREDENTIAL_CHANGED, person, by=by, at=at, after={"what": what})
