"""Wherever a person types a time, the hour in which the clocks change is read by one rule."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from django import forms
from django.contrib import admin
from django.test import RequestFactory
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers

from audit.filters import UtcTimeField
from drills.serializers import CorrectSerializer, DrillWriteSerializer, MarkWriteSerializer, PlanSerializer
from people.api_fields import WallTimeField as ApiWallTimeField
from people.fields import WallTimeField

ROOMS = ("audit", "people", "signoffs", "communications", "workloads", "drills", "drportal")


def _loaded() -> None:
    for room in ROOMS:
        for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if module.name.rsplit(".", 1)[-1].startswith(("forms", "serializers", "filters", "api", "bulk", "parts")):
                importlib.import_module(module.name)


def _all(kind):
    for child in kind.__subclasses__():
        yield child
        yield from _all(child)


def _ours(kind):
    _loaded()
    return {child for child in _all(kind) if child.__module__.split(".")[0] in ROOMS}


def test_every_time_in_a_form_is_read_by_the_clocks_of_its_reader_or_is_utc():
    typed = [
        (form, name, field)
        for form in _ours(forms.BaseForm)
        for name, field in form.base_fields.items()
        if isinstance(field, forms.DateTimeField | forms.TimeField | forms.SplitDateTimeField)
    ]
    assert typed
    wrong = [
        (form.__name__, name) for form, name, field in typed if not isinstance(field, WallTimeField | UtcTimeField)
    ]
    assert wrong == []


def _taken_by_the_api():
    """The components of the API's description that hold a time and are sent to it, without their suffix."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    components = schema["components"]["schemas"]
    for operations in schema["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"].get("$ref", "").rsplit("/", 1)[-1]
                properties = components.get(name, {}).get("properties", {}).values()
                if any(p.get("format") == "date-time" and not p.get("readOnly") for p in properties):
                    yield name.removesuffix("Request")


def test_every_time_that_the_api_takes_is_read_as_on_the_pages():
    written = {PlanSerializer, DrillWriteSerializer, MarkWriteSerializer, CorrectSerializer}
    assert set(_taken_by_the_api()) == {kind.__name__.removesuffix("Serializer") for kind in written}
    for kind in written:
        times = [f for f in kind().fields.values() if isinstance(f, serializers.DateTimeField)]
        assert times
        assert all(isinstance(field, ApiWallTimeField) for field in times)


@pytest.mark.django_db
def test_nobody_types_a_time_in_the_admin(cast):
    request = RequestFactory().get("/admin/")
    request.user = cast.head
    for model, page in admin.site._registry.items():
        if type(page).__module__.split(".")[0] not in ROOMS or not page.has_change_permission(request):
            continue
        fields = page.get_form(request).base_fields
        times = [
            name for name, field in fields.items() if isinstance(field, forms.DateTimeField | forms.SplitDateTimeField)
        ]
        assert times == [], model
