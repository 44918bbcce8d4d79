"""Small files as people keep them, each with something that is easily read wrong: read right, or asked about."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from people.models import Team
from tests.cast import NOW
from workloads.catalogue.looking import look
from workloads.catalogue.mapping import MappingSpec
from workloads.catalogue.reading import read_documents
from workloads.catalogue.services import save_mapping
from workloads.models import Classification, Component, Dependency, Workload
from workloads.register.services import Options, check_register, import_register

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "data/cases"


@pytest.fixture
def claims(cast):
    Team.objects.create(name="Claims")
    return cast


def bytes_of(name):
    return (FILES / name).read_bytes()


def check(cast, name, **options):
    options = Options(make_teams=True, **options)
    return check_register(data=bytes_of(name), name=name, by=cast.head, at=NOW, options=options)


def bring_in(cast, name, **options):
    options = Options(make_teams=True, **options)
    return import_register(data=bytes_of(name), name=name, by=cast.head, at=NOW, options=options)


def problems(report):
    return [(row.number, p.column, p.what) for row in report.rows for p in row.problems]


def target(reference):
    found = Classification.objects.get(workload__reference=reference)
    return found.slo, found.rto_seconds, found.rpo_seconds


def test_a_cell_shown_in_percent_is_what_it_shows(claims):
    bring_in(claims, "slo-as-percent-cell.xlsx")
    assert [float(target(reference)[0]) for reference in ("PC-1", "PC-2")] == [99.5, 99.95]


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("headers-in-other-words.csv", {"Meal planner": (10_800, 3_600), "Shift board": (7_200, 1_800)}),
        ("headers-short-units.csv", {"Meal planner": (10_800, 1_800)}),
    ],
)
def test_headers_in_other_words_and_units_give_the_figures_of_the_file(claims, name, figures):
    bring_in(claims, name)
    targets = Classification.objects.values_list("workload__name", "rto_seconds", "rpo_seconds")
    assert {name: (rto, rpo) for name, rto, rpo in targets} == figures


def test_a_clock_cell_is_a_duration_where_that_is_beyond_doubt_and_else_named_as_shown(claims):
    report = check(claims, "durations-as-clock-cells.xlsx")
    assert [row.outcome for row in report.rows] == ["refused", "new"]
    doubt = "“{0}:00” may be hours and minutes, or minutes and seconds. Write “{0} h” or “{0} min”, with the unit."
    assert problems(report) == [(2, "RTO", doubt.format(4)), (2, "RPO", doubt.format(1))]
    assert "RTO 2\u00a0days, RPO 24\u00a0h" in report.rows[1].changes[-1].after


def test_a_reference_is_what_the_sheet_shows(claims):
    bring_in(claims, "reference-with-zeros.csv")
    again = check(claims, "reference-with-zeros.xlsx")
    assert [(row.reference, row.outcome) for row in again.rows] == [("00042", "unchanged"), ("00007", "unchanged")]


def test_a_hidden_sheet_is_not_read_and_named(claims):
    report = check(claims, "hidden-first-sheet.xlsx")
    assert [row.reference for row in report.rows] == ["S-1", "S-2"]
    assert "Not read, because it is hidden: the sheet “Choices”." in report.notes


def test_names_that_look_the_same_are_the_same(claims):
    report = check(claims, "same-letters-twice.csv")
    assert problems(report) == [(3, "name", "Row 2 is about the same workload. Keep one of them.")]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        *((typed, "Straßenplan") for typed in ("straße", "strasse", "STRASSE", "strassenplan", "Straßenplan")),
        *((typed, "O'Hara's ledger") for typed in ("O'Hara", "O’Hara", "o‘hara", "OʼHARA’S")),
        *((typed, "Café à emporter") for typed in ("emporter", "cafe", "cafe a emporter", "CAFÉ", "cafe\u0301")),
    ],
)
def test_a_name_is_found_in_another_spelling(claims, typed, name):
    bring_in(claims, "names-to-search.csv")
    client = Client()
    client.force_login(claims.head)
    page = client.get("/workloads/", {"q": typed})
    assert [row["name"] for row in page.context["page"].object_list] == [name]
    assert "this is close" not in page.text
    rows = client.get("/api/v1/workloads/", {"q": typed}).json()["results"]
    assert [row["name"] for row in rows] == [name]
    groups = client.get("/search/", {"q": typed}).context["groups"]
    assert [(hit.title, group.is_close) for group in groups for hit in group.hits] == [(name, False)]


def test_inverse_links_of_a_catalogue_are_read(claims):
    report = bring_in(claims, "catalogue-inverse-links.yaml")
    assert report.refused == 0
    needs = Dependency.objects.values_list("workload__name", "needs__name", "strength")
    assert list(needs) == [("ticket-desk", "ticket-store", "hard")]
    parts = Component.objects.values_list("workload__name", "name", "own__name")
    assert list(parts) == [("ticket-desk", "ticket-printer", "ticket-printer")]


def test_unknown_neighbours_are_left_out_by_choice_and_added_when_they_are_there(claims):
    name = "catalogue-needs-another-file.yaml"
    assert check(claims, name).count("refused") == 2, "all or nothing is what happens without a choice"
    report = bring_in(claims, name, leave_out=True)
    assert report.count("left out") == 2
    left_out = [(row.name, row.notes) for row in report.rows if row.outcome == "left out"]
    assert [name for name, _ in left_out] == ["resource:default/price-store", "component:default/currency-feed"]
    assert not Dependency.objects.exists()
    for reference in ("resource:default/price-store", "component:default/currency-feed"):
        Workload.objects.create(
            name=reference, reference=reference, purpose="x", owner_team=claims.team, added_at=NOW, added_by=claims.head
        )
    assert bring_in(claims, name, leave_out=True).count("new") == 2
    assert Dependency.objects.count() == 2


def test_an_owner_that_is_a_person_or_missing_is_said(claims):
    (_, column, first), (_, _, second) = problems(check(claims, "catalogue-owned-by-a-person.yaml"))
    assert column == "team"
    assert first == (
        "The owner “user:front-desk-lead” is a person, and workloads belong to teams. Name a group in spec.owner, or choose "
        "a team for such rows with the file."
    )
    assert second == "spec.owner is missing. Name a group there, or choose a team for such rows with the file."


def test_owners_that_are_no_teams_get_the_team_that_was_chosen(claims):
    report = bring_in(claims, "catalogue-owned-by-a-person.yaml", team=Team.objects.get(name="Claims").pk)
    assert set(Workload.objects.exclude(reference="APP-1").values_list("owner_team__name", flat=True)) == {"Claims"}
    assert report.count("new") == 2


def test_an_empty_document_at_the_end_is_nothing(claims):
    report = check(claims, "catalogue-ends-with-a-separator.yaml")
    assert ([row.outcome for row in report.rows], report.notes) == (["new"], [])


def test_an_empty_item_is_no_dependency(claims):
    paths = {"reference": "name", "name": "label", "purpose": "about", "team": "crew", "needs": "links.needs[].service"}
    mapping = save_mapping(
        by=claims.head, at=NOW, name="M", shared=False, rows="services[]", paths=paths, constants={}, translations={}
    )
    report = check(claims, "services-with-empty-items.yml", mapping=mapping.pk)
    assert [(row.kind, row.outcome) for row in report.rows] == [("workloads", "new")] * 3 + [("dependencies", "new")]


def test_one_service_in_each_document_is_seen():
    found = look(read_documents(bytes_of("one-service-per-document.yml")))
    assert (found.rows, found.count) == ("", 2)
    wanted = {"name": "service.name", "purpose": "service.description", "team": "service.owner", "tier": "service.tier"}
    assert {key: found.guesses.get(key) for key in wanted} == wanted
    assert MappingSpec(found.guesses, found.rows)
