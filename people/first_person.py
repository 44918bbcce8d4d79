"""The first person of an empty portal. Nobody is there yet who could add her or give her a role: the machine's owner does."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from audit.errors import Invalid, WrongState
from audit.kinds import Kind
from audit.services import MACHINE_OWNER, record
from people.confirmations import twin_of
from people.models import Role, RoleAssignment, User, organisation_today
from people.permissions import HEAD_OF_OPERATIONS
from people.services import PERSON_FIELDS


@transaction.atomic
def enter_first_person(*, at: dt.datetime, email: str, name: str) -> User:
    """Add a person, or take the one with this e-mail, and make her head of operations who may open the admin site.

    Again for the same person, as long as she has no password, changes nothing. Raises Invalid, and WrongState as soon as
    somebody is head of operations: from then on roles are given in the portal.
    """
    role = Role.objects.select_for_update().get(pk=HEAD_OF_OPERATIONS)  # two at once: the second one finds the first
    person = User.objects.filter(email__iexact=email.strip()).first()
    today = organisation_today(at)
    held = RoleAssignment.objects.in_force(today).filter(role=role, workload_id=None).select_related("person")
    if person is not None and not person.has_usable_password() and held.filter(person=person).exists():
        return person
    if first := held.filter(person__is_active=True).first():
        raise WrongState(
            f"{first.person} is head of operations already, and adds people and gives roles in the portal."
        )
    person = _enter(person, email, name, at)
    given = RoleAssignment(role=role, person=person, deputy=None, from_on=today, until_on=None)
    if twin_of(given) is not None:
        raise WrongState(
            f"{person.name} was given this role today and waits for a second person: see `confirmations list`."
        )
    given.save()
    after = {"role": role.name, "person": person, "deputy": None, "from": today, "until": None}
    record(Kind.ROLE_ASSIGNED, given, by=MACHINE_OWNER, at=at, after=after)
    return person


def _enter(person: User | None, email: str, name: str, at: dt.datetime) -> User:
    if person is not None and not person.is_active:
        raise WrongState(f"{person.name} can no longer sign in. Name somebody else.")
    if person is not None:
        if not person.is_staff:
            person.is_staff = True
            person.save(update_fields=["is_staff"])
            before, after = {"is_staff": False}, {"is_staff": True}
            record(Kind.PERSON_CHANGED, person, by=MACHINE_OWNER, at=at, before=before, after=after)
        return person
    person = User(
        email=email.strip().lower(),
        name=name.strip(),
        is_staff=True,
        time_zone=settings.ORGANISATION_TIME_ZONE,
        added_at=at,
    )
    person.set_unusable_password()
    try:
        person.full_clean()
    except ValidationError as error:
        said = {field: " ".join(messages) for field, messages in error.message_dict.items()}
        raise Invalid("; ".join(f"{field}: {message}" for field, message in said.items()), said) from None
    person.save()
    after = {field: getattr(person, field) for field in PERSON_FIELDS}
    record(Kind.PERSON_ADDED, person, by=MACHINE_OWNER, at=at, after=after)
    return person
