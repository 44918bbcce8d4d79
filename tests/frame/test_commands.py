"""Every command that the docs name works beside `make run` as it stands there, or says in one sentence why not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from drportal import running
from tests.cast import make_cast

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md"]
NAMED = {
    match.strip(" `.,:;")
    for page in PAGES
    for match in re.findall(r"manage\.py ((?:audit )?[a-z_]+(?: --[a-z-]+)?)", page.read_text())
}
SHEET = "name,purpose,team\nLedger,Books claims.,Payments\n"
# How each of them is called here, beside a portal with people in it.
CALLS = {
    "migrate": ["migrate", "--noinput"],
    "give_rights": ["give_rights", "pg_monitor"],  # a role that every server has
    "collectstatic": ["collectstatic", "--noinput", "--dry-run"],
    "collectstatic --noinput": ["collectstatic", "--noinput", "--dry-run"],
    "first_person": ["first_person", "--email", "ida@bank.example", "--name", "Ida Lund"],
    "first_person --email": ["first_person", "--email", "ida@bank.example", "--name", "Ida Lund"],
    "confirmations": ["confirmations", "list"],
    "outbox": ["outbox", "status"],
    "audit verify": ["audit", "verify"],
    "audit verify --head": ["audit", "verify", "--head", "0:" + "0" * 64],
    "audit head": ["audit", "head"],
    "audit dump": ["audit", "dump"],
    "deliver": ["deliver"],
    "deliver --loop": ["deliver", "--loop"],
    "import_waiting": ["import_waiting"],
    "import_waiting --loop": ["import_waiting", "--loop"],
    "import_register": ["import_register", "{sheet}", "--by", "maren.holt@example.org"],
    "migrate --noinput": ["migrate", "--noinput"],
}
SAID = {"first_person": "CommandError: Maren Holt is head of operations already"}


def environment(var: Path) -> dict[str, str]:
    """Nothing but where the portal runs: what `make run` knows is not in this terminal."""
    return {"PATH": os.environ["PATH"], "PORTAL_VAR": str(var)}


@pytest.fixture
def beside(tmp_path: Path) -> dict[str, str]:
    """`make run` on a directory of its own, as far as commands can tell."""
    at = connection.settings_dict
    url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    running.note(
        tmp_path, {"DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL, "SECRET_KEY": "s" * 60, "PORT": "8123"}
    )
    return environment(tmp_path)


def call(arguments: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The command; one that never ends by itself is asked to after a while."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if "--loop" in arguments:
        time.sleep(6)
        assert process.poll() is None, process.communicate()[1]
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def test_each_command_of_the_docs_is_tried_below():
    assert set(CALLS) == NAMED | set(CALLS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("named", sorted(NAMED))
def test_a_command_of_the_docs_works_beside_make_run(named, beside, tmp_path):
    make_cast()
    (tmp_path / "sheet.csv").write_text(SHEET)
    done = call([part.format(sheet=tmp_path / "sheet.csv") for part in CALLS[named]], beside)
    assert "Traceback" not in done.stderr
    if said := SAID.get(named.split(" ")[0]):
        assert done.stderr.strip().startswith(said)
    elif "--loop" not in named:
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [["audit", "verify"], ["migrate"], ["deliver"]])
def test_where_nothing_runs_it_says_so_in_one_sentence(command, tmp_path):
    done = call(command, environment(tmp_path))
    assert done.returncode == 1
    assert done.stderr.strip() == f"No portal runs on {tmp_path}: start it with make run, or set DATABASE_URL."


def test_where_it_no_longer_runs_the_database_is_said_not_to_answer(tmp_path):
    running.note(tmp_path, {"DATABASE_URL": "postgres://portal:x@127.0.0.1:9/portal", "SECRET_KEY": "s" * 60})
    done = call(["audit", "verify"], environment(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("The database does not answer: ")
    assert "Traceback" not in done.stderr


def test_what_runs_is_noted_for_its_owner_alone_and_forgotten_at_the_end(tmp_path):
    running.note(tmp_path, {"DATABASE_URL": "postgres://x", "HOME": "/root"})
    noted = tmp_path / "running.json"
    assert noted.stat().st_mode & 0o777 == 0o600
    assert "HOME" not in noted.read_text()
    given = {"PORTAL_VAR": str(tmp_path), "DATABASE_URL": "postgres://mine"}
    assert running.join(given) == ""
    assert given["DATABASE_URL"] == "postgres://mine"
    running.forget(tmp_path)
    assert running.join({"PORTAL_VAR": str(tmp_path)}).startswith("No portal runs on ")
