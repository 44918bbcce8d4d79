"""A broker that takes connections and says nothing: pages and sign-in are soon there, as without one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.standing import ROOT, Standing, standing, until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.xdist_group("standing")]
# Once for each process, a second; then at once. A page itself takes a tenth of that on a quiet machine.
SIGN_IN_POSTED = """
from django.test import Client
import time, django
django.setup()
begin = time.monotonic()
form = {"login": "ada@example.org", "password": "wrong one entirely"}
answer = Client(headers={"Host": "localhost"}).post("/accounts/login/", form)
print(answer.status_code, time.monotonic() - begin)
"""
WAKE = """
import time, django
django.setup()
from workloads.register import waking
begin = time.monotonic()
waking._call()
print(200, time.monotonic() - begin)
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    folder: Path = tmp_path_factory.mktemp("broker")
    folder.chmod(0o755)
    with standing(folder) as runs:
        runs.start_web(workers=1)
        yield runs


@pytest.fixture
def hanging(portal: Standing) -> Iterator[Standing]:
    portal.signal_broker(signal.SIGSTOP)
    yield portal
    portal.signal_broker(signal.SIGCONT)


def test_one_page_waits_a_second_and_the_others_not_at_all(portal: Standing) -> None:
    assert {answer.status for answer in portal.get_many("/", 10)} == {200}
    usual = min(portal.get("/").seconds for _ in range(3))
    portal.signal_broker(signal.SIGSTOP)
    try:
        answers = [portal.get("/") for _ in range(8)]
    finally:
        portal.signal_broker(signal.SIGCONT)
    assert {answer.status for answer in answers} == {200}
    assert sorted(answer.seconds for answer in answers)[5] < usual + 1, "most of them do not wait"
    assert sum(answer.seconds for answer in answers) < 8 * usual + 12
    until(lambda: '"broker": {"ok": true}' in portal.get("/health/").body)


@pytest.mark.parametrize("program", [SIGN_IN_POSTED, WAKE], ids=["sign-in", "wake the sweep"])
def test_what_asks_the_broker_many_times_waits_for_it_once(hanging: Standing, program: str) -> None:
    command = [sys.executable, "-c", program]
    env = hanging.environment | {"DJANGO_SETTINGS_MODULE": "drportal.settings"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    status, seconds = done.stdout.split()[-2:]
    assert status == "200"
    assert float(seconds) < 8, "many times a second it was"


def test_a_process_holds_few_connections_to_the_broker(portal: Standing) -> None:
    before = portal.connections_to_broker()
    for _ in range(30):
        portal.get("/")
    assert portal.connections_to_broker() <= before + 3
