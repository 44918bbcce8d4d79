"""Programs that the supervisor keeps running: start, notice the end, start again with a growing pause, stop."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

MAX_LOG = 10 * 1024 * 1024  # bytes; of a larger log the content is put aside, also while its program runs
MAX_PAUSE = 30.0  # seconds between two attempts
CALM = 60.0  # seconds: whoever ran that long starts again with the shortest pause

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(parent: int) -> Callable[[], None] | None:
    """For Popen's preexec_fn: the kernel asks the child to end when the supervisor is killed. None where it cannot.

    Call only from the main thread: the kernel means the thread that made the child.
    """
    libc = _libc
    if libc is None:
        return None

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # killed between fork and now
            os._exit(1)

    return ask


class Child:
    """One program with its log file, in a process group of its own, so that Ctrl-C reaches only the supervisor."""

    def __init__(
        self, name: str, command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, logs: Path
    ) -> None:
        self.name, self.command, self.env, self.cwd = name, command, env, cwd
        self.log = logs / f"{name}.log"
        self.failures = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._not_before = 0.0

    def start(self) -> None:
        """Raises OSError, for example when the disk is full; `tend` then tries again."""
        rotate(self.log)
        with open_private(self.log) as out:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env=self.env,
                start_new_session=True,
                preexec_fn=end_with_parent(os.getpid()),
            )
        self._started = time.monotonic()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def tend(self) -> str | None:
        """Start the program again when it ended and its pause is over. A sentence for people when it just ended."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._not_before:
                try:
                    self.start()
                except OSError as error:
                    return self._pause_after(f"cannot be started ({error.strerror})", now)
            return None
        code = self._process.poll()
        if code is None:
            return None
        self._kill_group()  # what it left behind
        self._process = None
        if now - self._started > CALM:
            self.failures = 0
        return self._pause_after(f"ended ({how_it_ended(code)})", now)

    def _pause_after(self, what: str, now: float) -> str:
        self.failures += 1
        pause = min(2.0 ** min(self.failures - 1, 10), MAX_PAUSE)
        self._not_before = now + pause
        return f"{self.name} {what}; starting it again in {pause:.0f} s. See {self.log}"

    def ask_to_stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float, hurry: Callable[[], bool]) -> None:
        """Wait for its end up to a monotonic time, then kill it and all it started."""
        if self._process is None:
            return
        while self._process.poll() is None and time.monotonic() < until and not hurry():
            time.sleep(0.05)
        self._kill_group()
        self._process.wait()
        self._process = None

    def _kill_group(self) -> None:
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def open_private(path: Path) -> IO[bytes]:
    """A log to write on at its end, readable by its owner only, also where an older one was readable by all."""
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(number, 0o600)
    return os.fdopen(number, "ab")


def rotate(log: Path) -> bool:
    """Put the content of a large log aside. Its program goes on writing: it always writes at the end, wherever that is.

    What it writes in between is lost, and so is the content when there is no room for the copy.
    """
    try:
        if log.stat().st_size <= MAX_LOG:
            return False
    except OSError:
        return False
    aside = log.with_suffix(".log.1")
    try:
        aside.unlink(missing_ok=True)
        with log.open("rb") as old, open_private(aside) as new:
            owner = os.fstat(old.fileno())
            os.fchown(new.fileno(), owner.st_uid, owner.st_gid)
            shutil.copyfileobj(old, new)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink()
    with contextlib.suppress(OSError):
        os.truncate(log, 0)
    return True


def how_it_ended(code: int) -> str:
    """An exit code in words: negative codes are signals."""
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
