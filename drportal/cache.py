"""A cache that may be gone. What it holds is quicker to have, never needed: the portal works on while the broker is down."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
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


class ForgivingRedisCache(RedisCache):
    """Sessions fall back to the database, rate limits let everybody through, counters start anew."""

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
