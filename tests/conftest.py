"""What every test may ask for."""

import pytest

from tests import cast as casting
from tests.database import django_db_setup

__all__ = ["django_db_setup"]


@pytest.fixture
def cast(db):
    """The small cast, in a transaction that is rolled back; tests that commit call `make_cast` themselves."""
    return casting.make_cast()
