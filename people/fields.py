"""Form fields that read what people write."""

from __future__ import annotations

from typing import Any

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
