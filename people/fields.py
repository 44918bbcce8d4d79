"""Form fields that read what people write."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError

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
