"""A cache that may be gone. What it holds is quicker to have, never needed: the portal works on while the broker is down.

A broker that hangs costs one request a second; then all of the process go on without it for some seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from audit.breaker import broker

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
WITHIN = 1.0  # seconds for one answer of the broker


def _asked(ask: Callable[[], Answer], fallback: Callable[[], Answer]) -> Answer:
    if broker.is_open:
        return fallback()
    try:
        answer = ask()
    except (RedisError, OSError) as error:
        broker.failed()
        log.warning("the cache does not answer, going on without it: %s", type(error).__name__)
        return fallback()
    broker.answered()
    return answer


def _or(fallback: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Answer `fallback` when the broker does not."""
    instead: Callable[[], Any] = fallback if callable(fallback) else lambda: fallback

    def wrap(ask: Callable[..., Answer]) -> Callable[..., Answer]:
        @wraps(ask)
        def asked(self: Any, *args: Any, **kwargs: Any) -> Answer:
            answer: Answer = _asked(lambda: ask(self, *args, **kwargs), instead)
            return answer

        return asked

    return wrap


class OneClient(RedisCacheClient):
    """Django makes a client for every question; making it takes five times as long as asking."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        # A connection that the broker closed meanwhile is made anew at once; a late answer is not waited for twice.
        again = Retry(NoBackoff(), 1, (RedisConnectionError,))
        ours: dict[str, Any] = {"socket_timeout": WITHIN, "socket_connect_timeout": WITHIN, "retry": again}
        super().__init__(servers, **ours | options)

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        if not hasattr(self, "_one"):
            self._one: Redis = super().get_client(key, write=True)
        return self._one


# Each request has a thread of its own, and Django a cache for each thread: the connections are the process's.
_clients: dict[str, OneClient] = {}


def _client(servers: list[str], **options: Any) -> OneClient:
    name = repr((servers, sorted(options.items())))
    return _clients.get(name) or _clients.setdefault(name, OneClient(servers, **options))


class ForgivingRedisCache(RedisCache):
    """Sessions fall back to the database, rate limits let everybody through, counters start anew."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _client

    add = _or(True)(RedisCache.add)
    set = _or(None)(RedisCache.set)
    touch = _or(False)(RedisCache.touch)
    delete = _or(False)(RedisCache.delete)
    has_key = _or(False)(RedisCache.has_key)
    incr = _or(0)(RedisCache.incr)
    set_many = _or(list)(RedisCache.set_many)
    delete_many = _or(None)(RedisCache.delete_many)
    get_many = _or(dict)(RedisCache.get_many)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _asked(lambda: super(ForgivingRedisCache, self).get(key, default, version), lambda: default)

    @_or((0, 0))
    def count(self, key: str, *, beside: str, keep: int) -> tuple[int, int]:
        """One more under `key`, kept so many seconds: how many there are now, and how many under `beside`. One question."""
        here = self.make_and_validate_key(key)
        with self._cache.get_client(write=True).pipeline(transaction=False) as asked:
            asked.incr(here)
            asked.expire(here, keep)
            asked.get(self.make_and_validate_key(beside))
            now, _, other = asked.execute()
        return now, int(other or 0)
