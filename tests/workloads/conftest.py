"""Pages and JSON as one of the cast."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests.cast import PASSWORD
from workloads.models import ImpactAnalysis


@pytest.fixture
def page():
    """`page(cast.head)` is a browser in which she is signed in."""

    def open_as(user, *, proven: bool = False) -> Client:
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        if proven:
            client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        return client

    return open_as


@pytest.fixture
def unanswered(cast):
    """The cast's workload without the impact analysis that opens the gates for other tests."""
    ImpactAnalysis.objects.all().delete()
