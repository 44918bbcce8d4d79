"""What both embedded servers need: finding programs, free ports, locks, private files."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import socket
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"


class ServiceError(Exception):
    """An embedded server cannot be found or started; the text says why and what helps."""


def packages(*names: str) -> Iterator[Path]:
    """Folders of installed packages, located without importing them: importing some of them changes the machine."""
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec and spec.origin:
            yield Path(spec.origin).parent


def free_port() -> int:
    with socket.socket() as s:
        s.bind((HOST, 0))
        return int(s.getsockname()[1])


def port_is_free(port: int) -> bool:
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((HOST, port))
        except OSError:
            return False
        return True


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file; waits for whoever holds it. The kernel lets go of a killed holder's."""
    with path.open("w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
        f.write(text)
    part.replace(path)


def read_int(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def tail(path: Path, size: int = 1500) -> str:
    """The last characters of a log, for an error message."""
    return path.read_text(errors="replace")[-size:] if path.exists() else ""
