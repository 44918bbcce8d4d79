"""`make soak`: many messages delivered by real workers that are killed at random, with a database that crashes and a broker
is lost; then the race tests, with many more rounds; then damaged and hostile registers (tests/faults/test_import_fuzz.py).
In a small size all of it is tests. `make soak ARGS="--messages 0 --rounds 0"` does the registers alone.

Afterwards nothing is lost, every extra copy says so and has the Message-ID of the first, and there are no more of them than
lines to the mail server that were killed: a worker has several, and on each one letter may be leaving.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from celery import Celery

from benchmarks.delivery import FILL
from benchmarks.sink import Sink
from drportal.embedded import Postgres, Valkey

ROOT = Path(__file__).resolve().parent.parent
LEASE, TIMEOUT = 4, 0.75  # seconds
LINES = 4  # of each worker
OUTAGE = 1.5 * LEASE  # seconds that the database stays away: the leases of the living run out meanwhile
# After a crash of the database the living workers say what they had sent. Who is killed before has died together with the
# database: then all of its round is sent again, flagged, and there are more copies than kills.
SETTLING = 6
COMMAND = [sys.executable, "manage.py", "deliver", "--loop", "--every", "0.2"]
CELERY = [
    sys.executable,
    "-m",
    "celery",
    "-A",
    "drportal",
    "worker",
    "--pool",
    "solo",
    "-l",
    "ERROR",
    "--without-mingle",
]


@dataclass
class Outcome:
    """What the run came to. `twice` failed because they were in doubt twice: shown to people, not lost."""

    messages: int
    seconds: float
    kills: int
    taken: int
    lost: int
    extra: int
    unflagged: int
    twice: int
    left: dict[str, int]

    @property
    def holds(self) -> bool:
        return (
            self.lost == self.unflagged == 0
            and self.extra <= self.kills * LINES
            and set(self.left) <= {"sent", "failed"}
        )


@dataclass
class Workers:
    """Processes that deliver; whoever is killed is replaced."""

    environment: dict[str, str]
    commands: list[list[str]]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0
    deaths: int = 0

    def start(self) -> None:
        self.running = [self._one(command) for command in self.commands]

    def _one(self, command: list[str]) -> subprocess.Popen[bytes]:
        silent = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=silent, stderr=silent)

    def kill_one(self) -> None:
        number = random.randrange(len(self.running))
        self.running[number].kill()
        self.running[number].wait()
        self.kills += 1
        self.running[number] = self._one(self.commands[number])

    def mend(self) -> None:
        """Replace whoever ended without being killed."""
        for number, process in enumerate(self.running):
            if process.poll() is not None:
                self.deaths += 1
                self.running[number] = self._one(self.commands[number])

    def stop(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def soak(folder: Path, *, messages: int, workers: int, pause: float, kill_every: float, limit: float) -> Outcome:
    """Deliver so many messages under kills. `pause` is how long the mail server keeps a letter before it answers."""
    with ExitStack() as stack:
        postgres, valkey = Postgres(folder).start(), Valkey(folder).start()
        stack.callback(postgres.stop)
        stack.callback(valkey.stop)
        sink = stack.enter_context(Sink(pause=pause))
        environment = _environment(folder, postgres, valkey, sink.port)
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute(FILL, {"count": messages})
        crew = Workers(environment, [COMMAND] * (workers - 1) + [CELERY])
        stack.callback(crew.stop)
        begin = time.monotonic()
        crew.start()
        _trouble(crew, postgres, valkey, sink, messages, kill_every=kill_every, until=begin + limit)
        return _outcome(postgres, sink, messages, crew.kills, time.monotonic() - begin)


def _environment(folder: Path, postgres: Postgres, valkey: Valkey, port: int) -> dict[str, str]:
    ours = {
        "DATABASE_URL": postgres.url(),
        "REDIS_URL": valkey.url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "EMAIL_TIMEOUT": str(TIMEOUT),
        "HEAD_FILE": str(folder / "head.json"),
        "MAIL_CONNECTIONS": str(LINES),
        "DELIVERY_LEASE": str(LEASE),
        "PORTAL_VAR": str(folder),
        "PORTAL_MODE": "development",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "drportal.settings",
    }
    return {name: value for name, value in os.environ.items() if name != "PORTAL_TEST_DB"} | ours


def _trouble(
    crew: Workers, postgres: Postgres, valkey: Valkey, sink: Sink, messages: int, *, kill_every: float, until: float
) -> None:
    """Kill workers at random moments; a third of the way the database and the broker once. Returns when all is quiet."""
    beat, crashed, taken_before = Celery(broker=valkey.url()), False, 0
    next_kill = next_tick = time.monotonic()
    while (now := time.monotonic()) < until:
        time.sleep(0.05)
        if now > next_tick:
            next_tick = now + 1
            crew.mend()
            with contextlib.suppress(Exception):  # the broker may be away: nothing is lost by a tick
                beat.send_task("communications.tasks.deliver", expires=5)
        taken = len(sink.taken.plain.keys() | sink.taken.copies.keys())
        if not crashed and taken > messages / 3:
            crashed = True
            kill_database(postgres, away=OUTAGE)
            kill_broker(valkey)
            time.sleep(SETTLING)
        # Only after some progress: on a busy machine workers would otherwise die before they are ready to send.
        if taken_before < taken < messages * 0.95 and now > next_kill:
            crew.kill_one()
            taken_before = taken
            next_kill = now + random.uniform(0.2, 1.8) * kill_every
        if taken > messages * 0.95 and not _waiting(postgres):
            return


def kill_database(postgres: Postgres, *, away: float = 0) -> None:
    """Kill every process of the server, as a loss of power does, and start it again after so many seconds."""
    _kill_all_in(postgres.data)
    time.sleep(away)
    postgres.start()


def kill_broker(valkey: Valkey) -> None:
    for pid in _processes():
        with contextlib.suppress(OSError):
            said = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "valkey-server" in said[0] and said[0].endswith(f":{valkey.port}"):
                os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    valkey.start()


def _kill_all_in(folder: Path) -> None:
    """The server's processes are those that work in its data directory."""
    for _ in range(3):  # a postmaster may fork while we look
        for pid in _processes():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/cwd").readlink() == folder:
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def _processes() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _waiting(postgres: Postgres) -> int:
    with psycopg.connect(postgres.url()) as connection:
        asked = "SELECT count(*) FROM communications_delivery WHERE state NOT IN ('sent', 'failed')"
        return int((connection.execute(asked).fetchone() or (0,))[0])


