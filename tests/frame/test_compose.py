"""The compose file and the image keep what operating.md promises. Its syntax is checked by `docker-compose config`."""

import re
import secrets
from pathlib import Path

import pytest
import yaml

from drportal.startup import problems

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "drportal"}


def test_the_portal_runs_as_web_worker_beat_and_migration():
    assert set(OURS) == {"web", "worker", "beat", "migrate"}
    assert {"database", "broker", "mail"} <= set(SERVICES)


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_may_write_only_to_tmp_and_gain_no_rights(name):
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["tmpfs"][0].partition(":")[0] == "/tmp"  # noqa: S108 (a mount in a container)
    assert service["volumes"] == ["head:/head"], "what it keeps outside the database, and nothing else"


@pytest.mark.parametrize("name", ["web", "worker", "beat", "database", "broker"])
def test_what_stays_up_has_a_health_check(name):
    assert SERVICES[name]["healthcheck"]["test"]


def test_no_secret_is_written_down():
    for name, service in SERVICES.items():
        for key, value in (service.get("environment") or {}).items():
            if re.search("SECRET|PASSWORD|URL", key) and key != "BASE_URL":
                assert "${" in str(value), f"{name}: {key} has a value in the file"


def test_the_image_is_not_root_and_holds_no_secret():
    text = (ROOT / "Dockerfile").read_text()
    final = text.split("\nFROM ")[-1]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert "HEALTHCHECK" in final
    assert not re.search(r"(SECRET_KEY|PASSWORD|DATABASE_URL)\s*=", final)


SETTINGS = (ROOT / "drportal" / "settings.py").read_text()
READ = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', SETTINGS))
TABLE = (ROOT / "docs" / "operating.md").read_text().split("## Production")[0]
DOCUMENTED = {
    name
    for line in TABLE.splitlines()
    if line.startswith("| `")
    for name in re.findall(r"`([A-Z_]+)`", line.split("|")[1])
}
PASSED = COMPOSE["x-portal"]["environment"]
OF_THE_IMAGE = {"PORTAL_MODE", "PORTAL_VAR", "STATIC_ROOT"}
EXAMPLE = (ROOT / "docs" / "compose.env.example").read_text()
# Never set by an operator: for tests, for developers, or derived from BASE_URL and PORT.
INSIDE = {
    "PORTAL_TEST_DB",
    "PORTAL_PROCESS",
    "DEBUG",
    "CSRF_TRUSTED_ORIGINS",
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
}


def test_every_setting_that_the_portal_reads_is_documented_and_none_besides():
    assert READ - INSIDE == DOCUMENTED


def test_compose_passes_every_documented_setting_and_none_besides():
    assert set(PASSED) | OF_THE_IMAGE | {"PORT"} == DOCUMENTED


def test_what_compose_asks_for_stands_in_the_example():
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert asked == set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))


def filled_in(values):
    """The environment of a container, as compose makes it of a .env."""
    return {
        name: re.sub(r"\$\{([A-Z_]+)(?::[-?]([^}]*))?\}", lambda m: values.get(m[1]) or (m[2] or ""), str(text))
        for name, text in PASSED.items()
    }


def test_the_example_filled_in_starts_and_as_it_is_does_not():
    lines = dict(line.split("=", 1) for line in EXAMPLE.splitlines() if "=" in line and not line.startswith("#"))
    own = {
        "SECRET_KEY": secrets.token_hex(40), "EMAIL_URL": "smtp://mail:1025", "DEFAULT_FROM_EMAIL": "portal@bank.example",
        "HELP_ADDRESS": "help@bank.example", "ORGANISATION_NAME": "Bank",
    } | {name: secrets.token_hex(24) for name in lines if name.endswith("_PASSWORD")}  # fmt: skip
    assert {name for name, value in lines.items() if not value} == set(own)
    assert problems({"PORTAL_MODE": "production"} | filled_in(lines | own)) == []


def test_only_migrations_run_as_the_owner_of_the_tables():
    assert SERVICES["database"]["environment"]["POSTGRES_USER"] == "portal"
    assert "//portal:${DATABASE_OWNER_PASSWORD" in SERVICES["migrate"]["environment"]["DATABASE_URL"]
    assert "give_rights portal_app --password-from APP_PASSWORD" in SERVICES["migrate"]["command"][-1]
    for name in ("web", "worker", "beat"):
        assert "//portal_app:${DATABASE_PASSWORD" in SERVICES[name]["environment"]["DATABASE_URL"]
        assert not any("OWNER" in str(value) for value in SERVICES[name]["environment"].values())


def test_nothing_listens_outside_but_for_the_proxy_on_this_host():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"web", "mail"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert SERVICES["mail"]["profiles"] == ["try"]
