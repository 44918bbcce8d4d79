import pytest
from django.core.cache import cache
from django.test import Client


@pytest.fixture(autouse=True)
def no_tries_yet() -> None:
    """Limits of tries are kept in the cache; each test begins with none."""
    cache.clear()


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="people.backends.SignInBackend")  # type: ignore[arg-type]
    return client
