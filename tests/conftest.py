"""What every test may ask for."""

import pytest
from hypothesis import HealthCheck, settings

from audit.breaker import broker
from tests import cast as casting
from tests.database import django_db_setup

# How long something takes is measured in benchmarks, never in a test: a busy machine is no fault.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

__all__ = ["django_db_setup"]


@pytest.fixture(autouse=True)
def broker_answers() -> None:
    """A test that let the broker fall silent leaves no process that goes on without it."""
    broker.answered()


@pytest.fixture
def cast(db):
    """The small cast, in a transaction that is rolled back; tests that commit call `make_cast` themselves."""
    return casting.make_cast()
