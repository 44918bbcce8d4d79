"""Messages as a file: a line for each copy that one may see."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from communications.models import Delivery
from tests.communications.test_pages import LIST, fail, look, write

EXPORT = reverse("communications:export")
pytestmark = pytest.mark.django_db


def body(person: Any, form: str = "json", **asked: str) -> str:
    answer = look(person, EXPORT, **{"as": form}, **asked)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def rows(person: Any, **asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body(person, **asked))
    return found


def test_each_copy_has_its_line_the_newest_message_first(cast):
    first, second = write(cast.owner, cast.head), write(cast.sponsor, workload="Claims Intake")
    fail(first.deliveries.get(user=cast.head))
    found = rows(cast.auditor)
    assert [(row["message"], row["to"], row["state"]) for row in found] == [
        (second.pk, "David Okafor", "Waiting"),
        (first.pk, "Tomas Reyes", "Waiting"),
        (first.pk, "Maren Holt", "Failed"),
    ]
    failed = found[2]
    assert failed["subject"] == first.subject_line
    assert failed["about"] == first.get_purpose_display()
    assert (failed["written_utc"], failed["sent_utc"], failed["sent_once_more"]) == ("2026-11-20 09:30:00", "", False)
    assert (failed["address"], failed["what_went_wrong"]) == (cast.head.email, "550 No such person")


def test_without_the_right_one_takes_along_ones_own_copies_only(cast):
    write(cast.owner, cast.head)
    write(cast.head, workload="Claims Intake")
    assert [row["to"] for row in rows(cast.owner)] == ["Tomas Reyes"]
    assert cast.head.email not in body(cast.owner, "csv")
    assert rows(cast.stranger) == []
    assert rows(cast.owner, q="maren") == []  # who else got it cannot be asked either


@pytest.mark.parametrize("asked", [{}, {"q": "Payment"}, {"q": "maren"}, {"state": "failed"}, {"state": "?"}])
def test_the_file_is_narrowed_as_the_page_is(cast, asked):
    fail(write(cast.head).deliveries.get())
    write(cast.owner, workload="Claims Intake")
    shown = [row.message.pk for row in look(cast.auditor, LIST, **asked).context["rows"]]
    assert [row["message"] for row in rows(cast.auditor, **asked)] == shown


def test_no_cell_is_a_formula(cast):
    fail(write(cast.head).deliveries.get(), why="=cmd|' /C calc'!A0")
    assert ",'=cmd|' /C calc'!A0" in body(cast.auditor, "csv")
    assert rows(cast.auditor)[0]["what_went_wrong"] == "=cmd|' /C calc'!A0"


def test_one_copy_costs_as_many_questions_as_many(cast):
    client = Client()
    client.force_login(cast.auditor)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            b"".join(client.get(EXPORT).streaming_content)
        return len(captured)

    write(cast.head)
    cost()
    one = cost()
    for _ in range(5):
        write(cast.head, cast.owner, cast.sponsor)
    assert cost() == one
    assert Delivery.objects.count() == 16


def test_the_page_offers_the_file_with_its_filter(cast):
    write(cast.head)
    page = look(cast.auditor, LIST, q="Hub", page="1").content.decode()
    for form in ("csv", "xlsx", "json"):
        assert f'href="{EXPORT}?q=Hub&amp;as={form}"' in page
    assert EXPORT not in look(cast.stranger, LIST).content.decode()
