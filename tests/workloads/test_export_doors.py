"""The ways out: a page that says what can be had, and files for page and API."""

from __future__ import annotations

import json

import pytest

from workloads.catalogue.kinds import KINDS

pytestmark = pytest.mark.django_db


def body(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_the_page_leads_to_every_file(cast, client):
    client.force_login(cast.head)
    page = client.get("/workloads/export/").content.decode()
    alone = [f"{kind}.{form}" for kind in KINDS for form in ("csv", "xlsx", "json")]
    for address in [f"register.{form}" for form in ("xlsx", "json", "zip")] + alone:
        assert f'href="/workloads/export/{address}"' in page
        assert body(client.get(f"/workloads/export/{address}"))
    for address in ("register.exe", "register.csv", "components.zip", "components.exe"):
        assert client.get(f"/workloads/export/{address}").status_code == 404
    assert client.get("/workloads/export/secrets.csv").status_code == 404


def test_who_may_not_see_people_gets_no_roles(cast, client):
    client.force_login(cast.owner)
    assert "/export/roles.csv" not in client.get("/workloads/export/").content.decode()
    assert client.get("/workloads/export/roles.csv").status_code == 404


def test_the_api_gives_the_same_file(cast, client):
    client.force_login(cast.head)
    found = json.loads(body(client.get("/api/v1/workloads/export/")))
    assert [row["name"] for row in found["workloads"]] == ["Payment Hub"]
    assert body(client.get("/api/v1/workloads/export/?form=zip")).startswith(b"PK")
    assert client.get("/api/v1/workloads/export/?form=exe").status_code == 400
    assert "Payment Hub" in body(client.get("/api/v1/workloads/export/?form=csv&kind=workloads")).decode()
    assert client.get("/api/v1/workloads/export/?form=csv").status_code == 400
    assert client.get("/api/v1/workloads/export/?form=zip&kind=workloads").status_code == 400
    client.force_login(cast.owner)
    assert client.get("/api/v1/workloads/export/?kind=roles").status_code == 404
    client.logout()
    assert client.get("/api/v1/workloads/export/").status_code == 401
