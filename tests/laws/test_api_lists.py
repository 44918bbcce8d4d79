"""Lists of the API lose no row: pages never overlap. They refuse what they do not know of a question, and name what they know."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from drportal.api import VIEWSETS
from drportal.pagination import Pages
from people.models import RoleAssignment
from tests.cast import NOW, PASSWORD
from tests.laws.test_lists import _grow
from workloads.models import SavedView

LISTS = {f"/api/v1/{name}/": viewset for name, viewset in VIEWSETS.items() if hasattr(viewset, "list")}
KEYS = {"id", "pk", "level", "key"}
PAGED = [path for path, viewset in LISTS.items() if viewset.pagination_class]


@pytest.fixture
def client(cast):
    client = Client()
    assert client.login(email=cast.head.email, password=PASSWORD)
    return client


@pytest.fixture
def many(cast):
    """Of each kind some rows that are alike in whatever one may order by: made at one time, without a value, of one state."""
    _grow(cast, range(9))
    for number in range(3):
        SavedView.objects.create(
            owner=cast.head, name=f"View {number}", query="tier=1", saved_at=NOW, saved_by=cast.head
        )
    assert RoleAssignment.objects.count() > 9


def _orders(viewset):
    fields = getattr(viewset, "ordering_fields", None) or ()
    return ["", *(f"{sign}{name}" for name in fields for sign in ("", "-"))]


def _pages(client, path, order, size):
    """The rows of all pages, one after the other."""
    address, rows = f"{path}?page_size={size}" + (f"&ordering={order}" if order else ""), []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, f"{address} answered {answer.status_code}: {answer.text[:200]}"
        page = answer.json()
        rows += [json.dumps(row, sort_keys=True) for row in page["results"]]
        address = page["next"]
    return rows


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGED)
def test_small_pages_have_every_row_once_in_every_order(many, client, path):
    everything = Counter(_pages(client, path, "", 1000))
    wrong = []
    for order in _orders(LISTS[path]):
        for size in (1, 2):
            found = Counter(_pages(client, path, order, size))
            if found != everything:
                wrong.append((order, size, f"{sum(everything.values())} rows, {len(found)} of them shown"))
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGED)
def test_every_order_ends_in_the_key(many, client, path, monkeypatch):
    seen, paginate = [], Pages.paginate_queryset

    def note(self, queryset, *args, **values):
        seen.append(queryset)
        return paginate(self, queryset, *args, **values)

    monkeypatch.setattr(Pages, "paginate_queryset", note)
    for order in _orders(LISTS[path]):
        client.get(f"{path}?ordering={order}" if order else path)
        rows = getattr(seen[-1], "rows", seen[-1])
        if isinstance(rows, QuerySet):
            by = [_name(column) for column in rows.query.order_by or rows.model._meta.ordering]
            assert by, f"{path} has no order"
            assert by[-1] in KEYS, f"{path}, ordered by “{order}”, ends in {by[-1]}"


def _name(column):
    return getattr(getattr(column, "expression", None), "name", str(column)).removeprefix("-")


SCHEMA = SchemaGenerator().get_schema(request=None, public=True)


def _documented(path):
    return {p["name"] for p in SCHEMA["paths"][path]["get"].get("parameters", []) if p["in"] == "query"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_parameter_is_refused_and_the_known_ones_are_named(cast, client, path):
    answer = client.get(f"{path}?nonsense=1")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    said = answer.json()["errors"]["nonsense"][0]
    known = _documented(path)
    assert all(f"“{name}”" in said for name in known), f"{path} says {said}, known are {known}"
    assert said.count("“") == len(known) + 1, f"{path} names more than it documents: {said}, {known}"
    for name in known - {"page", "page_size", "ordering"}:
        assert "There is no parameter" not in client.get(f"{path}?{name}=").text, name


@pytest.mark.django_db
@pytest.mark.parametrize("path", [path for path in LISTS if getattr(LISTS[path], "ordering_fields", None)])
def test_an_unknown_order_is_refused_and_the_known_ones_are_named(cast, client, path):
    for order in ("nonsense", "-password", "id,nonsense", "owner_team__members__password", "%00"):
        answer = client.get(f"{path}?ordering={order}")
        assert answer.status_code == 400, f"{path}?ordering={order}"
        said = answer.json()["errors"]["ordering"][0]
        assert all(f"“{name}”" in said for name in LISTS[path].ordering_fields), said


def _chosen_from_a_list():
    """Filters whose values are known beforehand."""
    for path in LISTS:
        for parameter in SCHEMA["paths"][path]["get"].get("parameters", []):
            schema = parameter["schema"]
            values = schema.get("enum") or schema.get("items", {}).get("enum")
            if values is not None or schema.get("type") == "boolean":
                yield path, parameter["name"], values or ["true", "false"]


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "name", "values"), list(_chosen_from_a_list()))
def test_an_unknown_value_is_refused_and_the_known_ones_are_named(cast, client, path, name, values):
    answer = client.get(f"{path}?{name}=nonsense")
    assert answer.status_code == 400, f"{path}?{name}=nonsense answered {answer.status_code}"
    said = answer.json()["errors"][name][0]
    assert [value for value in values if str(value) not in said] == [] or len(values) > 40, said
    good = client.get(f"{path}?{name}={values[0]}")
    assert good.status_code == 200, good.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "question",
    [
        "people/?team=Nobody", "people/?role=nobody", "signoffs/?subject_type=nothing", "signoffs/?workload_id=x",
        "flows/?is_critical=maybe", "people/?is_active=1.5", "drills/?team=999999", "reviews/?campaign=x",
        "signoffs/?workload_id=99999999999999999999", "events/?actor_id=x", "findings/?team=x", "assignments/?role=x",
    ],
)  # fmt: skip
def test_a_value_that_there_is_not_is_refused(cast, client, question):
    answer = client.get(f"/api/v1/{question}")
    assert answer.status_code == 400, answer.text[:300]
    assert list(answer.json()["errors"]) == [question.partition("?")[2].partition("=")[0]]


def test_no_list_is_left_out():
    paged = {path for path, says in SCHEMA["paths"].items() if "get" in says and "{" not in path}
    others = {reverse("schema"), reverse("docs"), "/api/v1/workloads/export/", "/api/v1/roles/assignments/"}
    assert {path for path in paged if path not in LISTS} <= others
