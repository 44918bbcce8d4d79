"""What works unseen is missed as soon as it is silent for two minutes; who sends too slowly is cut off."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from celery.signals import after_task_publish
from django.db import connections
from django.db.models import F
from django.test import Client
from django.utils import timezone

from audit import ticks
from audit.models import Tick
from communications import outbox
from drportal import celery
from drportal.asgi import application
from drportal.celery import app

pytestmark = pytest.mark.django_db


def silent(part: str, **span: float) -> None:
    Tick.objects.filter(name=part).update(at=F("at") - dt.timedelta(**span))


def health() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/health/")
    return answer.status_code, answer.json()


@pytest.fixture(autouse=True)
def all_well(db: None) -> None:
    for part in ticks.Part:
        ticks.tick(part)


def test_the_probe_names_the_age_of_each(cast: Any) -> None:
    status, said = health()
    assert (status, said["status"]) == (200, "ok")
    assert {said["parts"][part]["age_seconds"] < 60 for part in ("worker", "beat", "sealing")} == {True}


@pytest.mark.parametrize("part", ["worker", "beat", "sealing"])
def test_two_minutes_of_silence_stand_in_the_probe_and_on_home(cast: Any, client: Client, part: str) -> None:
    silent(part, minutes=1, seconds=50)
    assert health()[1]["status"] == "ok"
    silent(part, seconds=11)
    status, said = health()
    assert (status, said["status"], said["parts"][part]["ok"]) == (200, "degraded", False)
    client.force_login(cast.head)
    assert f"No sign of life of <strong>{part}</strong> for 2 minutes" in client.get("/").content.decode()
    client.force_login(cast.stakeholder)
    assert "No sign of life" not in client.get("/").content.decode()


def test_a_held_outbox_stands_in_the_probe_and_on_home(cast: Any, client: Client) -> None:
    outbox.hold(by=cast.head, at=timezone.now(), why="The database is older than what left.")
    assert health()[1]["parts"]["outbox"]["ok"] is False
    client.force_login(cast.head)
    page = client.get("/").content.decode()
    assert "The outbox is held: no message leaves" in page
    assert "The database is older than what left." in page


@pytest.mark.parametrize(("task", "part"), [("drportal.tasks.tick", "worker"), ("audit.tasks.seal", "sealing")])
def test_work_gives_a_sign(task: str, part: str) -> None:
    silent(part, minutes=5)
    app.loader.import_default_modules()
    app.tasks[task].run()
    assert health()[1]["parts"][part]["ok"] is True


def test_what_beat_hands_out_is_its_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    silent("beat", minutes=5)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    monkeypatch.setattr(celery, "_signed", {})
    celery.give_signs()
    try:
        after_task_publish.send(sender="communications.tasks.deliver")
    finally:
        after_task_publish.disconnect(celery._sign_of_beat)
    assert health()[1]["parts"]["beat"]["ok"] is True


def test_a_body_that_does_not_arrive_is_not_waited_for(settings: Any) -> None:
    settings.REQUEST_BODY_WITHIN = 0.2
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/accounts/login/", "headers": [], "query_string": b""}
    asyncio.run(asyncio.wait_for(application(scope, receive, send), 30))
    assert said[0]["status"] == 408
    assert (b"connection", b"close") in said[0]["headers"]
