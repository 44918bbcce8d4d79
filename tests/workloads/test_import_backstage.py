"""A Backstage catalogue becomes workloads with their teams and dependencies."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from people.models import Team
from tests.cast import NOW
from workloads.catalogue.reading import read_contents
from workloads.models import Classification, Dependency, Workload
from workloads.register import services

CATALOGUE = (Path(__file__).parent / "data/backstage.yaml").read_bytes()
TEAMS = services.Options(make_teams=True)


def entity(kind, name, spec=None, **metadata):
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name} | metadata,
        "spec": spec or {},
    }


def read(*entities):
    return read_contents(yaml.safe_dump_all(entities).encode())


def one(*entities):
    (line,) = read(*entities).lines["workloads"]
    return line.said


@pytest.mark.django_db
def test_a_whole_catalogue_comes_in_and_the_second_time_nothing(cast):
    report = services.import_register(data=CATALOGUE, name="catalog.yaml", by=cast.head, at=NOW, options=TEAMS)
    assert report.refused == 0
    assert report.notes == [
        "Not imported: 1 User, 1 Domain, 1 Location. Workloads are made from Component, Resource, API and System; "
        "Group names the teams.",
        "Read as names of teams, not as workloads: 10 Group.",
        "Lifecycles were read like this: deprecated as retiring, experimental as planned.",
    ]
    assert Workload.objects.count() == 1 + 70
    intake = Workload.objects.get(reference="component:default/claims-intake")
    assert (intake.name, intake.owner_team.name, intake.lifecycle) == ("Claims Intake", "Claims handling", "live")
    assert intake.tags == ["customers", "web", "website", "system claims"]
    needs = set(Dependency.objects.filter(workload=intake).values_list("needs__name", "strength"))
    assert needs == {
        ("claims-db", "hard"),
        ("Document Store", "hard"),
        ("policy-lookup", "hard"),
        ("notification-api", "hard"),
    }
    api = Dependency.objects.get(workload__name="policy-lookup")
    assert api.needs.name == "Policy Administration"
    assert Workload.objects.get(name="Policy Archive").lifecycle == "retiring"
    target = Classification.objects.get(workload=intake)
    assert (target.tier_id, target.rto_seconds, target.state) == (1, 900, "proposed")
    again = services.import_register(data=CATALOGUE, name="catalog.yaml", by=cast.head, at=NOW)
    assert (again.to_write, again.refused) == (0, 0)


@pytest.mark.django_db
def test_a_team_is_found_by_its_short_name(cast):
    Team.objects.create(name="Claims handling")
    data = yaml.safe_dump(entity("Component", "a", {"owner": "claims-handling"})).encode()
    report = services.import_register(data=data, name="a.yaml", by=cast.head, at=NOW)
    assert (report.refused, Workload.objects.get(name="a").owner_team.name) == (0, "Claims handling")


@pytest.mark.django_db
def test_what_is_needed_and_not_there_is_refused(cast):
    data = yaml.safe_dump(entity("Component", "a", {"owner": "payments", "dependsOn": ["resource:none"]})).encode()
    report = services.check_register(data=data, name="a.yaml", by=cast.head, at=NOW)
    ((problem,),) = [row.problems for row in report.rows if row.problems]
    assert problem.what.startswith("There is no workload with the reference “resource:default/none”")


def test_fields_become_columns():
    said = one(entity(
        "Component", "pay", {"owner": "group:default/payments", "lifecycle": "experimental", "type": "service", "system": "x"},
        title="Pay", description="Pays.", namespace="fin", tags=["a"], annotations={"drportal/reference": "APP-3"},
    ))  # fmt: skip
    assert said == {
        "reference": "APP-3", "name": "Pay", "purpose": "Pays.", "team": "payments", "lifecycle": "planned",
        "tags": ["a", "service", "system x"],
    }  # fmt: skip


def test_a_system_with_the_name_of_its_component_gets_another():
    lines = read(entity("System", "pay"), entity("Component", "pay")).lines["workloads"]
    assert sorted(line.said["name"] for line in lines) == ["pay", "pay (system)"]


def test_what_depends_on_something_else_than_a_workload_is_noted():
    contents = read(
        entity("Component", "a", {"dependsOn": ["template:x", ["y"], "component:b"]}), entity("Component", "b")
    )
    assert "template:default/x, ['y']" in contents.notes[-1]
    assert len(contents.lines["dependencies"]) == 1


@pytest.mark.parametrize(
    "odd", [{}, [], "x", {"kind": "Component"}, {"metadata": {"name": "a"}}, {"kind": 1, "metadata": 2}]
)
def test_documents_that_are_no_entities_are_noted(odd):
    contents = read(entity("Component", "a", description="x"), odd)
    assert contents.notes == ["Without kind or metadata.name, so not read: document 2."]
