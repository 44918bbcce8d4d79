"""Nothing starts with a setting that is missing or dangerous: one sentence each, and no trace."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from drportal.startup import is_guessable, problems

ROOT = Path(__file__).parents[2]
GOOD = {
    "PORTAL_MODE": "production",
    "SECRET_KEY": "Jq3vN8xT0bLw5ZrYc1GmKd7HsPf2UaE9iXoBn4VtRy6MzQhWjSgDkCu",
    "DATABASE_URL": "postgres://portal_app:8jf93kq0w@db.example:5432/portal",
    "REDIS_URL": "redis://:9fk2ls8dk@broker.example:6379/0",
    "EMAIL_URL": "smtp+tls://portal:k29dk2@mail.example:587",
    "DEFAULT_FROM_EMAIL": "Recovery Portal <portal@bank.example>",
    "HELP_ADDRESS": "operations@bank.example",
    "ALLOWED_HOSTS": "portal.example,localhost",
    "BASE_URL": "https://portal.example",
    "ORGANISATION_NAME": "Bank of the North",
}
PATH = {"PATH": os.environ["PATH"]}


def changed(changes: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in (GOOD | changes).items() if value is not None}


def test_a_right_environment_has_no_problems():
    assert problems(GOOD) == []
    assert problems({}) == []  # a developer's machine
    assert problems({"PORTAL_MODE": "test", "DATABASE_URL": "postgres://p@db.example/x"}) == []
    assert problems({"DATABASE_URL": "postgres://p:p@localhost/x", "EMAIL_URL": "smtp://127.0.0.1:1025"}) == []
    here = {
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "ALLOWED_HOSTS": ".portal.example",
        "SECRET_KEY": secrets.token_hex(25),
    }
    assert problems(GOOD | here) == []


NO_MODE = dict.fromkeys(GOOD)
DANGERS = [
    # which mode this is
    ({"PORTAL_MODE": "prodution"}, "PORTAL_MODE is 'prodution'"),
    ({"PORTAL_MODE": "Production"}, "PORTAL_MODE is 'Production'"),
    (NO_MODE | {"PORTAL_MODE": "staging"}, "PORTAL_MODE is 'staging'"),
    ({"PORTAL_MODE": None}, "PORTAL_MODE is missing although ALLOWED_HOSTS names portal.example"),
    (NO_MODE | {"BASE_URL": "https://portal.example"}, "PORTAL_MODE is missing although BASE_URL names portal.example"),
    (NO_MODE | {"DATABASE_URL": GOOD["DATABASE_URL"]}, "PORTAL_MODE is missing although DATABASE_URL leads to db.example"),
    (NO_MODE | {"EMAIL_URL": GOOD["EMAIL_URL"]}, "PORTAL_MODE is missing although EMAIL_URL leads to mail.example"),
    (NO_MODE | {"ALLOWED_HOSTS": "*"}, "PORTAL_MODE is missing although ALLOWED_HOSTS names *"),
    ({"PORTAL_MODE": "development", "SECRET_KEY": None}, "SECRET_KEY is the one of development"),
    # keys
    ({"SECRET_KEY": None}, "SECRET_KEY is missing"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter than 50"),
    ({"SECRET_KEY": "development-only-" + "x" * 50}, "SECRET_KEY is one that stands in the portal's code"),
    ({"SECRET_KEY": "only-for-tests-" + "t" * 50}, "SECRET_KEY is one that stands in the portal's code"),
    ({"SECRET_KEY": "k" * 60}, "SECRET_KEY repeats itself"),
    ({"SECRET_KEY": "changeme-please-" * 4}, "SECRET_KEY repeats itself"),
    ({"SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}, "SECRET_KEY repeats itself"),
    ({"DEBUG": "on"}, "DEBUG is on"),
    ({"DEBUG": "perhaps"}, "DEBUG is 'perhaps'"),
    # names
    ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS is missing"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS lets every name in"),
    ({"ALLOWED_HOSTS": "portal.example, *"}, "ALLOWED_HOSTS lets every name in"),
    ({"BASE_URL": None}, "BASE_URL is missing"),
    ({"BASE_URL": "http://portal.example"}, "BASE_URL is http://portal.example"),
    ({"BASE_URL": "portal.example"}, "BASE_URL is no address"),
    ({"BASE_URL": "https://other.example"}, "ALLOWED_HOSTS does not name other.example"),
    # database, broker, mail
    ({"DATABASE_URL": None}, "DATABASE_URL is missing"),
    ({"DATABASE_URL": "postgres://portal:portal@db.example/portal"}, "The database password"),
    ({"DATABASE_URL": "postgres://portal:Postgres@db.example/portal"}, "The database password"),
    ({"DATABASE_URL": "postgres://portal@db.example/portal"}, "The database password"),
    ({"DATABASE_URL": "postgres://portal:fjord-lantern-42@db.example/portal"}, "The database password"),
    ({"DATABASE_URL": "postgres://portal:a@b@[db/portal"}, "DATABASE_URL is no address"),
    ({"DATABASE_URL": "mysql://portal:8jf93kq0w@db.example/portal"}, "DATABASE_URL begins with mysql://"),
    ({"REDIS_URL": None}, "REDIS_URL is missing"),
    ({"REDIS_URL": "redis://broker.example:6379/0"}, "The broker at broker.example has no password"),
    ({"REDIS_URL": "redis://:redis@broker.example:6379/0"}, "The broker at broker.example has no password"),
    ({"REDIS_URL": "http://broker.example"}, "REDIS_URL begins with http://"),
    ({"EMAIL_URL": None}, "EMAIL_URL is missing"),
    ({"EMAIL_URL": "consolemail://"}, "EMAIL_URL is no mail server"),
    ({"EMAIL_URL": "mail.example"}, "EMAIL_URL is no address"),
    ({"DEFAULT_FROM_EMAIL": None}, "DEFAULT_FROM_EMAIL is missing"),
    ({"DEFAULT_FROM_EMAIL": "nobody"}, "DEFAULT_FROM_EMAIL has no address"),
    # the demo's
    ({"DEFAULT_FROM_EMAIL": "Portal <portal@harbour-mutual.example>"}, "DEFAULT_FROM_EMAIL is of the demo"),
    ({"HELP_ADDRESS": "operations@harbour-mutual.example"}, "HELP_ADDRESS is of the demo"),
    ({"HELP_ADDRESS": None}, "HELP_ADDRESS is missing"),
    ({"ORGANISATION_NAME": None}, "ORGANISATION_NAME is missing or the demo's"),
    # what cannot be read, in any mode
    (NO_MODE | {"PORT": "80a"}, "PORT is '80a'"),
    ({"DATABASE_POOL": "many"}, "DATABASE_POOL is 'many'"),
    ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES is '-1'"),
    ({"ORGANISATION_TIME_ZONE": "Oslo"}, "ORGANISATION_TIME_ZONE is 'Oslo'"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is 'loud'"),
    ({"API_RATE": "fast"}, "API_RATE is 'fast'"),
    ({"OIDC_ISSUER": "https://id.example"}, "OIDC_CLIENT_ID and OIDC_CLIENT_SECRET missing"),
    ({"EMAIL_TIMEOUT": "30"}, "DELIVERY_LEASE is too short"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), DANGERS)
def test_what_is_missing_or_dangerous_is_said_in_one_sentence(changes, said):
    found = problems(changed(changes))
    assert len([sentence for sentence in found if sentence.startswith(said)]) == 1, found
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in found)


def test_a_key_by_chance_is_never_called_guessable():
    assert not any(is_guessable(secrets.token_hex(25)) or is_guessable(secrets.token_urlsafe(38)) for _ in range(500))


def start(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**PATH, **env}, timeout=60, check=False
    )


BIN = Path(sys.executable).parent
ENTRIES = {
    "settings": [sys.executable, "-c", "import drportal.settings"],
    "command": [sys.executable, "manage.py", "check"],
    "worker": [str(BIN / "celery"), "-A", "drportal", "worker"],
    "beat": [str(BIN / "celery"), "-A", "drportal", "beat", "--schedule", "/dev/null"],
    "web": [str(BIN / "granian"), "--interface", "asginl", "--port", "0", "drportal.asgi:application"],
    "make run": [sys.executable, "-m", "drportal.supervisor"],
    "prepare": [sys.executable, "-m", "drportal.prepare"],
}  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_refuses_with_the_sentence_and_no_trace(entry, tmp_path):
    dangers = changed({"PORTAL_MODE": None, "SECRET_KEY": "k" * 60}) | {
        "PORTAL_VAR": str(tmp_path / "var"),
        "HOME": "/",
    }
    started = start(ENTRIES[entry], dangers)
    assert started.returncode != 0
    assert "- PORTAL_MODE is missing although ALLOWED_HOSTS names portal.example" in started.stderr
    assert "Traceback" not in started.stderr + started.stdout
    assert "drportal/" not in started.stderr


def test_production_starts_with_everything_in_place_and_empty_variables_are_not_given():
    assert (
        start(ENTRIES["settings"], GOOD | {"TRUSTED_PROXIES": "", "OIDC_ISSUER": "", "DATABASE_POOL": ""}).returncode
        == 0
    )


def test_the_demo_is_not_loaded_in_production():
    started = start([sys.executable, "manage.py", "demo"], GOOD)
    assert started.returncode != 0
    assert "not loaded in production" in started.stderr
