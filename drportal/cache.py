"""A cache that may be gone. What it holds is quicker to have, never needed: the portal works on while the broker is down."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


def _or(fallback: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Answer `fallback` when the broker does not."""

    def wrap(ask: Callable[..., Answer]) -> Callable[..., Answer]:
        @wraps(ask)
        def asked(self: Any, *args: Any, **kwargs: Any) -> Answer:
            try:
                return ask(self, *args, **kwargs)
            except (RedisError, OSError):
                log.warning("the cache does not answer: %s", ask.__name__)
                answer: Answer = fallback() if callable(fallback) else fallback
                return answer

        return asked

    return wrap


class OneClient(RedisCacheClient):
    """Django makes a client for every question; making it takes five times as long as asking."""

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        if not hasattr(self, "_one"):
            self._one: Redis = super().get_client(key, write=True)
        return self._one


class ForgivingRedisCache(RedisCache):
    """Sessions fall back to the database, rate limits let everybody through, counters start anew."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = OneClient

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
        try:
            return super().get(key, default, version)
        except (RedisError, OSError):
            log.warning("the cache does not answer: get")
            return default

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
