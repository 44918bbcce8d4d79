"""`python -m drportal.supervisor`, which is `make run`: the whole portal on this machine, until Ctrl-C.

Starts PostgreSQL and Valkey (unless DATABASE_URL and REDIS_URL name others), migrates, loads the demo organisation
once, then keeps web, worker and beat running and starts again whatever dies. Killed with -9 it leaves PostgreSQL and
Valkey behind; the next start on the same PORTAL_VAR attaches to them. Exit code 0 after a stop, 1 after a refusal.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psycopg

from drportal import running
from drportal.children import Child, end_with_parent, open_private, rotate
from drportal.embedded import HOST, Postgres, ServiceError, Valkey, port_is_free, write_private
from drportal.startup import problems

ROOT = Path(__file__).resolve().parent.parent
GRACE = 10.0  # seconds for worker and web to finish what they do
READY = 90.0  # seconds until the web server has to answer
GIVE_UP = 3  # a web server that ends so often before its first answer will not come up
TICK = 0.2  # seconds between two looks at the children
SERVICE_CHECK = 1.0  # seconds between two looks at PostgreSQL and Valkey
SERVICE_PAUSE = 5.0  # seconds after one that could not be started, for example because the disk is full
LOG_CHECK = 10.0  # seconds between two looks at the size of the logs


class Refusal(Exception):
    """The portal cannot start; the text tells a person what to do."""


class Stopped(Exception):
    """A signal asked for the end while something was being started."""


def say(line: str) -> None:
    """A line on the console; the portal goes on when nobody listens there any more."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


# --- Before anything starts -----------------------------------------------------------------------------------------
def read_port() -> int:
    value = os.environ.get("PORT") or "8000"
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise Refusal(f"PORT is '{value}': it has to be a number from 1 to 65535.")
    return int(value)


def check_port(port: int, *, patience: float = 0) -> None:
    """Refusal when anybody listens there, on IPv4 or IPv6: browsers try both for localhost. patience: seconds."""
    deadline = time.monotonic() + patience
    while not port_is_free(port) and time.monotonic() < deadline:
        time.sleep(TICK)
    if port_is_free(port) and not _listens_on_ipv6(port):
        return
    other = next((p for p in range(port + 1, min(port + 50, 65536)) if port_is_free(p)), port + 1)
    raise Refusal(f"Port {port} is taken by another program. Choose another one: PORT={other} make run")


def _listens_on_ipv6(port: int) -> bool:
    try:
        with socket.create_connection(("::1", port), 1):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def hold(var: Path, port: int) -> Iterator[bool]:
    """Lock the data directory for this process. Gives whether the last portal on it was killed.

    Refusal when another portal runs on it. The file says who; whoever ends in order empties it.
    """
    with _lock(var, port) as lock:
        lock.seek(0)
        was_killed = bool(lock.read())
        lock.truncate(0)
        with contextlib.suppress(OSError):  # the lock holds also without saying whose it is
            lock.write(f"process {os.getpid()}, http://localhost:{port}\n")
            lock.flush()
        try:
            yield was_killed
        finally:
            lock.truncate(0)


def _no_room(var: Path, error: OSError) -> Refusal:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refusal(f"There is no room left on the disk of {var}. Make some, then start again.")
    return Refusal(f"Cannot write to {var} ({error.strerror}). Set PORTAL_VAR to a directory of yours.")


