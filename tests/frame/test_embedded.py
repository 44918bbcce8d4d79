"""The embedded PostgreSQL and Valkey survive what happens to them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from drportal.embedded import (
    Postgres,
    ServiceError,
    Valkey,
    VersionMismatch,
    find_postgres,
    find_valkey,
)
from drportal.embedded import root as root_module

ROOT = Path(__file__).resolve().parent.parent.parent
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def postgres(place: Path) -> Iterator[Postgres]:
    server = Postgres(place).start()
    yield server
    server.stop()


@pytest.fixture
def valkey(place: Path) -> Iterator[Valkey]:
    server = Valkey(place).start()
    yield server
    server.stop()


def pid_of(server: Postgres) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def query(server: Postgres, text: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []


def wait_for(fact: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


# --- PostgreSQL -----------------------------------------------------------------------------------------------------
def test_a_new_server_is_private(postgres: Postgres) -> None:
    assert mode(postgres.base / "pg-password") == 0o600
    assert mode(postgres.data) == 0o700
    assert query(postgres, "show listen_addresses") == [("127.0.0.1",)]
    assert query(postgres, "show fsync") == [("on",)]
    assert query(postgres, "show max_connections") == [("200",)]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url().replace(postgres.password, "guess"))


def test_a_second_start_attaches_to_the_running_server(postgres: Postgres, place: Path) -> None:
    again = Postgres(place).start()
    assert again.url() == postgres.url()
    assert pid_of(again) == pid_of(postgres)


def test_committed_rows_survive_kill_9_and_the_address_stays(
    postgres: Postgres,
) -> None:
    query(postgres, "create table kept as select 7 as n")
    before = postgres.url()
    os.kill(pid_of(postgres), signal.SIGKILL)
    wait_for(lambda: not postgres.running())
    postgres.start()
    assert postgres.url() == before
    assert query(postgres, "select n from kept") == [(7,)]


def test_a_pid_file_that_names_another_program_does_not_hinder(postgres: Postgres, place: Path) -> None:
    lines = (postgres.data / "postmaster.pid").read_text().splitlines()
    postgres.stop()
    lines[0] = str(os.getpid())  # as after a reboot, when another program got the number
    (postgres.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    again = Postgres(place)
    assert not again.running()
    again.start()
    assert query(again, "select 1") == [(1,)]


def test_a_stopped_server_whose_port_was_taken_gets_another(postgres: Postgres) -> None:
    taken = postgres.port
    assert taken
    postgres.stop()
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # lines that were closed just now linger on the port
        s.bind(("127.0.0.1", taken))
        s.listen()
        postgres.start()
        assert postgres.port != taken
        assert query(postgres, "select 1") == [(1,)]


def test_data_of_another_major_version_is_reported_and_left_alone(postgres: Postgres, place: Path) -> None:
    postgres.stop()
    version = postgres.data / "PG_VERSION"
    installed = version.read_text()
    version.write_text("13\n")
    files = sorted(postgres.data.rglob("*"))
    with pytest.raises(
        VersionMismatch,
        match=rf"made by PostgreSQL 13, installed is {installed.strip()}; nothing was",
    ):
        Postgres(place).start()
    assert sorted(postgres.data.rglob("*")) == files


def test_what_a_killed_initdb_left_is_begun_anew(place: Path) -> None:
    (place / "pgdata.part").mkdir()
    (place / "pgdata.part" / "PG_VERSION").write_text("18\n")
    server = Postgres(place, fast=True).start()
    try:
        assert query(server, "select current_database()") == [("portal",)]
    finally:
        server.stop()


def test_two_starts_at_once_make_one_server(place: Path) -> None:
    program = "import sys, pathlib; from drportal.embedded import Postgres, Valkey; p = pathlib.Path(sys.argv[1]);"
    program += "print(Postgres(p, fast=True).start().url(), Valkey(p).start().url())"
    command = [sys.executable, "-c", program, str(place)]
    try:
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) for _ in range(2)]
        first, second = [process.communicate(timeout=60)[0] for process in both]
        assert first == second
        assert first.startswith("postgres://")
        assert (place / "postgres.log").read_text().count("ready to accept connections") == 1
    finally:
        Postgres(place).stop()
        Valkey(place).stop()


@pytest.mark.skipif(not AS_ROOT, reason="about running as root")
def test_root_below_a_private_home_puts_the_data_where_the_account_can_reach_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = place.parent / "public"
    public.mkdir(mode=0o755)
    monkeypatch.setattr(root_module, "PUBLIC_DIR", public)
    private = place / "home"
    private.mkdir(mode=0o700)
    package = find_postgres().parents[1]
    (private / "site-packages").mkdir()
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.exists():
            shutil.copytree(source, private / "site-packages" / source.name, symlinks=True)
    monkeypatch.setenv("PG_BIN", str(private / "site-packages" / package.name / "pginstall" / "bin"))
    server = Postgres(private / "var", fast=True).start()
    try:
        assert server.base.parent == public
        assert query(server, "select 1") == [(1,)]
        assert mode(private) == 0o700
        assert os.stat(f"/proc/{pid_of(server)}").st_uid != 0
    finally:
        server.stop()


def test_without_programs_the_error_names_what_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))
    monkeypatch.delenv("PG_BIN", raising=False)
    with pytest.raises(ServiceError, match="PG_BIN or DATABASE_URL"):
        find_postgres()
    with pytest.raises(ServiceError, match="VALKEY_BIN or REDIS_URL"):
        find_valkey()


# --- Valkey ---------------------------------------------------------------------------------------------------------
def client(server: Valkey, db: int = 0) -> "redis.Redis":
    return redis.Redis.from_url(server.url(db))


def kill(server: Valkey) -> None:
    os.kill(int(str(client(server).info("server")["process_id"])), signal.SIGKILL)
    wait_for(lambda: not server.running())


def test_valkey_wants_its_password_and_keeps_it_private(valkey: Valkey) -> None:
    assert mode(valkey.base / "password") == mode(valkey.base / "valkey.conf") == 0o600
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(port=valkey.port or 0).ping()


def test_valkey_keeps_values_and_address_over_kill_9(valkey: Valkey) -> None:
    client(valkey).set("kept", "yes")
    time.sleep(1.1)  # appendfsync everysec
    before = valkey.url()
    kill(valkey)
    valkey.start()
    assert valkey.url() == before
    assert client(valkey).get("kept") == b"yes"


def test_valkey_started_twice_is_one_server(valkey: Valkey, place: Path) -> None:
    again = Valkey(place).start()
    assert again.url() == valkey.url()
    again.stop()  # also whoever only attached can stop it
    assert not valkey.running()


@pytest.mark.parametrize(("damage", "kept", "aside"), [("cut", [b"1"], 0), ("scribble", [None], 1)])
def test_valkey_starts_on_a_damaged_file(valkey: Valkey, damage: str, kept: list[bytes | None], aside: int) -> None:
    client(valkey).set("a", "1")
    client(valkey).set("b", "x" * 2000)
    client(valkey).set("c", "3")
    valkey.stop()
    (log,) = (valkey.base / "appendonlydir").glob("*.incr.aof")
    data = log.read_bytes()
    log.write_bytes(data[:-1100] if damage == "cut" else b"scribble" + data)
    valkey.start()
    assert [client(valkey).get("a")] == kept
    assert len(list(valkey.base.glob("appendonlydir.damaged-*"))) == aside
