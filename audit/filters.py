"""What the trail can be asked for, on the page and in the API alike."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.utils import timezone

from audit.kinds import Kind
from audit.models import Door, Event

SMALL = {"class": "form-control form-control-sm"}
TEXT = forms.TextInput(attrs=SMALL)
SELECT = forms.Select(attrs={"class": "form-select form-select-sm"})


def grouped_kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """All kinds under the noun they begin with."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind in Kind:
        groups.setdefault(kind.value.partition(".")[0].capitalize(), []).append((kind.value, str(kind.label)))
    return list(groups.items())


class UtcTimeField(forms.DateTimeField):
    """A time typed without a zone is UTC, because the trail is shown in UTC, whoever reads it."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1", **SMALL})

    def to_python(self, value: Any) -> dt.datetime | None:
        with timezone.override(dt.UTC):
            found = super().to_python(value)
        try:
            return found if found is None else found.astimezone(dt.UTC)
        except OverflowError:  # the first and the last hours of the calendar, in another zone
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class UtcTimeFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = UtcTimeField


class EventFilter(django_filters.FilterSet):  # type: ignore[misc]
    subject = django_filters.CharFilter(
        field_name="subject_name", lookup_expr="icontains", label="Subject", widget=TEXT
    )
    person = django_filters.CharFilter(field_name="actor_name", lookup_expr="icontains", label="Person", widget=TEXT)
    kind = django_filters.ChoiceFilter(choices=grouped_kinds, label="What", empty_label="Anything", widget=SELECT)
    door = django_filters.ChoiceFilter(choices=Door.choices, label="Through", empty_label="Any door", widget=SELECT)
    since = UtcTimeFilter(field_name="at", lookup_expr="gte", label="From (UTC)")
    until = UtcTimeFilter(field_name="at", lookup_expr="lte", label="To (UTC)")
    thread = django_filters.CharFilter(label="Thread, as in “workload:12”", widget=forms.HiddenInput)
    actor_id = django_filters.NumberFilter(label="Person number", widget=forms.HiddenInput)

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()
