"""Worker and beat as they run in production, as processes of their own on the database and broker of a test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connection


def database_url() -> str:
    """The test database as another process reaches it."""
    at = connection.settings_dict
    return f"postgres://{at['USER']}:{quote(at['PASSWORD'], safe='')}@{quote(at['HOST'], safe='')}:{at['PORT']}/{at['NAME']}"


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """The environment of such a process; what it writes goes into the folder."""
    ours = {"DATABASE_URL": database_url(), "PORTAL_VAR": str(folder), "PYTHONPATH": str(Path(__file__).parents[1])}
    return os.environ | ours | more


@contextmanager
def celery(*arguments: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "celery", "-A", "drportal", *arguments, "--loglevel", "INFO"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(15)
