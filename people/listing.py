"""Lists of the API: every order ends in the key, and what is unknown in a question is refused, not answered with everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request

NAMED = 40  # of known values so many are named
KEYS = frozenset({"id", "pk"})


def named(words: Iterable[Any]) -> str:
    return ", ".join(f"“{word}”" for word in words)


class StableOrdering(OrderingFilter):
    """The key comes last, so that pages never overlap; before it what the view's index has (`ties`, `ties_of`), in the same
    direction. An order that the view does not know is refused."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> Any:
        self._check(request, queryset, view)
        asked = list(super().get_ordering(request, queryset, view) or ())
        last = asked[-1] if asked else ""
        sign, name = ("-", last[1:]) if last.startswith("-") else ("", last)
        ties = getattr(view, "ties_of", {}).get(name) or getattr(view, "ties", None)
        if ties is None:
            sign, ties = "", ("id",)
        said = {column.removeprefix("-") for column in asked}
        return asked if said & KEYS else [*asked, *(f"{sign}{column}" for column in ties if column not in said)]

    def _check(self, request: Request, queryset: Any, view: Any) -> None:
        asked = [column.strip() for column in request.query_params.get(self.ordering_param, "").split(",")]
        known = self.known(view)
        for column in filter(None, asked):
            if column.removeprefix("-") not in known:
                raise ValidationError({self.ordering_param: unknown_of("order", column, known)})

    def known(self, view: Any) -> list[str]:
        fields: Iterable[Any] = getattr(view, "ordering_fields", None) or ()
        return [field if isinstance(field, str) else field[0] for field in fields]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        known = "|".join(self.known(view))
        schema = {"type": "string", "pattern": f"^(-?({known})(,-?({known}))*)?$"}
        words = f"One or more of {', '.join(self.known(view))}, with a comma between; - before one turns it around"
        found: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        return [parameter | {"schema": schema, "description": words} for parameter in found]


class Filters(DjangoFilterBackend):  # type: ignore[misc]
    """Says of a value that it does not know which ones it knows, where they are few enough to be named."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise ValidationError(said_of(filterset.form))
        return filterset.qs


def said_of(form: forms.BaseForm) -> dict[str, list[str]]:
    """What is wrong with each value of a question, with the known ones."""
    return {name: _said(form, name, errors.as_data()) for name, errors in form.errors.items()}


def _said(form: forms.BaseForm, name: str, errors: list[Any]) -> list[str]:
    field = form.fields.get(name)
    known = _choices(field)
    if known is None or not any(error.code in ("invalid_choice", "invalid") for error in errors):
        return [text for error in errors for text in error.messages]
    given = form.data.getlist(name) if hasattr(form.data, "getlist") else [form.data.get(name, "")]
    return [unknown_of("value", value, known) for value in given if value not in known][:1] or ["This cannot be read."]


def _choices(field: forms.Field | None) -> list[str] | None:
    """The values that a field knows, as they are written in a question; None where there is no list of them."""
    choices: Any = getattr(field, "choices", None)
    if field is None or choices is None or isinstance(field, forms.NullBooleanField):  # this one says it itself
        return None
    if isinstance(choices, ModelChoiceIterator):
        rows = choices.queryset.order_by("pk")
        if not isinstance(rows.model._meta.pk, models.CharField):  # numbers tell nobody anything
            return []
        return [str(value) for value in rows.values_list("pk", flat=True)[: NAMED + 1]]
    return [str(value) for value in _flat(choices) if value not in ("", None)]


def _flat(choices: Iterable[Any]) -> Iterable[Any]:
    """Values of choices, out of their groups."""
    for value, label in choices:
        yield from _flat(label) if isinstance(label, list | tuple) else [value]


def unknown_of(what: str, value: str, known: list[str]) -> str:
    """The sentence for a `what` that there is not, with those that there are."""
    said = f"There is no {what} “{value[:60]}” here."
    if not known:
        return said
    if len(known) > NAMED:
        return f"{said} There are more than {NAMED}; the API's description and the pages name them."
    return f"{said} Known are {named(known)}."


def unknown_value(name: str, value: str, known: Iterable[Any]) -> ValidationError:
    """The refusal of a value that a filter looked up itself."""
    return ValidationError({name: [unknown_of("value", value, [str(one) for one in known])]})


class KnownParameters:
    """Before a viewset: a parameter that it does not know is refused, and the known ones are named.

    `asks` are parameters that the viewset reads itself, beside its filters, its order and its pages.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method not in ("GET", "HEAD"):
            return
        known = parameters_of(self)
        if problems := {
            name: [unknown_of("parameter", name, known)] for name in request.query_params if name not in known
        }:
            raise ValidationError(problems)


def parameters_of(view: Any) -> list[str]:
    """What may be asked of a list, by name."""
    filterset = getattr(view, "filterset_class", None)
    backends = getattr(view, "filter_backends", ())
    known = [*getattr(view, "asks", ())]
    if filterset is not None and any(issubclass(backend, DjangoFilterBackend) for backend in backends):
        known += list(filterset.base_filters)
    if getattr(view, "ordering_fields", None) and any(issubclass(one, OrderingFilter) for one in backends):
        known.append(OrderingFilter.ordering_param)
    pages = view.pagination_class
    return known + ([pages.page_query_param, pages.page_size_query_param] if pages is not None else [])
