"""What people ask of this room when somebody hands over (people/estates.py)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from people.models import User
from people.wording import date_words
from workloads.campaigns.queries import reviews_due
from workloads.models import Workload
from workloads.rights import settle_rights


class Places:
    def names(self, numbers: Iterable[int]) -> dict[int, str]:
        return dict(Workload.objects.filter(pk__in=list(numbers)).values_list("pk", "name"))

    def settle(self, *, at: dt.datetime) -> None:
        settle_rights(at=at)


class Reviews:
    """Reviews that wait for her go with her roles: who may reaffirm is asked of the roles."""

    label = "Reviews that wait"
    follows_roles = True

    def owned(self, person: User, *, on: dt.date) -> list[str]:
        found = reviews_due(person, on).values_list("workload__name", "review_due_on")
        return [f"{name}, due {date_words(due)}" for name, due in found if due is not None]

    def owners(self) -> list[QuerySet[Any, Any]]:
        return []

    def hand_over(self, person: User, to: User, *, by: User, at: dt.datetime) -> None:
        """Nothing to move."""
