"""The admin answers no question about a column that no filter names: lookups in the address would read it letter by letter."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client

from people.models import User
from tests.cast import PASSWORD, make_cast

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
LOOKUPS = ("", "__startswith", "__gt", "__regex", "__isnull")


@pytest.fixture
def keeper(db):
    cast = make_cast()
    User.objects.filter(pk=cast.head.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.login(email=cast.head.email, password=PASSWORD)
    return client


def _columns(model):
    """Its own, and those one step away."""
    for field in model._meta.concrete_fields:
        yield field.name
        if field.related_model is not None:
            yield from (f"{field.name}__{other.name}" for other in field.related_model._meta.concrete_fields)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_only_declared_fields_can_be_looked_up(keeper, model):
    page = admin.site._registry[model]
    declared = {str(one[0] if isinstance(one, tuple) else one) for one in page.list_filter}
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert keeper.get(address).status_code == 200
    for column in _columns(model):
        for lookup in LOOKUPS:
            key = column.rpartition("__")[2] if "__" in column else ""
            if column in declared and lookup in ("", "__gt", "__isnull"):
                continue
            if key and column.removesuffix(f"__{key}") in declared and _is_key(model, column):
                continue
            answer = keeper.get(address, {f"{column}{lookup}": "1"})
            assert answer.status_code == 400, f"{address}?{column}{lookup}=1 answers {answer.status_code}"


def _is_key(model: type[models.Model], column: str) -> bool:
    """Whether a column one step away is the other table's number, by which filters choose."""
    name, _, key = column.partition("__")
    related = model._meta.get_field(name).related_model
    return related is not None and related._meta.pk.name == key
