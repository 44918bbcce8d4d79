"""How messages are narrowed: the same on the page and in the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from audit.filters import SELECT, UtcTimeFilter
from communications.models import Delivery, Message
from communications.purposes import CHOICES

SEARCH_MAX = 100  # characters


class MessageFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Asks only deliveries that this person may see: the answer must not tell who else got a message."""

    q = django_filters.CharFilter(method="search", max_length=SEARCH_MAX, label="Person or words of the subject")
    state = django_filters.ChoiceFilter(
        method="in_state", choices=Delivery.State.choices, label="State", empty_label="Any state", widget=SELECT
    )
    purpose = django_filters.ChoiceFilter(choices=CHOICES, label="About", empty_label="Anything", widget=SELECT)

    class Meta:
        model = Message
        fields: tuple[str, ...] = ()

    def search(self, found: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        for word in value.split():
            person = Q(user__name__icontains=word) | Q(contact__name__icontains=word) | Q(address__icontains=word)
            to_them = Delivery.objects.visible_to(self.request.user).filter(person)
            found = found.filter(Q(subject_line__says=word) | Q(pk__in=to_them.order_by().values("message")))
        return found

    def in_state(self, found: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        there = Delivery.objects.visible_to(self.request.user).filter(state=value)
        return found.filter(pk__in=there.order_by().values("message"))


class MessageApiFilter(MessageFilter):
    thread = django_filters.CharFilter(max_length=80, label="Thread, as in “workload:12”")
    written_after = UtcTimeFilter(field_name="created_at", lookup_expr="gte", label="Written after")

    class Meta(MessageFilter.Meta):
        pass


def narrowed(asked: Any) -> QuerySet[Message]:
    """What was asked for; nothing when the question cannot be read."""
    return asked.qs if asked.is_valid() else Message.objects.none()
