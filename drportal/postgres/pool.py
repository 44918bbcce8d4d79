"""Connections of one process, kept between requests.

Unlike psycopg's own pool it connects in the thread that asks. A database that is away is found out at once and by who needs it,
and the first request after its return finds it: there is no worker behind the scenes that pauses longer and longer.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.waiting import Ready

from drportal.deadlines import Deadlines
from drportal.postgres.pulse import Pulse

LOOK_AFTER = 1.0  # seconds unused, after which one question goes to the server first
LOOK_WITHIN = 0.5  # seconds that this question may take
MAX_AGE = 3600.0  # seconds
MAX_IDLE = 600.0  # seconds
Answer = TypeVar("Answer")


class Silent(psycopg.OperationalError):
    """The server does not answer any more."""


class Busy(psycopg.OperationalError):
    """All connections of this process are in use for too long."""


class Connection(psycopg.Connection[Any]):
    """One that asks whether the server is there when an answer is late."""

    pulse: Pulse | None = None
    silence: float = 0  # seconds
    _pool: Any = None  # Django gives a connection back to it
    born: float = 0
    used: float = 0

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        if self.pulse is None:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_watched(gen, self.pulse, self.silence), *args, **kwargs)
        except Silent:
            self.close()  # whatever it says later is for nobody
            raise


def _watched(gen: Any, pulse: Pulse, silence: float) -> Generator[Any, Any, Any]:
    """The conversation `gen`, broken off when nothing comes back and the server is not there. It ticks every 0.1 s."""
    try:
        wanted = next(gen)
        heard = time.monotonic()
        while True:
            ready = yield wanted
            if ready != Ready.NONE:
                heard = time.monotonic()
            elif time.monotonic() - heard > silence:
                if not pulse.answers():
                    raise Silent("the database does not answer")
                heard = time.monotonic()
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value


class Pool:
    """At most `size` connections, the one used last first. Threads share it; a forked child begins with none."""

    def __init__(
        self, params: dict[str, Any], configure: Callable[[Any], object], *, size: int, limits: Deadlines
    ) -> None:
        self._params, self._configure, self._size, self._limits = params, configure, size, limits
        self.pulse = Pulse(params)
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._idle: list[Connection] = []
        self._room = threading.BoundedSemaphore(self._size)

    def open(self) -> None:
        """Django asks for it before each connection."""
        if self._pid != os.getpid():
            self._begin()

    def close(self) -> None:
        """Close what nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def getconn(self) -> Connection:
        """A connection that works. Raises Busy, Silent or what psycopg says of a server that is away."""
        self._wait_for_room()
        try:
            while (found := self._take()) is not None:
                if self._works(found):
                    return found
                found.close()
            return self._connect()
        except BaseException:
            self._room.release()
            raise

    def putconn(self, connection: Connection) -> None:
        """Take it back; one that broke, or that belongs to a parent process, is let go."""
        if self._pid != os.getpid() or connection._pool is not self:
            return
        try:
            if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
                connection.rollback()
        except psycopg.Error:
            connection.close()
        finally:
            now = time.monotonic()
            if not connection.closed and now - connection.born < MAX_AGE:
                connection.used = now
                self._idle.append(connection)
            else:
                connection.close()
            self._let_go_unused(now)
            self._room.release()

    def _let_go_unused(self, now: float) -> None:
        try:
            if now - self._idle[0].used > MAX_IDLE:
                self._idle.pop(0).close()
        except IndexError:
            pass

    def _take(self) -> Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _wait_for_room(self) -> None:
        until = time.monotonic() + self._limits.queue
        while not self._room.acquire(timeout=self._limits.silence):
            if not self.pulse.answers():
                raise Silent("the database does not answer")
            if time.monotonic() > until:
                raise Busy("all connections to the database are in use")

    def _works(self, connection: Connection) -> bool:
        """Free of charge when it was just used: a server that went away leaves something to read. Else one question."""
        if self.pulse.known_silent:
            return False
        quiet = not _readable(connection)
        if quiet and time.monotonic() - connection.used < LOOK_AFTER:
            return True
        try:
            connection.silence = LOOK_WITHIN
            connection.execute("")
        except psycopg.Error:
            return False
        finally:
            connection.silence = self._limits.silence
        return True

    def _connect(self) -> Connection:
        if self.pulse.known_silent:
            raise Silent("the database does not answer")
        connection: Connection = Connection.connect(**self._params)
        connection.pulse, connection.silence, connection._pool = self.pulse, self._limits.silence, self
        connection.born = connection.used = time.monotonic()
        try:
            self._configure(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _readable(connection: Connection) -> bool:
    look = select.poll()
    look.register(connection.pgconn.socket, select.POLLIN)
    return bool(look.poll(0))
