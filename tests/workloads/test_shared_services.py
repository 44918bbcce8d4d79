"""Shared services: everybody may see them and say that she needs them; only their own people change them."""

from __future__ import annotations

import csv
import io

import pytest

from audit.errors import Invalid, NotAllowed
from audit.models import Event
from people.models import organisation_today
from tests.cast import NOW, propose
from tests.workloads.parts import another
from tests.workloads.registers import FULL, PLAIN, ROW, as_csv
from workloads import reach
from workloads.dependencies.services import add_dependency
from workloads.models import Classification, Dependency, Workload
from workloads.naming import HIDDEN
from workloads.register.services import check_register, import_register
from workloads.services import change_workload, send_for_signature

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(cast):
    """A service of another team, which no team that the cast is in may see but for its being shared."""
    service = another(cast, "Core Network", "Platform")
    return change_workload(workload=service, by=cast.head, at=NOW, is_shared=True)


def unshare(cast, service):
    return change_workload(workload=service, by=cast.head, at=NOW, is_shared=False)


@pytest.mark.parametrize("few", [reach.FEW, 0])
def test_everybody_sees_what_is_shared_by_both_ways_of_asking_and_nothing_else(cast, shared, monkeypatch, few):
    monkeypatch.setattr(reach, "FEW", few)
    another(cast, "Secret Plans", "Board")
    cast.stranger.teams.clear()

    def seen():
        asked = reach.reach_of(cast.stranger, organisation_today(NOW))
        return [
            list(rows.values_list("name", flat=True))
            for rows in (asked.seen, Workload.objects.visible_to(cast.stranger))
        ]

    assert seen() == [["Core Network"]] * 2
    assert not Workload.objects.filter(reach.reach_of(cast.stranger, organisation_today(NOW)).mine).exists()
    unshare(cast, shared)
    assert seen() == [[], []]


def test_its_page_says_what_it_is_and_offers_a_stranger_nothing_to_change(cast, page, shared):
    client = page(cast.stranger)
    said = client.get(shared.get_absolute_url()).text
    assert "shared service" in said
    assert f"/workloads/{shared.pk}/change/" not in said
    assert client.get(f"/workloads/{shared.pk}/change/").status_code == 403
    with pytest.raises(NotAllowed):
        change_workload(workload=shared, by=cast.stranger, at=NOW, is_shared=False)
    unshare(cast, shared)
    assert client.get(shared.get_absolute_url()).status_code == 404


def test_a_team_finds_it_and_says_that_it_needs_it(cast, page, shared):
    client = page(cast.owner)
    path = f"/workloads/{cast.workload.pk}/dependencies/add/"
    assert f"?needs={shared.pk}" in client.get(path).text  # without a word asked
    assert f"?needs={shared.pk}" in client.get(path, {"q": "core"}).text
    client.post(f"{path}?needs={shared.pk}", {"strength": "hard", "order": "parallel"})
    assert Dependency.objects.get().needs == shared
    assert "Core Network" in client.get(f"/workloads/{cast.workload.pk}/dependencies/").text


def test_what_is_shared_no_longer_stays_needed_without_its_name(cast, page, shared):
    add_dependency(workload=cast.workload, by=cast.owner, at=NOW, needs=shared)
    unshare(cast, shared)
    said = page(cast.owner).get(f"/workloads/{cast.workload.pk}/dependencies/").text
    assert HIDDEN in said.lower()
    assert "Core Network" not in said
    with pytest.raises(Invalid):
        add_dependency(workload=cast.workload, by=cast.owner, at=NOW, needs=shared)


def test_sharing_is_a_line_in_the_trail_and_voids_no_signature(cast):
    target = send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    change_workload(workload=cast.workload, by=cast.owner, at=NOW, is_shared=True)
    assert Event.objects.filter(kind="workload.changed").last().after == {"is_shared": True}
    assert Classification.objects.get(pk=target.subject_id).state == "in_review"


def test_it_is_ticked_in_the_form_and_given_in_the_api(cast, page, shared):
    client = page(cast.head)
    described = {"name": "Payment Hub", "purpose": "Pays.", "owner_team": cast.team.pk, "lifecycle": "live"}
    client.post(f"/workloads/{cast.workload.pk}/change/", described | {"is_shared": "on"})
    assert Workload.objects.get(pk=cast.workload.pk).is_shared
    client.post(f"/workloads/{cast.workload.pk}/change/", described)
    assert not Workload.objects.get(pk=cast.workload.pk).is_shared
    address = f"/api/v1/workloads/{cast.workload.pk}/"
    said = client.patch(address, {"is_shared": True}, content_type="application/json").json()
    assert said["is_shared"] is True


def test_the_register_has_a_view_of_them(cast, page, shared):
    shown = page(cast.head).get("/workloads/", {"view": "shared"}).text
    assert ("Core Network" in shown, "Payment Hub" in shown) == (True, False)


@pytest.mark.parametrize(("said", "is_shared"), [("yes", True), ("no", False), ("", True)])
def test_a_file_says_it_or_leaves_it_as_it_is(cast, said, is_shared):
    change_workload(workload=cast.workload, by=cast.head, at=NOW, is_shared=True)
    line = PLAIN | {"name": cast.workload.name, "shared service": said}
    report = import_register(data=as_csv(line, header=tuple(line)), name="r.csv", by=cast.head, at=NOW)
    assert Workload.objects.get(pk=cast.workload.pk).is_shared is is_shared
    changes = [(c.field, c.before, c.after) for row in report.rows for c in row.changes if c.field == "shared service"]
    assert changes == ([("shared service", "yes", "no")] if said == "no" else [])


def test_a_file_that_says_something_else_is_refused_and_a_new_workload_is_not_shared_by_itself(cast):
    line = ROW | {"shared service": "perhaps"}
    report = check_register(data=as_csv(line, header=(*FULL, "shared service")), name="r.csv", by=cast.head, at=NOW)
    assert [(p.column, p.what) for row in report.rows for p in row.problems] == [
        ("shared service", "Write yes or no. You wrote “perhaps”.")
    ]
    import_register(data=as_csv(ROW, header=FULL), name="r.csv", by=cast.head, at=NOW)
    assert not Workload.objects.get(name=ROW["name"]).is_shared


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_an_export_says_it_and_comes_back_without_a_change(cast, page, shared, kind):
    data = b"".join(page(cast.head).get(f"/workloads/export/workloads.{kind}").streaming_content)
    report = check_register(data=data, name=f"r.{kind}", by=cast.head, at=NOW)
    assert {row.outcome for row in report.rows} == {"unchanged"}
    if kind == "csv":
        rows = {row["name"]: row for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))}
        assert rows["Core Network"]["shared service"] == "yes"


@pytest.mark.parametrize(("what", "after"), [("share", True), ("unshare", False)])
def test_many_are_shared_or_no_longer_in_one_deed(cast, page, what, after):
    change_workload(workload=cast.workload, by=cast.head, at=NOW, is_shared=not after)
    address = f"/workloads/change-many/?q=Payment&what={what}"
    client = page(cast.head)
    row = client.get(address).text.split('name="row" value="')[1].split('"')[0]
    client.post(address, {"row": [row]})
    assert Workload.objects.get(pk=cast.workload.pk).is_shared is after