def _lock(var: Path, port: int) -> IO[str]:
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "portal.lock").open("a+")
    except OSError as error:
        raise _no_room(var, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        who = lock.read().strip() or "another process"
        other = port + 1
        raise Refusal(
            f"The portal already runs on {var}: {who}. Stop that one with Ctrl-C, "
            f"or start a second one beside it: PORT={other} PORTAL_VAR=var-{other} make run"
        ) from None
    return lock


def secret_key(var: Path) -> str:
    """The key kept in var/secret-key (0600), made at the first start."""
    path = var / "secret-key"
    if not path.exists() or len(path.read_text().strip()) < 50:
        write_private(path, secrets.token_urlsafe(60) + "\n")
    return path.read_text().strip()


# --- The portal -----------------------------------------------------------------------------------------------------
class Supervisor:
    """Everything that runs, in the order it starts. One thread; signals only set a number that the loops look at."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.logs = var / "log"
        self.signals = 0
        self.env: dict[str, str] = {}
        self.services: list[Postgres | Valkey] = []
        self.children: list[Child] = []
        self.not_before: dict[Postgres | Valkey, float] = {}  # monotonic

    def on_signal(self, number: int, frame: object) -> None:
        self.signals += 1
        if self.signals == 1:
            say("Stopping …")

    def run(self) -> int:
        """Start all, watch until a signal, stop all. Returns the exit code. Refusal, ServiceError: after a clean-up."""
        started = time.monotonic()
        try:
            self.prepare()
            self.start_services()
            people = self.prepare_database()
            self.start_children()
            self.wait_until_ready()
            self.welcome(people, time.monotonic() - started)
            self.watch()
        except Stopped:
            pass
        finally:
            self.stop()
        return 0

    def prepare(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        self.logs.chmod(0o700)
        self.env = {
            **os.environ,
            "PORTAL_VAR": str(self.var),
            "PORT": str(self.port),
            "PORTAL_MODE": os.environ.get("PORTAL_MODE") or "development",
            "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key(self.var),
            "DJANGO_SETTINGS_MODULE": "drportal.settings",
            "PYTHONUNBUFFERED": "1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        }

    def start_services(self) -> None:
        if not self.env.get("DATABASE_URL"):
            postgres = Postgres(self.var)
            say("Starting PostgreSQL …" if postgres.data.exists() else "Making a new PostgreSQL database …")
            if not postgres.data.exists():  # what was seen of another one does not count for this one
                (self.var / "head.json").unlink(missing_ok=True)
            self.services.append(postgres)
            self.env["DATABASE_URL"] = postgres.start().url()
        if not self.env.get("REDIS_URL"):
            valkey = Valkey(self.var)
            self.services.append(valkey)
            self.env["REDIS_URL"] = valkey.start().url()
        running.note(self.var, self.env)
        self.check_stopped()

    def prepare_database(self) -> str:
        """Migrate, and fill an empty portal with the demo organisation. Returns who can sign in, as text for people.

        Refusal with the last lines of its log when that fails.
        """
        say("Preparing the database; the first time this takes a little longer …")
        log, people = self.logs / "prepare.log", self.logs / "people.txt"
        for path in (log, people):
            path.unlink(missing_ok=True)
        with open_private(log) as err, open_private(people) as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "drportal.prepare"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=ROOT,
                env=self.env,
                start_new_session=True,
                preexec_fn=end_with_parent(os.getpid()),
            )
            while process.poll() is None:
                if self.signals:
                    process.terminate()
                time.sleep(0.02)
        self.check_stopped()
        if process.returncode:
            raise Refusal(f"The database cannot be prepared:\n{log.read_text(errors='replace')[-3000:].strip()}")
        return people.read_text(errors="replace").strip("\n")

    # --- web, worker, beat ---
    def start_children(self) -> None:
        celery = [sys.executable, "-m", "celery", "-A", "drportal"]
        granian = web_command(HOST, self.port, min(2, os.cpu_count() or 1))
        worker = [
            "worker",
            "-l",
            "info",
            "-c",
            "2",
            "--without-gossip",
            "--without-mingle",
            "-n",
            f"portal{self.port}@%h",
        ]
        # In memory: a file that a full disk or a kill has damaged would keep beat from starting, and nothing in it is needed.
        beat = ["beat", "-l", "info", "--scheduler", "celery.beat:Scheduler", "--pidfile="]
        for name, command in (("web", granian), ("worker", [*celery, *worker]), ("beat", [*celery, *beat])):
            child = Child(name, command, env=self.env, cwd=ROOT, logs=self.logs)
            self.children.append(child)
            child.start()

    def wait_until_ready(self) -> None:
        """Until /health/ answers. Refusal with the end of the log when the web server does not come up."""
        web = self.children[0]
        deadline = time.monotonic() + READY
        while not answers(self.port):
            self.tend_children()
            self.check_stopped()
            if web.failures >= GIVE_UP or time.monotonic() > deadline:
                tail = web.log.read_text(errors="replace")[-3000:].strip()
                raise Refusal(f"The web server does not come up:\n{tail}\n(the whole log: {web.log})")
            time.sleep(TICK)

    def welcome(self, people: str, seconds: float) -> None:
        data = next((s.base for s in self.services if isinstance(s, Postgres)), None)
        mail = "goes out as EMAIL_URL says" if self.env.get("EMAIL_URL") else f"{self.var / 'mail'} (.eml files)"
        say("")
        say(f"  The portal is ready ({seconds:.0f} s):  http://localhost:{self.port}")
        say("")
        if people:
            say(textwrap.indent(textwrap.dedent(people), "  ") + "\n")
        say(f"  Data   {data or 'in the database that DATABASE_URL names'}")
        say(f"  Logs   {self.logs}")
        say(f"  Mail   {mail}")
        say("")
        say("  Ctrl-C stops everything.")

    # --- while it runs ---
    def watch(self) -> None:
        next_check = next_logs = 0.0
        while not self.signals:
            self.tend_children()
            if time.monotonic() >= next_check:
                self.tend_services()
                next_check = time.monotonic() + SERVICE_CHECK
            if time.monotonic() >= next_logs:
                self.tend_logs()
                next_logs = time.monotonic() + LOG_CHECK
            time.sleep(TICK)

    def tend_children(self) -> None:
        for child in self.children:
            if news := child.tend():
                say(news)

    def tend_services(self) -> None:
        """Start a server again that is gone, on its old port, so that the addresses the children hold stay right."""
        for service in self.services:
            if service.running() or self.signals or time.monotonic() < self.not_before.get(service, 0):
                continue
            name = type(service).__name__
            say(f"{name} is gone; starting it again. See {service.log}")
            before = service.port
            try:
                service.start()
            except (ServiceError, OSError, subprocess.SubprocessError, psycopg.Error) as error:
                say(f"{name} does not start, trying again: {error}")
                self.not_before[service] = time.monotonic() + SERVICE_PAUSE
            if service.port != before:
                self.change_address(service)

    def tend_logs(self) -> None:
        """Also of PostgreSQL and Valkey: both write at the end of their file."""
        for log in (*self.logs.glob("*.log"), *(service.log for service in self.services)):
            if rotate(log):
                say(f"{log} was large; what it held is in {log.with_suffix('.log.1')}")

    def change_address(self, service: Postgres | Valkey) -> None:
        """Somebody took the port meanwhile: the children have to learn the new one."""
        self.env["DATABASE_URL" if isinstance(service, Postgres) else "REDIS_URL"] = service.url()
        running.note(self.var, self.env)
        for child in self.children:
            child.ask_to_stop()

    # --- the end ---
    def check_stopped(self) -> None:
        if self.signals:
            raise Stopped

    def stop(self) -> None:
        """Beat and worker first (what they began is finished within GRACE), web, the servers. Asked twice: at once."""
        asked = max(self.signals, 1)
        hurry: Callable[[], bool] = lambda: self.signals > asked  # noqa: E731
        for name in ("beat", "worker"):
            self._each(name, lambda child: child.ask_to_stop())
        until = time.monotonic() + GRACE
        for name in ("beat", "worker"):
            self._each(name, lambda child: child.wait(until, hurry))
        self._each("web", lambda child: child.ask_to_stop())
        self._each("web", lambda child: child.wait(time.monotonic() + GRACE, hurry))
        for service in reversed(self.services):
            service.stop()
        running.forget(self.var)

    def _each(self, name: str, do: Callable[[Child], None]) -> None:
        for child in self.children:
            if child.name == name:
                do(child)


def web_command(host: str, port: int, workers: int) -> list[str]:
    """A process that is killed is replaced, and the others go on; without respawning the first one takes all down."""
    return [
        sys.executable, "-m", "granian", "--interface", "asginl", "--host", host, "--port", str(port),
        "--workers", str(workers), "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "5",
        "drportal.asgi:application",
    ]  # fmt: skip


def answers(port: int) -> bool:
    """Whether the portal answers: 200 on /health/, or anything but a server error on / where there is no /health/."""
    status = _status(port, "/health/")
    return status == 200 or (status == 404 and 0 < _status(port, "/") < 500)


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def main() -> int:
    var = ROOT
    try:
        port = read_port()
        if said := problems(os.environ):
            raise Refusal("\n".join(["The portal does not start:", *(f"- {sentence}" for sentence in said)]))
        var = Path(os.environ.get("PORTAL_VAR") or ROOT / "var").resolve()
        with hold(var, port) as was_killed:
            check_port(port, patience=GRACE if was_killed else 0)  # its children are just ending
            supervisor = Supervisor(var, port)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, supervisor.on_signal)
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants it to go on
                signal.signal(signal.SIGHUP, supervisor.on_signal)
            code = supervisor.run()
            say("Everything has stopped.")
            return code
    except (Refusal, ServiceError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.stderr.write(f"{_no_room(var, error)}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
