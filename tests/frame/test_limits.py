"""How often one may ask: no more than the limit in any window, however its ends lie."""

import pytest
from django.core.cache import cache
from rest_framework.throttling import SimpleRateThrottle

from drportal.limits import PersonLimit


class Asking:
    """Requests of one person at moments of a clock of our own."""

    def __init__(self, monkeypatch, cast, rate):
        monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"user": rate})
        self.user, self.now = cast.head, 6_000_000.0
        monkeypatch.setattr(PersonLimit, "timer", lambda _: self.now)

    def ask(self):
        limit = PersonLimit()
        return limit, limit.allow_request(self, None)

    def may(self, times=1):
        return [self.ask()[1] for _ in range(times)]


@pytest.fixture
def asking(monkeypatch, cast):
    cache.clear()
    return Asking(monkeypatch, cast, "10/min")


def test_as_many_as_the_limit_and_not_one_more(asking):
    assert asking.may(11) == [True] * 10 + [False]


def test_a_new_window_does_not_forget_the_one_before(asking):
    asking.now += 59
    assert all(asking.may(10))
    asking.now += 2
    assert asking.may() == [False]
    asking.now += 30
    assert asking.may(5).count(True) == 5
    assert asking.may() == [False]


def test_who_is_refused_and_waits_as_told_is_let_in(asking):
    assert all(asking.may(10))
    asking.now += 30
    limit, let_in = asking.ask()
    assert not let_in
    asking.now += limit.wait() + 0.01
    assert asking.may() == [True]


def test_asking_too_often_does_not_make_the_wait_longer(asking):
    asking.may(200)
    asking.now += 120
    assert all(asking.may(10))
