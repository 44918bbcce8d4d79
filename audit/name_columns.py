"""Columns that hold names, the form by which names are compared, and the search for words in another spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from audit.errors import Invalid
from audit.names import plain_name

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


class NameAttribute(DeferredAttribute):
    """Whatever is assigned is kept as a plain name."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = plain_name(value) if isinstance(value, str) else value


class NormalizedField(CharField):
    """A short text: two that look the same are equal, however they were typed. The lowest place that every writer passes.

    For migrations it is an ordinary text column.
    """

    descriptor_class = NameAttribute

    def get_prep_value(self, value: Any) -> Any:
        """Also of what is asked for: a name finds itself in any way of writing it."""
        value = super().get_prep_value(value)
        return plain_name(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Composing a letter can make two of one. Raises Invalid for what no longer fits."""
        value = super().pre_save(model_instance, add)
        if isinstance(value, str) and self.max_length is not None and len(value) > self.max_length:
            what = f"Write at most {self.max_length} characters."
            raise Invalid("Some values need another look.", {self.name: what})
        return value

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def name_key(column: str) -> models.Func:
    """How the database compares names: without capitals, and with all dashes and apostrophes alike."""
    return models.Func(models.F(column), function="name_key", output_field=models.TextField())


def folded(text: Any) -> models.Func:
    """A text as it is searched; for an index that serves the lookup `says`."""
    inner = models.F(text) if isinstance(text, str) else text
    return models.Func(inner, function="search_fold", output_field=models.TextField())


@models.CharField.register_lookup
@models.TextField.register_lookup
class Says(models.Lookup):
    """`name__says="cafe"` finds “Café”: capitals, accents and typographic signs do not count."""

    lookup_name = "says"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, params = self.process_lhs(compiler, connection)
        # Known when the query is planned, so that an index over `search_fold` serves it.
        pattern = r"replace(replace(replace(search_fold(%s), '\', '\\'), '%%', '\%%'), '_', '\_')"
        return f"search_fold({left}) LIKE '%%' || {pattern} || '%%'", [*params, str(self.rhs)]
