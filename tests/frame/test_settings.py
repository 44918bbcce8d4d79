"""Production refuses to start when something is missing that would only be missed later."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = {
    "PORTAL_MODE": "production",
    "SECRET_KEY": "k" * 60,
    "DATABASE_URL": "postgres://portal:8jf93kq0w@db.example:5432/portal",
    "EMAIL_URL": "smtp://mail.example:25",
    "ALLOWED_HOSTS": "portal.example",
    "BASE_URL": "https://portal.example",
}


def _start(changes):
    environment = {
        **{k: v for k, v in GOOD.items() if changes.get(k, v) is not None},
        **{k: v for k, v in changes.items() if v},
    }
    return subprocess.run(
        [sys.executable, "-c", "import drportal.settings"], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], **environment},
    )  # fmt: skip


def test_production_starts_with_everything_in_place():
    assert _start({}).returncode == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DEBUG": "on"}, "DEBUG"),
        ({"DATABASE_URL": None}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://portal:portal@db.example/portal"}, "password"),
        ({"DATABASE_URL": "postgres://portal:Postgres@db.example/portal"}, "password"),
        ({"DATABASE_URL": "postgres://portal@db.example/portal"}, "password"),
        ({"EMAIL_URL": None}, "EMAIL_URL"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
        ({"DEFAULT_FROM_EMAIL": "nobody"}, "DEFAULT_FROM_EMAIL"),
    ],
)
def test_production_refuses_to_start(changes, said):
    started = _start(changes)
    assert started.returncode != 0
    assert said in started.stderr
    assert "ImproperlyConfigured" in started.stderr


def test_the_demo_is_not_loaded_in_production():
    started = subprocess.run(
        [sys.executable, "manage.py", "demo"], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], **GOOD},
    )  # fmt: skip
    assert started.returncode != 0
    assert "not loaded in production" in started.stderr
