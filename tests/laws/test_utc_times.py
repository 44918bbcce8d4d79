"""Times of signatures are UTC wherever they stand, and the API speaks UTC to everybody."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from drportal.api import VIEWSETS
from people.services import issue_token
from tests.cast import PASSWORD, put_in_force
from tests.laws.samples import samples

SIGNING = r"(?:signed_at|signed_off_at|reaffirmed_at|granted_at)"
SHOWN = re.compile(rf"\{{%\s*when\s+[\w.]*{SIGNING}[^%]*%\}}|\{{\{{\s*[\w.]*{SIGNING}[^}}]*\}}\}}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def test_pages_show_the_time_of_a_signature_in_utc():
    wrong, found = [], 0
    for path in sorted(Path("templates").rglob("*.html")):
        for shown in SHOWN.findall(path.read_text()):
            found += 1
            if 'zone="utc"' not in shown and "|utc|" not in shown:
                wrong.append(f"{path}: {shown}")
    assert wrong == []
    assert found > 5


@pytest.mark.django_db
def test_the_api_speaks_utc_to_a_session_and_to_a_token_alike(cast):
    values = samples(cast)
    type(cast.head).objects.filter(pk=cast.head.pk).update(time_zone="Asia/Tokyo")
    session = Client()
    assert session.login(email=cast.head.email, password=PASSWORD)
    _, key = issue_token(by=cast.head, at=timezone.now(), name="times", scope="read", days=9)
    token, times = Client(headers={"Authorization": f"Bearer {key}"}), 0
    for name, viewset in VIEWSETS.items():
        paths = [f"/api/v1/{name}/"] if hasattr(viewset, "list") else []
        if hasattr(viewset, "retrieve") and (found := values.get(f"{name}-detail", {})):
            paths.append(f"/api/v1/{name}/{found['pk']}/")
        for path in paths:
            answer = session.get(path)
            assert answer.status_code == 200, path
            if name != "events":  # the token's own use stands in the trail
                assert answer.json() == token.get(path).json(), path
            said = _moments(answer.json())
            times += len(said)
            assert [one for one in said if not one.endswith(("Z", "+00:00", " UTC"))] == [], path
    assert times > 30


def _moments(found):
    """Every time in an answer, at any depth."""
    match found:
        case dict():
            return [one for value in found.values() for one in _moments(value)]
        case list():
            return [one for value in found for one in _moments(value)]
        case str() if MOMENT.match(found):
            return [found]
    return []


@pytest.mark.django_db
def test_the_page_of_a_target_says_when_it_was_signed_in_utc(cast):
    """An hour before midnight in Oslo's winter, the day is the same; two hours later it would not be."""
    target = put_in_force(cast, at=dt.datetime(2026, 11, 19, 23, 30, tzinfo=dt.UTC))
    client = Client()
    assert client.login(email=cast.head.email, password=PASSWORD)
    text = client.get(target.get_absolute_url()).text.replace("\xa0", " ")
    assert "23:30 UTC" in text
    assert ">Fri 20 Nov, 00:30 CET" not in text
