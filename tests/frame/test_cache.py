"""The portal works on while the broker is down."""

import contextlib
import threading

import pytest
from django.core.cache import caches
from django.test import Client

from audit.breaker import Breaker, broker
from tests.cast import PASSWORD


def close_caches():
    broker.answered()
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


def test_all_threads_share_the_connections_of_the_process():
    clients = [caches["default"]._cache]
    thread = threading.Thread(target=lambda: clients.append(caches["default"]._cache))
    thread.start()
    thread.join()
    assert clients[0] is clients[1]


def test_who_does_not_answer_is_left_alone_for_a_while_and_then_asked_by_one():
    now = [100.0]
    breaker = Breaker(pause=5, clock=lambda: now[0])
    assert not breaker.is_open
    breaker.failed()
    now[0] += 4.9
    assert breaker.is_open
    now[0] += 0.2
    assert [breaker.is_open, breaker.is_open] == [False, True]
    breaker.answered()
    assert not breaker.is_open
