"""The register goes out and comes in again without loss."""

from __future__ import annotations

import io
import json
import re
import zipfile

import openpyxl
import pytest
from django.db import connection

from people.models import Role, RoleAssignment, Team
from people.permissions import IT_OPERATIONS, Permission
from tests.cast import NOW, make_cast, person, put_in_force
from tests.past import rewriting_history
from tests.workloads.catalogues import as_json, contact, whole
from workloads.catalogue import files
from workloads.catalogue.exporting import FORMATS, KIND_FORMATS, export_register
from workloads.catalogue.kinds import KINDS
from workloads.models import (
    Classification,
    Component,
    Dependency,
    FailureMode,
    ImpactAnalysis,
    ImpactAnswer,
    Season,
    ThirdParty,
    UserFlow,
    Workload,
    WorkloadUserObjectPermission,
)
from workloads.register import services

pytestmark = pytest.mark.django_db


def bring_in(cast, data):
    return services.import_register(data=data, name="r", by=cast.head, at=NOW)


def out(cast, form, by=None):
    return export_register(form=form, by=by or cast.head, at=NOW).read()


def register(cast, by=None):
    """What the export says, without the words on where a target stands: only a signature can give those."""
    found = json.loads(out(cast, "json", by))
    for row in found["workloads"]:
        for told in ("state", "signed_on", "review_due"):
            row.pop(told)
    return found


@pytest.fixture
def full(cast):
    contact()
    put_in_force(cast)
    bring_in(cast, as_json(whole()))
    return cast


def empty():
    """The same organisation, teams and people, without a workload."""
    for model in (FailureMode, UserFlow, Dependency, Component, ThirdParty, ImpactAnalysis):
        model.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica")
        cursor.execute("DELETE FROM people_roleassignment WHERE workload_id IS NOT NULL")
        for model in (WorkloadUserObjectPermission, Classification, Workload):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.parametrize("form", FORMATS)
def test_what_went_out_changes_nothing_when_it_comes_in_at_once(full, form):
    report = bring_in(full, out(full, form))
    assert [row for row in report.rows if row.outcome != "unchanged"] == []
    assert report.notes == []
    assert len(report.rows) > 20


MODELS = {
    "workloads": Workload, "components": Component, "third_parties": ThirdParty, "dependencies": Dependency,
    "flows": UserFlow, "failure_modes": FailureMode, "roles": RoleAssignment, "impact": ImpactAnalysis, "seasons": Season,
    "impact_answers": ImpactAnswer,
}  # fmt: skip


def test_all_that_there_is_goes_out(full):
    assert {kind: len(rows) for kind, rows in register(full).items() if kind in KINDS} == {
        kind: MODELS[kind].objects.count() for kind in KINDS
    }


@pytest.mark.parametrize("form", FORMATS)
def test_what_went_out_comes_into_an_empty_register_without_loss(full, form):
    with rewriting_history():  # a register of today: roles of the past do not come in
        RoleAssignment.objects.filter(workload_id__isnull=False).update(from_on=NOW.date())
    before, data = register(full), out(full, form)
    empty()
    assert not Workload.objects.exists()
    report = bring_in(full, data)
    assert report.refused == 0
    assert register(full) == before


@pytest.mark.parametrize("form", KIND_FORMATS)
def test_each_kind_goes_out_alone_and_comes_in_again(full, form):
    for kind in KINDS:
        data = export_register(form=form, kind=kind, by=full.head, at=NOW).read()
        report = bring_in(full, data)
        assert {(row.kind, row.outcome) for row in report.rows} == {(kind, "unchanged")}, kind


@pytest.mark.django_db(transaction=True)
def test_everything_goes_out_as_it_was_at_one_moment(monkeypatch):
    heard = []

    def listening(*args):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
            heard.append(cursor.fetchone())

    monkeypatch.setattr(files, "write_json", listening)
    export_register(form="json", by=make_cast().head, at=NOW)
    assert heard == [("repeatable read", "on")]


def test_no_cell_is_a_formula(full):
    data = out(full, "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == [kind.title for kind in KINDS.values()]
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {type(text) for text in texts} == {str}
    assert [text for text in texts if text.startswith(("=", "+", "-", "@"))] == []
    assert "'=Keeps the books." in texts
    with zipfile.ZipFile(io.BytesIO(out(full, "zip"))) as archive:
        assert "'=Keeps the books." in archive.read("workloads.csv").decode()


def test_a_text_with_apostrophes_before_a_formula_comes_back_as_it_was(cast):
    texts = ["'=1", "''+1", "'", "it's", "-", "@'"]
    rows = [{"name": f"W{n}", "purpose": text, "team": "Payments"} for n, text in enumerate(texts)]
    bring_in(cast, as_json({"workloads": rows}))
    for form in FORMATS:
        report = bring_in(cast, out(cast, form))
        assert [row.changes for row in report.rows if row.outcome != "unchanged"] == []


def test_lines_as_a_browser_ends_them_are_no_change(cast):
    Workload.objects.update(purpose="Pays\r\nclaims.")
    assert bring_in(cast, out(cast, "json")).count("unchanged") >= 1


OF_WORKLOADS = ("components", "dependencies", "flows", "failure_modes", "impact", "seasons", "impact_answers")


@pytest.mark.parametrize("kind", OF_WORKLOADS)
def test_what_hangs_on_a_workload_goes_out_to_those_alone_who_may_see_it(full, kind):
    Workload.objects.filter(reference="APP-7").update(owner_team=Team.objects.create(name="Others"))
    assert "APP-7" in {row["workload_reference"] for row in register(full)[kind]}
    assert "APP-7" not in {row["workload_reference"] for row in register(full, full.owner)[kind]}


def test_who_sees_people_but_no_workloads_gets_the_roles_of_the_organisation_alone(full):
    Role.objects.filter(pk=IT_OPERATIONS).update(rights=[Permission.VIEW_PEOPLE])
    by = person("Ida Only", role=IT_OPERATIONS)
    assert {row["workload"] for row in register(full)["roles"]} > {""}
    assert register(full, by)["roles"] == [row for row in register(full)["roles"] if not row["workload"]]


def test_a_retired_workload_says_no_target(full):
    assert {row["tier"] for row in register(full)["workloads"] if row["reference"] == "APP-1"} != {""}
    Workload.objects.filter(reference="APP-1").update(lifecycle="retired")
    assert {row["tier"] for row in register(full)["workloads"] if row["reference"] == "APP-1"} == {""}


def test_a_team_gets_its_own_workloads_and_nobodys_e_mail(full):
    other = Team.objects.create(name="Others")
    Workload.objects.filter(reference="DB-1").update(owner_team=other)
    found = register(full, full.owner)
    assert {row["name"] for row in found["workloads"]} == {"Payment Hub", "Quote Engine", "Ledger; “main”"}
    assert "roles" not in found
    assert found["left_out"] == ["roles"]
    assert {row["workload"] for row in found["dependencies"]} == {"Quote Engine"}
    # What she may not see is not named either, neither as a dependency nor in a user flow.
    assert "Quotes database" not in json.dumps(found)
    assert "DB-1" not in json.dumps([found["dependencies"], found["flows"], found["components"]])
    assert re.search(r"@example\.org", json.dumps(found)) is None
    with pytest.raises(KeyError):
        export_register(form="csv", kind="roles", by=full.owner, at=NOW)
    assert [register(full, full.stranger)[kind] for kind in ("workloads", "third_parties", "impact")] == [[], [], []]
