"""A portal of its own for tests that take its servers away: PostgreSQL, Valkey and the web server as in production."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from drportal.embedded import Postgres, Valkey, free_port
from drportal.supervisor import web_command

ROOT = Path(__file__).parents[2]
SIGN_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from people.models import User
user = User.objects.filter(email="ada@example.org").first() or User.objects.create_superuser(email="ada@example.org", name="Ada")
store = import_module(settings.SESSION_ENGINE).SessionStore()
store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
store[BACKEND_SESSION_KEY] = "people.backends.SignInBackend"
store.save()
print(settings.SESSION_COOKIE_NAME, store.session_key)
"""


def until(what: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it does not come to pass"
        time.sleep(0.05)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str
    seconds: float


@dataclass
class Standing:
    """Its servers, the environment its programs run in, and a session of somebody who may see everything."""

    folder: Path
    postgres: Postgres
    valkey: Valkey
    port: int = field(default_factory=free_port)
    cookie: str = ""
    web: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        ours = {
            "DATABASE_URL": self.postgres.url(),
            "REDIS_URL": self.valkey.url(),
            "PORTAL_VAR": str(self.folder),
            "PORTAL_MODE": "development",
            "PORT": str(self.port),
            "SECRET_KEY": "only-for-tests-" + "t" * 50,
            "LOG_LEVEL": "WARNING",
        }
        return {name: value for name, value in os.environ.items() if name != "PORTAL_TEST_DB"} | ours

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start_web(self, workers: int = 2) -> None:
        with (self.folder / "web.log").open("ab") as out:
            command = web_command("127.0.0.1", self.port, workers)
            self.web = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=out, stderr=out)
        until(lambda: self.get("/health/").status == 200)

    def stop_web(self) -> None:
        if self.web:
            self.web.terminate()
            try:
                self.web.wait(20)
            except subprocess.TimeoutExpired:
                self.web.kill()
                self.web.wait(20)

    def get(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """Over a connection of its own; status 0 when nobody answers."""
        begin, line = time.monotonic(), http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Host": "localhost", "Cookie": self.cookie} | {k.replace("_", "-"): v for k, v in headers.items()}
        try:
            line.request(method, path, headers=sent)
            answer = line.getresponse()
            body = answer.read().decode(errors="replace")
            return Answer(answer.status, dict(answer.getheaders()), body, time.monotonic() - begin)
        except (OSError, http.client.HTTPException):
            return Answer(0, {}, "", time.monotonic() - begin)
        finally:
            line.close()

    def get_many(self, path: str, count: int, at_once: int = 8) -> list[Answer]:
        with ThreadPoolExecutor(at_once) as threads:
            return list(threads.map(lambda _: self.get(path), range(count)))

    def signal_database(self, number: signal.Signals) -> None:
        """To every process of the server: they are those that work in its data directory."""
        for pid in pids_in(self.postgres.data):
            os.kill(pid, number)

    def signal_broker(self, number: signal.Signals) -> None:
        assert self.valkey._process is not None
        os.kill(self.valkey._process.pid, number)

    def connections_to_broker(self) -> int:
        """How many were ever made, as the broker counts them."""
        with redis.Redis.from_url(self.valkey.url()) as line:
            return int(line.info("stats")["total_connections_received"])


def pids_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@contextmanager
def standing(folder: Path) -> Iterator[Standing]:
    """Everything but the web server runs, and the database is migrated."""
    with ExitStack() as stack:
        postgres, valkey = Postgres(folder, fast=True).start(), Valkey(folder).start()
        portal = Standing(folder, postgres, valkey)
        stack.callback(valkey.stop)
        stack.callback(postgres.stop)
        stack.callback(portal.signal_broker, signal.SIGCONT)
        stack.callback(portal.signal_database, signal.SIGCONT)
        stack.callback(portal.stop_web)
        portal.manage("migrate", "-v0")
        name, key = portal.manage("shell", "-v0", "-c", SIGN_IN).split()[-2:]
        portal.cookie = f"{name}={key}"
        yield portal
