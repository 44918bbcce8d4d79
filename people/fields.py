"""Form fields that read what people write."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import BaseTemporalField
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from people.wall_clock import Reading, note, read_wall
from people.wording import duration, parse_duration


class DurationField(forms.CharField):
    """A duration as people write it, "15 min", "4 h"; its value is whole seconds."""

    def __init__(self, *, max_length: int = 60, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def clean(self, value: Any) -> Any:
        said = super().clean(value)  # required, length, no NUL
        if said in self.empty_values:
            return None
        try:
            return parse_duration(said)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        """Seconds in words; those that words would round stay seconds."""
        if not isinstance(value, int) or isinstance(value, bool):
            return value
        said = duration(value)
        return said if parse_duration(said) == value else f"{value} s"


class YesNoField(forms.NullBooleanField):
    """`true` or `false` as a program writes it. Django's own takes anything else for "not asked"."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        said = str(value or "").lower()
        if said not in ("", "true", "false"):
            raise ValidationError("Write true or false.", code="invalid")
        return None if not said else said == "true"


class YesNoFilter(django_filters.BooleanFilter):  # type: ignore[misc]
    """A filter of the API that refuses what is neither."""

    field_class = YesNoField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=forms.TextInput, **kwargs)


FIRST, SECOND = "first", "second"


def _chosen(value: str) -> tuple[str, str]:
    """What was typed, and which of two times was chosen with it; empty when nobody was asked or answered."""
    text, _, which = value.partition("|")
    return text.strip(), which


def _reading(wall: Any) -> Reading | None:
    """How the clocks of the reader's zone show this; None for what is no wall time."""
    try:
        return read_wall(wall, timezone.get_current_timezone()) if timezone.is_naive(wall) else None
    except (AttributeError, OverflowError, ValueError):
        return None


class WallTimeInput(forms.DateTimeInput):
    """Day and time as browsers ask for them. Where the clocks show the time twice it asks below which one is meant: an input
    of its own, `<name>_which`, so that it works without scripts."""

    input_type = "datetime-local"
    template_name = "django/forms/widgets/wall_time.html"

    def __init__(self, *, seconds: bool = False) -> None:
        attrs = {"step": "1"} if seconds else {}
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M:%S" if seconds else "%Y-%m-%dT%H:%M")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        text, which = super().value_from_datadict(data, files, name), data.get(f"{name}_which")
        return f"{text}|{which}" if isinstance(text, str) and which in (FIRST, SECOND) else text

    def format_value(self, value: Any) -> str | None:
        return super().format_value(_chosen(value)[0] if isinstance(value, str) else value)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        wall, which = value, SECOND if getattr(value, "fold", 0) else FIRST
        if isinstance(value, str):
            text, chosen = _chosen(value)
            wall, which = _parsed(text), chosen or FIRST
        reading, zone = _reading(wall), timezone.get_current_timezone()
        if reading is not None and reading.second is not None:
            moments = ((FIRST, reading.first, "before the clocks go back"), (SECOND, reading.second, "after it"))
            context["widget"]["twice"] = [
                (key, f"{moment.astimezone(zone):%H:%M} {moment.astimezone(zone).tzname()}, {when}", key == which)
                for key, moment, when in moments
            ]
        return context


def _parsed(text: str) -> dt.datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


class WallTimeField(forms.DateTimeField):
    """A time by the clocks of the reader's zone; its value is a moment in UTC. By the rule of `people.wall_clock`; `note` says so
    afterwards where the clocks changed and nobody has chosen, and `is_twice` whether there is another time to choose."""

    default_error_messages = {"invalid": "Write a day and a time, such as 2026-11-30 14:30."}

    def __init__(self, *, seconds: bool = False, **kwargs: Any) -> None:
        super().__init__(widget=WallTimeInput(seconds=seconds), **kwargs)
        self.note, self.is_twice = "", False

    def to_python(self, value: Any) -> dt.datetime | None:
        self.note, self.is_twice = "", False
        if value in self.empty_values:
            return None
        text, which = _chosen(str(value))
        found = cast(dt.datetime, _parsed(text) or BaseTemporalField.to_python(self, text))
        try:
            if timezone.is_aware(found):
                return found.astimezone(dt.UTC)
            reading = read_wall(found, timezone.get_current_timezone())
        except OverflowError:  # the first and the last hours of the calendar, in another zone
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if which:
            return reading.second or reading.first if which == SECOND else reading.first
        self.note, self.is_twice = note(found, reading, timezone.get_current_timezone()), reading.second is not None
        return reading.first

    def strptime(self, value: str, format: str) -> dt.datetime:
        return dt.datetime.strptime(value, format)  # noqa: DTZ007 (read by the clocks of the reader's zone above)


def clock_notes(form: forms.BaseForm) -> list[tuple[str, bool]]:
    """After a form was read: what to say about times at which the clocks change, and whether another one can be chosen."""
    times = [(form[name].label, field) for name, field in form.fields.items() if isinstance(field, WallTimeField)]
    return [(f"{label}: {field.note}", field.is_twice) for label, field in times if field.note]
