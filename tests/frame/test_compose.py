"""The compose file and the image keep what operating.md promises. Its syntax is checked by `docker-compose config`."""

import re
from pathlib import Path

import pytest
import yaml

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
    assert "volumes" not in service


@pytest.mark.parametrize("name", ["web", "worker", "beat", "database", "broker"])
def test_what_stays_up_has_a_health_check(name):
    assert SERVICES[name]["healthcheck"]["test"]


def test_no_secret_is_written_down():
    for name, service in SERVICES.items():
        for key, value in (service.get("environment") or {}).items():
            if re.search("SECRET|PASSWORD|URL", key) and key not in ("EMAIL_URL", "BASE_URL"):
                assert "${" in str(value), f"{name}: {key} has a value in the file"


def test_the_image_is_not_root_and_holds_no_secret():
    text = (ROOT / "Dockerfile").read_text()
    final = text.split("\nFROM ")[-1]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert "HEALTHCHECK" in final
    assert not re.search(r"(SECRET_KEY|PASSWORD|DATABASE_URL)\s*=", final)


def test_every_setting_of_the_compose_file_is_one_that_the_portal_reads():
    settings = (ROOT / "drportal" / "settings.py").read_text()
    for key in COMPOSE["x-portal"]["environment"]:
        assert f'"{key}"' in settings, key
