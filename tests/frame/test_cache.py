"""The portal works on while the broker is down."""

import contextlib

import pytest
from django.core.cache import caches
from django.test import Client

from tests.cast import PASSWORD


def close_caches():
    with contextlib.suppress(AttributeError):
        del caches["default"]


@pytest.fixture
def broker_gone(settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}}
    close_caches()
    yield
    close_caches()


def test_people_sign_in_read_and_sign_out_without_the_broker(cast, broker_gone):
    client = Client()
    assert client.login(email=cast.head.email, password=PASSWORD)
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/workloads/").status_code == 200
    client.logout()
    assert client.get("/").status_code == 302


def test_a_cache_that_is_gone_answers_like_an_empty_one(broker_gone):
    cache = caches["default"]
    cache.set("a", 1)
    assert cache.get("a") is None
    assert cache.get("a", 7) == 7
    assert cache.get_many(["a"]) == {}
    assert cache.delete("a") is False
    assert cache.get_or_set("a", 3) == 3
    assert cache.count("a", beside="b", keep=1) == (0, 0), "limits let everybody through"
