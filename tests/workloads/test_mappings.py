"""Another catalogue comes in by a saved mapping: tried first, then saved, then chosen for an import."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import Invalid, NotAllowed
from audit.models import Event
from people.models import RoleAssignment, User
from tests.cast import NOW
from tests.past import rewriting_history
from tests.workloads.registers import CLAIM, MULTIPART, work
from workloads.catalogue.looking import look
from workloads.catalogue.mapping import MappingSpec, apply, parse_path, reach
from workloads.catalogue.reading import read_documents
from workloads.catalogue.services import remove_mapping, save_mapping
from workloads.models import ColumnMapping, Dependency, Workload
from workloads.register import services
from workloads.register.sheet import UnreadableFile

CMDB = b"""
catalog:
  services:
    - id: S-1
      label: Quotes
      about: Quotes prices.
      owner: {team: payments}
      criticality: gold
      "x.y": z
      deps: [{id: S-2}]
    - id: S-2
      label: Rates
      about: Keeps the rates.
      owner: {team: Payments}
      criticality: none
"""
SPEC: dict[str, Any] = {
    "rows": "catalog.services[]",
    "paths": {"reference": "id", "name": "label", "purpose": "about", "team": "owner.team", "tier": "criticality",
              "needs": "deps[].id", "tags": '"x.y"'},
    "constants": {"business_unit": "Sales", "reason": "As the catalogue says.", "rto": "15 min", "rpo": "5 min"},
    "translations": {"tier": {"gold": "1", "none": ""}},
}  # fmt: skip
PAGE = "/workloads/import/mappings/"


def save(cast, by=None, **values):
    return save_mapping(by=by or cast.head, at=NOW, **({"name": "CMDB", "shared": False} | SPEC | values))


# --- Paths ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "found"),
    [("a.b", ["1"]), ("c[]", ["2", "3"]), ("c", ["2", "3"]), ("c[1]", ["3"]), ("d[].e", ["4"]), ('"f.g"', ["5"]),
     ('a."b"', ["1"]), ("x.y", []), ("a[]", []), ("c[9]", [])],
)  # fmt: skip
def test_a_path_leads_to_what_stands_there(path, found):
    node = {"a": {"b": "1"}, "c": ["2", "3"], "d": [{"e": "4"}, {}], "f.g": "5"}
    assert reach(node, parse_path(path)) == found


@pytest.mark.parametrize("path", ["a[x]", "a..b", "[", '"open', "x" * 201])
def test_what_is_no_path_says_how_to_write_one(path):
    with pytest.raises(ValueError, match="path"):
        parse_path(path)


@given(
    st.text(max_size=60),
    st.recursive(st.none() | st.text(max_size=5), lambda n: st.lists(n) | st.dictionaries(st.text(max_size=3), n)),
)
def test_any_path_on_any_document_finds_something_or_nothing(path, document):
    try:
        steps = parse_path(path)
    except ValueError:
        return
    assert isinstance(reach(document, steps), list)


def test_constants_stand_in_and_their_words_become_ours():
    rows = [{"label": "A", "criticality": "GOLD"}, {"label": "B", "criticality": "9"}]
    spec = MappingSpec({"name": "label", "tier": "criticality"}, "", {"team": "T"}, {"tier": {"gold": "1"}})
    lines = apply(spec, rows).lines["workloads"]
    assert [line.said for line in lines] == [
        {"name": "A", "tier": "1", "team": "T"}, {"name": "B", "tier": "9", "team": "T"},
    ]  # fmt: skip


# --- Deeds ----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_catalogue_is_imported_by_a_mapping(cast):
    options = services.Options(mapping=save(cast).pk)
    report = services.import_register(data=CMDB, name="c.yaml", by=cast.head, at=NOW, options=options)
    assert report.sentence == "3 new: imported."
    quotes = Workload.objects.get(reference="S-1")
    assert (quotes.name, quotes.business_unit, quotes.tags, quotes.tier_now) == ("Quotes", "Sales", ["z"], 1)
    assert Dependency.objects.get(workload=quotes).needs.name == "Rates"


@pytest.mark.django_db
def test_saving_changing_and_removing_leave_their_lines(cast):
    mapping = save(cast)
    save(cast, mapping=mapping, shared=True)
    save(cast, mapping=mapping, shared=True)
    remove_mapping(mapping=mapping, by=cast.head, at=NOW)
    kinds = list(Event.objects.filter(kind__startswith="mapping.").order_by("id").values_list("kind", flat=True))
    assert kinds == ["mapping.saved", "mapping.saved", "mapping.removed"]


@pytest.mark.django_db
def test_a_mapping_belongs_to_who_saved_it(cast):
    mapping = save(cast, shared=True)
    for deed in (
        lambda: save(cast, by=cast.platform, mapping=mapping),
        lambda: remove_mapping(mapping=mapping, by=cast.platform, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            deed()
    with pytest.raises(NotAllowed):
        save(cast, by=cast.owner)
    with rewriting_history():
        RoleAssignment.objects.filter(person=cast.head).delete()
    with pytest.raises(NotAllowed):
        remove_mapping(mapping=mapping, by=User.objects.get(pk=cast.head.pk), at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("checked", [False, True])
def test_a_claim_of_a_gigabyte_is_refused_before_it_is_read(cast, checked):
    client = Client(enforce_csrf_checks=checked)
    client.force_login(cast.head)
    client.get(PAGE)  # brings the CSRF cookie
    response = client.generic("POST", f"{PAGE}add/", CLAIM, MULTIPART, CONTENT_LENGTH=str(2**30))
    assert (response.status_code, "larger than 10 MB" in response.content.decode()) == (422, True)


@pytest.mark.django_db
def test_the_page_asks_for_the_csrf_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.head)
    assert client.post(f"{PAGE}add/", POST | {"do": "save"}).status_code == 403
    assert not ColumnMapping.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [({"name": " "}, "name"), ({"rows": "a[x]"}, "rows"), ({"paths": {"name": "a"}}, "path_team"),
     ({"paths": SPEC["paths"] | {"tier": "["}}, "path_tier")],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(cast, values, field):
    with pytest.raises(Invalid) as refused:
        save(cast, **values)
    assert field in refused.value.fields


@pytest.mark.django_db
def test_a_name_is_taken_once_by_each(cast):
    save(cast)
    with pytest.raises(Invalid, match="You have a mapping"):
        save(cast)
    save(cast, by=cast.platform)


# --- Pages ----------------------------------------------------------------------------------------------------------
POST = {
    "name": "CMDB", "rows": SPEC["rows"], "constant_business_unit": "Sales", "constant_reason": "So it is.",
    "words_tier": "gold = 1\nnone =", **{f"path_{key}": path for key, path in SPEC["paths"].items()},
}  # fmt: skip


def catalogue(data=CMDB):
    return SimpleUploadedFile("cmdb.yaml", data)


@pytest.mark.django_db
def test_the_page_tries_a_mapping_saves_it_and_the_import_offers_it(cast, client):
    client.force_login(cast.head)
    assert "No mapping yet" in client.get(PAGE).content.decode()
    page = client.post(f"{PAGE}add/", POST | {"do": "try", "file": catalogue()}).content.decode()
    assert "2 workloads and 1 dependency would be read" in page
    assert "<td>Quotes</td>" in page
    assert not ColumnMapping.objects.exists()
    assert client.post(f"{PAGE}add/", POST | {"do": "save"})["Location"] == PAGE
    mapping = ColumnMapping.objects.get()
    assert mapping.translations == {"tier": {"gold": "1", "none": ""}}
    assert 'value="catalog.services[]"' in client.get(mapping.get_absolute_url()).content.decode()
    assert f'value="mapping-{mapping.pk}"' in client.get("/workloads/import/").content.decode()
    answer = client.post("/workloads/import/", {"file": catalogue(), "read_as": f"mapping-{mapping.pk}"})
    work()
    assert "3 new: nothing is written yet." in client.get(answer["Location"]).content.decode()
    client.post(f"{PAGE}{mapping.pk}/remove/")
    assert not ColumnMapping.objects.exists()


@pytest.mark.django_db
def test_the_page_says_what_is_wrong_and_keeps_what_was_written(cast, client):
    client.force_login(cast.head)
    answer = client.post(f"{PAGE}add/", POST | {"do": "save", "path_name": "a[x]", "words_tier": "gold"})
    page = answer.content.decode()
    assert (answer.status_code, "Write one pair on each line" in page, 'value="owner.team"' in page) == (
        422,
        True,
        True,
    )
    page = client.post(f"{PAGE}add/", POST | {"do": "try", "rows": "none", "file": catalogue()}).content.decode()
    assert "There is nothing at “none”" in page
    assert "Choose a file first" in client.post(f"{PAGE}add/", POST | {"do": "try"}).content.decode()


@pytest.mark.django_db
def test_a_colleagues_own_mapping_is_not_there(cast, client):
    hidden = save(cast, by=cast.platform, name="Jonas's own")
    client.force_login(cast.head)
    assert client.get(hidden.get_absolute_url()).status_code == 404
    assert [
        client.get(f"{PAGE}{hidden.pk}/remove/").status_code,
        client.post(f"{PAGE}{hidden.pk}/remove/").status_code,
    ] == [404, 404]
    for page in (PAGE, "/workloads/import/"):
        assert f"{hidden.pk}" not in re.findall(r"mappings?[-/](\d+)", client.get(page).content.decode())
    answer = client.post("/api/v1/workloads/import/", {"file": catalogue(), "mapping": hidden.pk})
    assert (answer.status_code, "mapping" in answer.json()["errors"]) == (400, True)
    answer = client.post("/workloads/import/", {"file": catalogue(), "read_as": f"mapping-{hidden.pk}"})
    work()
    assert "This mapping is gone. Choose another one." in client.get(answer["Location"]).content.decode()
    client.force_login(cast.owner)
    assert client.get(PAGE).status_code == 403


# --- Looking into a file ----------------------------------------------------------------------------------------------
def test_the_list_is_found_with_what_each_thing_says_and_what_we_call_it():
    found = look(read_documents(CMDB))
    assert (found.rows, found.count) == ("catalog.services[]", 2)
    assert [(leaf.path, leaf.example) for leaf in found.leaves][:4] == [
        ("id", "S-1"), ("label", "Quotes"), ("about", "Quotes prices."), ("owner.team", "payments"),
    ]  # fmt: skip
    assert found.guesses == {key: path for key, path in SPEC["paths"].items() if key != "tags"}
    [first, *_] = apply(MappingSpec(found.guesses, found.rows), read_documents(CMDB)).lines["workloads"]
    assert (first.said["name"], first.said["team"]) == ("Quotes", "payments")


@pytest.mark.parametrize("data", [b"[]", b'["x"]', b"PK\x03\x04", b"name,team\r\nA,B\r\n"])
def test_a_file_without_a_list_says_so(data):
    with pytest.raises(UnreadableFile):
        look(read_documents(data))


@pytest.mark.parametrize("data", [b"a: 1\nb: [1, 2]", b"- a: 1"])
def test_a_file_that_is_one_thing_counts_as_one(data):
    assert look(read_documents(data)).count == 1


@given(st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
    st.text(max_size=6), inner, max_size=4), max_leaves=20))  # fmt: skip
def test_every_path_that_is_found_leads_to_something(document):
    try:
        found = look([document])
    except UnreadableFile:
        return
    rows = [row for row in reach(document, parse_path(found.rows)) if isinstance(row, dict)]
    assert len(rows) == found.count
    for leaf in found.leaves:
        assert any(reach(row, parse_path(leaf.path)) for row in rows)


@pytest.mark.django_db
def test_the_page_looks_into_a_file_and_fills_what_is_empty(cast, client):
    client.force_login(cast.head)
    asked = {"do": "look", "name": "CMDB", "path_purpose": "label", "file": catalogue()}
    page = client.post(f"{PAGE}add/", asked).content.decode()
    assert "2 things at <code>catalog.services[]</code>" in page
    for said in ("catalog.services[]", "owner.team", "deps[].id", "CMDB"):
        assert f'value="{said}"' in page
    assert page.count('value="label"') == 3  # what was written stays; the name suggests the same, and the list of paths
    assert "2 workloads and 1 dependency would be read" in page
    assert "Choose a file first" in client.post(f"{PAGE}add/", {"do": "look"}).content.decode()
    wrong = client.post(f"{PAGE}add/", {"do": "look", "file": SimpleUploadedFile("x.yaml", b"[]")})
    assert (wrong.status_code, "holds no list of things" in wrong.content.decode()) == (422, True)
