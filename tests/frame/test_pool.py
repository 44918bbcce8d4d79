"""Connections of a process: looked at before use, shared by threads, and given up only when the server is not there."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection as django_connection

from drportal.deadlines import PAGE, WORK, Deadlines, connection_options
from drportal.postgres.pool import Busy, Pool, Silent
from drportal.postgres.pulse import Pulse

QUICK = Deadlines(statement=20, lock=1, idle_in_transaction=60, silence=0.3, queue=1)


def pool_of(size: int = 2) -> Pool:
    at = django_connection.settings_dict
    params = {"host": at["HOST"], "port": at["PORT"], "user": at["USER"], "password": at["PASSWORD"]}
    params |= {"dbname": at["NAME"], "autocommit": True, **connection_options(QUICK)}
    return Pool(params, lambda connection: None, size=size, limits=QUICK)


@pytest.fixture
def pool(db: None) -> Iterator[Pool]:
    found = pool_of()
    yield found
    found.close()


def test_a_connection_that_the_server_ended_is_not_given_out(pool: Pool) -> None:
    first, other = pool.getconn(), pool.getconn()
    other.execute("SELECT pg_terminate_backend(%s)", [first.info.backend_pid])
    pool.putconn(other)
    pool.putconn(first)
    for _ in range(2):
        got = pool.getconn()
        assert got.execute("SELECT 1").fetchone() == (1,)


def test_a_slow_statement_is_not_taken_for_a_silent_server(pool: Pool) -> None:
    assert pool.getconn().execute("SELECT pg_sleep(1.2)").rowcount == 1


def test_who_waits_for_a_lock_hears_it_in_time(pool: Pool) -> None:
    holder, other = pool.getconn(), pool.getconn()
    holder.execute("BEGIN; SELECT pg_advisory_xact_lock(77)")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        other.execute("SELECT pg_advisory_lock(77)")
    holder.rollback()


def test_what_was_begun_is_not_left_to_the_next_one(pool: Pool) -> None:
    one = pool.getconn()
    one.execute("BEGIN; CREATE TEMPORARY TABLE leftover ()")
    pool.putconn(one)
    next_one = pool.getconn()
    assert next_one is one
    assert next_one.execute("SELECT to_regclass('leftover')").fetchone() == (None,)


def test_no_more_than_so_many_and_a_sentence_for_the_rest(pool: Pool) -> None:
    kept = [pool.getconn(), pool.getconn()]
    with pytest.raises(Busy):
        pool.getconn()
    threading.Timer(0.2, pool.putconn, [kept[0]]).start()
    assert pool.getconn() is kept[0]


def test_a_server_that_takes_connections_and_says_nothing_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        pulse = Pulse({"host": "127.0.0.1", "port": mute.getsockname()[1]})
        begin = time.monotonic()
        assert not pulse.answers()
        assert pulse.known_silent
        assert time.monotonic() - begin >= 0.9, "a second, not less: it may only be busy"


def test_a_server_that_falls_silent_in_the_middle_is_left(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    got = pool.getconn()
    monkeypatch.setattr(pool.pulse, "answers", lambda: False)
    with pytest.raises(Silent):
        got.execute("SELECT pg_sleep(30)")
    assert got.closed
    pool.putconn(got)
    assert pool.getconn() is not got


def test_several_hosts_are_never_suspected() -> None:
    assert Pulse({"host": "one.example,two.example", "port": "5432,5432"}).answers()


def test_pages_have_shorter_deadlines_than_work_and_what_the_address_says_wins() -> None:
    for name in ("statement", "lock", "idle_in_transaction", "silence", "queue"):
        assert 0 < getattr(PAGE, name) < getattr(WORK, name)
    said = str(connection_options(PAGE, "-c statement_timeout=5s")["options"])
    assert said.endswith("-c statement_timeout=5s")
    assert "-c lock_timeout=10s" in said
