import pytest
from django.core.cache import cache
from django.test import Client

from tests.people.oidc_provider import Provider


@pytest.fixture(autouse=True)
def no_tries_yet() -> None:
    """Limits of tries are kept in the cache; each test begins with none."""
    cache.clear()


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="people.backends.SignInBackend")  # type: ignore[arg-type]
    return client


@pytest.fixture
def provider(settings):
    fake = Provider()
    app = {
        "provider_id": "oidc", "name": "Harbour ID", "client_id": "portal", "secret": "s", "settings": {"server_url": fake.url}
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    yield fake
    fake.close()
