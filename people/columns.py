"""Columns of models that hold names and mail addresses. The rule is `people.names`; a migration sees Django's own columns."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from audit.name_columns import NormalizedField
from people.names import address_problem, name_problem


def validate_name(name: str) -> None:
    if problem := name_problem(name):
        raise ValidationError(problem, code="invalid")


def validate_address(address: str) -> None:
    if problem := address_problem(address):
        raise ValidationError(problem, code="invalid")


def NameField(*args: Any, **kwargs: Any) -> NormalizedField:
    """A column for what something or somebody is called: one form of what looks the same, and no line breaks or links. No class
    of its own, because expressions do not mix classes of columns."""
    column = NormalizedField(*args, **kwargs)
    column.validators.append(validate_name)  # not an argument, which a migration would keep
    return column


def AddressField(*args: Any, **kwargs: Any) -> models.EmailField[str, str]:
    """A column for an e-mail address that mail can go to."""
    column: models.EmailField[str, str] = models.EmailField(*args, **kwargs)
    column.validators.append(validate_address)
    return column


def is_name(column: object) -> bool:
    return isinstance(column, NormalizedField) and validate_name in column.validators


def problems_of(thing: models.Model, *names: str) -> dict[str, str]:
    """What is wrong with these values of a row, by field; services ask before they write. Empty values are not judged here."""
    found = {}
    for name in names:
        value, column = getattr(thing, name), thing._meta.get_field(name)
        if not isinstance(value, str) or not value or not isinstance(column, models.Field):
            continue
        try:
            column.run_validators(value)
        except ValidationError as error:
            found[name] = " ".join(error.messages)
    return found
