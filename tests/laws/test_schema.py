"""The database keeps the laws of the models."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

ROOMS = ("audit", "people", "signoffs", "communications", "workloads", "drills")
# Times at which nobody did anything: clocks, leases, expiry; or the doer is the row's owner and only she can do it.
NO_DOER = {
    "audit.event.at", "audit.event.written_at", "audit.seal.sealed_at", "people.user.added_at", "people.apitoken.created_at",
    "people.apitoken.expires_at", "people.apitoken.last_used_at", "signoffs.signature.signed_at",
    "workloads.pendingimport.created_at", "workloads.pendingimport.expires_at",
}  # fmt: skip


def _models():
    return [m for room in ROOMS for m in apps.get_app_config(room).get_models()]


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def _pairs():
    for model in _models():
        names = {f.name for f in model._meta.get_fields()}
        for field in model._meta.get_fields():
            if isinstance(field, models.DateTimeField) and field.name.endswith("_at"):
                yield pytest.param(model, field, names, id=f"{model._meta.label_lower}.{field.name}")


@pytest.mark.parametrize(("model", "field", "names"), list(_pairs()))
def test_a_time_of_a_deed_names_its_doer(model, field, names):
    if f"{model._meta.label_lower}.{field.name}" in NO_DOER or model._meta.app_label == "communications":
        return  # deliveries are done by the portal itself
    assert field.name.removesuffix("_at") + "_by" in names


@pytest.mark.parametrize(("model", "field", "names"), list(_pairs()))
def test_time_and_doer_are_set_together(model, field, names):
    doer = field.name.removesuffix("_at") + "_by"
    if doer not in names or not field.null:
        return
    constraints = [c for c in model._meta.constraints if isinstance(c, models.CheckConstraint)]
    assert any(field.name in str(c.condition) and doer in str(c.condition) for c in constraints), (
        f"{model.__name__}.{field.name} and {doer} need a constraint that pairs them"
    )