def _outcome(postgres: Postgres, sink: Sink, messages: int, kills: int, seconds: float) -> Outcome:
    taken = sink.taken
    with psycopg.connect(postgres.url()) as connection:
        rows = connection.execute("SELECT reference::text, state FROM communications_delivery").fetchall()
    left: dict[str, int] = {}
    for _, state in rows:
        left[state] = left.get(state, 0) + 1
    arrived = taken.plain.keys() | taken.copies.keys()
    lost = sum(1 for reference, state in rows if reference not in arrived and state != "failed")
    total = sum(taken.plain.values()) + sum(taken.copies.values())
    return Outcome(messages, seconds, kills, total, lost, taken.extra, taken.unflagged, left.get("failed", 0), left)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=int(os.environ.get("SOAK_MESSAGES", "100000")))
    parser.add_argument("--rounds", type=int, default=200, help="of the race tests; 0 leaves them out")
    parser.add_argument("--files", type=int, default=10_000, help="damaged registers that come in; 0 leaves them out")
    options = parser.parse_args()
    holds = _messages(options.messages) if options.messages else True
    files = [str(p.relative_to(ROOT)) for p in sorted(ROOT.glob("tests/*/test_races.py"))]
    if options.rounds:
        holds &= _tests("-q", *files, SOAK_ROUNDS=str(options.rounds))
    if options.files:
        holds &= _tests("-q", "-s", "tests/faults/test_import_fuzz.py", FUZZ_FILES=str(options.files))
    return 0 if holds else 1


def _messages(count: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        outcome = soak(Path(folder), messages=count, workers=3, pause=0, kill_every=2, limit=3600)
    print(outcome)
    print(
        "Nothing lost, every extra copy flagged, no more of them than killed lines."
        if outcome.holds
        else "IT DOES NOT HOLD."
    )
    return outcome.holds


def _tests(*arguments: str, **environment: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-n0", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment | {"LOG_LEVEL": "ERROR"}).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
