"""A production start in a plain virtual environment, as docs/operating.md tells it: it serves its pages and lets the first
person in."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import connection

from drportal.embedded import free_port
from tests.frame.test_settings import GOOD

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ROLE = f"portal_app_{os.getpid()}"
PASSWORD = "a-lantern-in-the-fog"


class Machine:
    """The environment of a machine on which the docs are followed, and a browser behind its proxy."""

    def __init__(self, place: Path) -> None:
        at = connection.settings_dict
        self.port, self.cookies = free_port(), SimpleCookie()
        self.at = f"{at['HOST']}:{at['PORT']}/{at['NAME']}"
        self.owner = f"postgres://{at['USER']}:{quote(at['PASSWORD'])}@{self.at}"
        self.env = GOOD | {
            "PATH": os.environ["PATH"], "DATABASE_URL": self.owner, "REDIS_URL": settings.REDIS_URL,
            "STATIC_ROOT": str(place / "static"), "PORTAL_VAR": str(place / "var"), "APP_PASSWORD": secrets.token_urlsafe(20),
        }  # fmt: skip
        self.log = place / "web.log"

    def manage(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def web(self) -> subprocess.Popen[bytes]:
        command = [
            str(BIN / "granian"),
            "--interface",
            "asginl",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--workers",
            "1",
        ]
        with self.log.open("wb") as out:
            return subprocess.Popen(
                [*command, "drportal.asgi:application"], cwd=ROOT, env=self.env, stdout=out, stderr=subprocess.STDOUT
            )

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, text and where it leads; cookies are kept, secure ones too: TLS ended at the proxy."""
        host = urlsplit(GOOD["BASE_URL"]).netloc
        headers = {
            "Host": host, "X-Forwarded-Proto": "https", "Referer": GOOD["BASE_URL"] + "/",
            "Cookie": "; ".join(f"{name}={kept.value}" for name, kept in self.cookies.items()),
        }  # fmt: skip
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        line.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
        answer = line.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(cookie)
        text = answer.read().decode(errors="replace")
        return answer.status, text, urlsplit(answer.headers.get("Location", "")).path

    def fill_in(self, path: str, **fields: str) -> tuple[int, str, str]:
        status, page, _ = self.ask(path)
        assert status == 200, page
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found, page
        return self.ask(path, fields | {"csrfmiddlewaretoken": found[1]})

    def wait(self, web: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and web.poll() is None:
            try:
                self.ask("/health/")
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError(self.log.read_text())


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    yield Machine(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [ROLE])
        if cursor.fetchone()[0]:
            cursor.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def test_without_collected_files_it_says_so_and_does_not_start(machine: Machine) -> None:
    web = machine.web()
    assert web.wait(90) != 0
    said = machine.log.read_text()
    assert "- Static files were never collected: run manage.py collectstatic --noinput" in said
    assert "Traceback" not in said


def test_by_the_docs_alone_it_serves_its_pages_and_lets_the_first_person_in(machine: Machine) -> None:
    machine.manage("collectstatic", "--noinput")
    assert "owns nothing" in machine.manage("give_rights", ROLE, "--password-from", "APP_PASSWORD")
    machine.env["DATABASE_URL"] = f"postgres://{ROLE}:{quote(machine.env['APP_PASSWORD'])}@{machine.at}"
    web = machine.web()
    try:
        machine.wait(web)
        status, page, _ = machine.ask("/accounts/login/")
        assert status == 200
        for path in set(re.findall(r'/static/[^" ]+', page)):
            assert machine.ask(path)[0] == 200, path
        link = machine.manage("first_person", "--email", "ida@bank.example", "--name", "Ida Lund").splitlines()[-1]
        _, _, form = machine.ask(urlsplit(link).path)
        assert machine.fill_in(form, password1=PASSWORD, password2=PASSWORD)[0] == 302
        assert machine.fill_in("/accounts/login/", login="ida@bank.example", password=PASSWORD)[0] == 302
        for path in ("/", "/workloads/", "/people/", "/drills/", "/admin/", "/trail/", "/messages/"):
            status, page, leads = machine.ask(path)
            assert status == 200, (path, leads, page)
        assert "database role" not in machine.log.read_text()
        assert "Traceback" not in machine.log.read_text()
    finally:
        web.terminate()
        web.wait(30)


def test_as_the_owner_of_the_tables_it_warns_loudly(machine: Machine) -> None:
    worker = [
        str(BIN / "celery"),
        "-A",
        "drportal",
        "beat",
        "--schedule",
        str(machine.log.parent / "beat"),
        "--pidfile",
        "",
    ]
    with machine.log.open("wb") as out, subprocess.Popen(
        worker, cwd=ROOT, env=machine.env, stdout=out, stderr=subprocess.STDOUT
    ) as beat:  # fmt: skip
        deadline = time.monotonic() + 60
        while "beat: Starting" not in machine.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.2)
        beat.terminate()
    said = machine.log.read_text()
    assert '"level": "critical"' in said
    assert "which is a superuser: a stolen password could switch off what keeps the history" in said
