"""Loaded before anything else (`-p tests.plugin`): gives the tests a PostgreSQL and a Valkey, and names of their own.

pytest-django loads the settings before any conftest runs, so the environment has to be ready by then. The servers
live in `$PORTAL_VAR/test` (default var/test), are shared by all runs there and stay up between runs, which saves their
start; `make clean` stops them, and so does the end of a run with CI=true. Runs at the same time do not meet:

- PostgreSQL: each run has its own database name (`test_portal_<pid>`), to which xdist adds the worker's;
- Valkey: each process holds a database number of its own as long as it lives;
- files: PORTAL_VAR is a directory of the run.

DATABASE_URL and REDIS_URL, when given, are used instead and left alone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from drportal.embedded import Postgres, Valkey, locked

ROOT = Path(__file__).resolve().parent.parent
SERVICES = Path(
    os.environ.get("PORTAL_TEST_SERVICES") or Path(os.environ.get("PORTAL_VAR") or ROOT / "var", "test")
).resolve()
DATABASE_PREFIX = "test_portal_"
VALKEY_DATABASES = 64
OWN = "PORTAL_TEST_OWN_SERVICES"  # set by the controller when it is we who run the servers

pytest_plugins = ["tests.browser"]

_held: list[object] = []  # lock files that stay open, and servers that we started, until the process ends


def postgres() -> Postgres:
    return Postgres(SERVICES, fast=True)


def valkey() -> Valkey:
    return Valkey(SERVICES, databases=VALKEY_DATABASES, persist=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before pytest-django loads the settings (it does so in this same hook; wrappers come first)."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        _prepare_process()
    elif not (early_config.known_args_namespace.help or early_config.known_args_namespace.version):
        _prepare_run()
        early_config.add_cleanup(_end_run)  # also called when a conftest cannot be loaded
        _prepare_process()
    yield


def _end_run() -> None:
    shutil.rmtree(os.environ["PORTAL_TEST_RUN"], ignore_errors=True)
    if os.environ.get("CI", "").lower() == "true" and os.environ.get(OWN):
        stop()


def pytest_report_header() -> str:
    return f"services: {SERVICES if os.environ.get(OWN) else 'given'}; database {os.environ.get('PORTAL_TEST_DB')}"


def _prepare_run() -> None:
    """Start or join the servers, clear away what dead runs left, name this run's own things. Once per invocation."""
    SERVICES.mkdir(parents=True, exist_ok=True)
    environment = {
        "PORTAL_MODE": "test",
        "SECRET_KEY": "only-for-tests-" + "t" * 50,
        "PORTAL_TEST_DB": f"{DATABASE_PREFIX}{os.getpid()}",
        "PORTAL_TEST_SERVICES": str(SERVICES),
        "PORTAL_TEST_RUN": str(SERVICES / f"run-{os.getpid()}"),
    }
    environment["PORTAL_VAR"] = environment["PORTAL_TEST_RUN"]
    if not os.environ.get("DATABASE_URL"):
        server = postgres().start()
        environment |= {"DATABASE_URL": server.url(), OWN: "1"}
        with locked(SERVICES / "leftovers.lock"):
            _drop_leftovers(server)
    if not os.environ.get("REDIS_URL"):
        environment |= {
            "REDIS_URL": valkey().start().url(),
            OWN: "1",
            "PORTAL_TEST_OWN_REDIS": "1",
        }
    for run in SERVICES.glob("run-*"):
        if not _alive(run.name.removeprefix("run-")):
            shutil.rmtree(run, ignore_errors=True)
    Path(environment["PORTAL_VAR"]).mkdir(exist_ok=True)
    # Mail and sign-on of the developer's own environment have no business in a test.
    for name in (
        "EMAIL_URL",
        "OIDC_ISSUER",
        "BASE_URL",
        "ALLOWED_HOSTS",
        "DEBUG",
        "PORT",
    ):
        os.environ.pop(name, None)
    os.environ.update(environment)


def _prepare_process() -> None:
    """Give this process (the controller, or one xdist worker) its own Valkey database. Number 0 stays unused."""
    if not os.environ.get("PORTAL_TEST_OWN_REDIS"):
        return
    for number in range(1, VALKEY_DATABASES):
        claim = (SERVICES / f"valkey-{number}.lock").open("w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.close()
            continue
        _held.append(claim)
        url = valkey().start().url(number)
        with redis.Redis.from_url(url) as connection:
            connection.flushdb()
        os.environ.update({"PORTAL_REDIS_DB": str(number), "REDIS_URL": url})
        return
    raise pytest.UsageError(f"all {VALKEY_DATABASES} Valkey databases are taken by running tests")


def _drop_leftovers(server: Postgres) -> None:
    """Drop databases of runs whose process is gone: they were killed before they could do it themselves."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        rows = connection.execute(
            "select datname from pg_database where starts_with(datname, %s)",
            [DATABASE_PREFIX],
        )
        for (name,) in rows.fetchall():
            pid = name.removeprefix(DATABASE_PREFIX).split("_")[0]
            if not _alive(pid) or pid == str(os.getpid()):
                drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
                connection.execute(drop)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def stop() -> None:
    """Stop both servers; nothing happens when they do not run."""
    if SERVICES.exists():
        postgres().stop()
        valkey().stop()


def remove() -> None:
    """Stop both servers and remove their data, wherever root had to put it."""
    stop()
    if SERVICES.exists():
        shutil.rmtree(postgres().base, ignore_errors=True)
        shutil.rmtree(SERVICES, ignore_errors=True)


if __name__ == "__main__":
    remove()
