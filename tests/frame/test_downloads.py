"""Every list can be taken along as CSV, XLSX or JSON: the same rows in each, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest
from django.test import RequestFactory
from django.urls import reverse

from audit import tables
from audit.spreadsheets import in_parts, table_response
from tests.cast import put_in_force

pytestmark = pytest.mark.django_db
HEADER = ("time (UTC)", "name")
ROWS = [[["2026-11-21", "=1+1"], [3, None]], [["x", "plain & <b>\r\nsecond"]]]
LISTS = (
    "workloads:export", "workloads:findings-export", "workloads:export-functions", "assignments:export", "drills:export",
    "trail:export", "people:export", "people:export-contacts", "signoffs:export", "workloads:export-waivers",
    "people:export-teams", "people:export-roles", "communications:export", "drills:export-gaps", "drills:export-late",
)  # fmt: skip


def taken(form, batches=ROWS, header=HEADER):
    answer = table_response(RequestFactory().get("/", {"as": form}), "list-2026-11-21", header, iter(batches))
    assert answer["Content-Disposition"] == f'attachment; filename="list-2026-11-21.{form}"'
    return b"".join(answer.streaming_content)


def sheets(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book]


def test_the_forms_hold_the_same_rows():
    said = list(csv.reader(io.StringIO(taken("csv").decode("utf-8-sig"), newline="")))
    assert said == [list(HEADER), ["2026-11-21", "'=1+1"], ["3", ""], ["x", "plain & <b>\r\nsecond"]]
    assert json.loads(taken("json")) == [
        {"time_utc": "2026-11-21", "name": "=1+1"}, {"time_utc": 3, "name": None},
        {"time_utc": "x", "name": "plain & <b>\r\nsecond"},
    ]  # fmt: skip
    [sheet] = sheets(taken("xlsx"))
    assert sheet == [list(HEADER), ["2026-11-21", "'=1+1"], ["3", None], ["x", "plain & <b>\r\nsecond"]]


def test_an_empty_list_is_a_whole_file_too():
    assert json.loads(taken("json", [])) == []
    assert sheets(taken("xlsx", [])) == [[list(HEADER)]]


def test_a_file_that_has_gone_out_is_closed():
    file = io.BytesIO(b"x" * 100_000)
    assert sum(map(len, in_parts(file))) == 100_000
    assert file.closed


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(tables, "SHEET_ROWS_MAX", 3)
    monkeypatch.setattr(tables, "WRITTEN_AT_ONCE", 2)
    found = sheets(taken("xlsx", [[[str(n)] for n in range(7)]], ("n",)))
    assert found == [[["n"], ["0"], ["1"], ["2"]], [["n"], ["3"], ["4"], ["5"]], [["n"], ["6"]]]


@pytest.mark.parametrize("name", LISTS)
def test_each_list_goes_out_in_each_form(cast, client, name):
    put_in_force(cast)
    client.force_login(cast.auditor if name.startswith("trail") else cast.head)
    for form in ("csv", "xlsx", "json"):
        answer = client.get(reverse(name), {"as": form})
        assert answer.status_code == 200, form
        assert b"".join(answer.streaming_content)
    assert client.get(reverse(name), {"as": "exe"}).status_code == 404


def test_a_page_offers_the_forms_with_its_filter(cast, client):
    client.force_login(cast.head)
    page = client.get("/workloads/", {"q": "Payment"}).content.decode()
    for form in ("csv", "xlsx", "json"):
        assert f'href="/workloads/export/list/?q=Payment&amp;as={form}"' in page


def test_what_is_taken_along_is_what_one_may_see(cast, client):
    def names(who, name):
        client.force_login(who)
        answer = client.get(reverse(name), {"as": "json"})
        return json.loads(b"".join(answer.streaming_content)) if answer.status_code == 200 else answer.status_code

    put_in_force(cast)
    [asked] = names(cast.head, "signoffs:export")
    assert (asked["state"], asked["signatures_missing"]) == ("Signed by all", 0)
    assert cast.stakeholder.name in asked["signed_by"]
    assert names(cast.stranger, "signoffs:export") == []
    assert {row["e_mail"] for row in names(cast.head, "people:export")} >= {cast.head.email, cast.owner.email}
    assert names(cast.stranger, "people:export") == 404  # of role holders she sees the names, not how to reach them
    assert names(cast.stranger, "people:export-contacts") == 404


def test_a_list_of_people_asks_as_much_for_one_as_for_many(cast, client, django_assert_max_num_queries):
    client.force_login(cast.head)
    with django_assert_max_num_queries(9):
        b"".join(client.get(reverse("people:export")).streaming_content)
