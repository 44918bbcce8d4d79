"""Signatures that wait for a person go with her roles: who may sign is asked of the roles when somebody signs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from people.models import User
from signoffs.queries import signing_as, slots_waiting_for


class Signatures:
    label = "Signatures that wait"
    follows_roles = True

    def owned(self, person: User, *, on: dt.date) -> list[str]:
        slots = signing_as(person, slots_waiting_for(person, on=on), on=on)
        return [f"{slot.request.title}, as {slot.role.name}" for slot in slots]

    def owners(self) -> list[QuerySet[Any, Any]]:
        return []

    def hand_over(self, person: User, to: User, *, by: User, at: dt.datetime) -> None:
        """Nothing to move."""
