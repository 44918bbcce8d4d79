"""The review of all assignments: each with its gaps, and the workloads for which nobody holds a role."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.utils import timezone

from people.models import Role, RoleAssignment, Team, organisation_today
from people.permissions import AUDITOR, BUSINESS_STAKEHOLDER, CONTINUITY_PLANNER, WORKLOAD_OWNER, Permission
from people.services import assign_role
from tests.cast import NOW, give, person
from tests.past import rewriting_history
from workloads import services
from workloads.models import Lifecycle
from workloads.roles import views
from workloads.roles.queries import GAPS, assignments, counts, gaps_of, in_words, lasting, narrowed, unheld, with_gap

TODAY = organisation_today(timezone.now())
ADDRESS = "/people/assignments/"


def _until(held, days):
    with rewriting_history():
        RoleAssignment.objects.filter(pk=held.pk).update(until_on=TODAY + dt.timedelta(days=days))


@pytest.fixture(autouse=True)
def _nobody_for_the_team(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(role=WORKLOAD_OWNER).delete()


@pytest.fixture
def gappy(cast):
    """One assignment with each gap, beside those of the cast; and one that has ended."""
    gone = person("Gone Girl", is_active=False)
    found = {
        "vacant": give(CONTINUITY_PLANNER, None, deputy=cast.owner),
        "no-deputy": give(WORKLOAD_OWNER, cast.owner, workload=cast.workload),
        "ending": give(CONTINUITY_PLANNER, cast.head, deputy=cast.owner),
        "inactive": give(CONTINUITY_PLANNER, gone, deputy=cast.owner),
        "ended": give(CONTINUITY_PLANNER, cast.owner, deputy=cast.head),
    }
    _until(found["ending"], 30)
    _until(found["ended"], -1)
    return found


def test_each_gap_is_found_and_counted_as_its_row_says(cast, gappy):
    said = {"vacant": "vacant", "no-deputy": "no deputy", "ending": "ends within 30 days", "inactive": "cannot sign in"}
    said |= {"unconfirmed": "waits for a second person"}
    assign_role(
        by=cast.head, at=NOW, role=Role.objects.get(pk="auditor"), person=cast.owner, deputy=cast.sponsor, from_on=TODAY
    )
    gappy |= {"unconfirmed": RoleAssignment.objects.get(standing="waiting")}
    rows = list(lasting(assignments(cast.head), TODAY))
    numbers = counts(assignments(cast.head), TODAY)
    for gap in GAPS:
        found = {row.pk for row in rows if any(said[gap] in words for words in gaps_of(row, TODAY))}
        assert gappy[gap].pk in found
        assert set(narrowed(assignments(cast.head), {"gap": gap}, TODAY).values_list("pk", flat=True)) == found
        assert numbers[gap.replace("-", "_")] == len(found)
    assert numbers["all"] == len(rows)


def test_an_assignment_that_has_ended_is_shown_when_asked_for(cast, gappy):
    asked = {"role": CONTINUITY_PLANNER}
    assert gappy["ended"] not in narrowed(assignments(cast.head), asked, TODAY)
    assert gappy["ended"] in narrowed(assignments(cast.head), asked | {"ended": True}, TODAY)


def test_the_page_is_narrowed_by_person_workload_role_and_place(cast, page, gappy):
    client = page(cast.head)
    for query, there, not_there in (
        ("q=priya", "Priya Raman", "Gone Girl"),
        ("q=payment", "Payment Hub", "Gone Girl"),
        (f"role={CONTINUITY_PLANNER}", "Gone Girl", "Payment Hub"),
        ("place=organisation", "Gone Girl", "Payment Hub"),
        ("place=workloads", "Payment Hub", "Gone Girl"),
        ("gap=inactive", "Gone Girl cannot sign in", "Payment Hub"),
    ):
        rows = client.get(f"{ADDRESS}?{query}").context["rows"]
        text = " ".join(f"{held.person} {held.place} {gaps}" for held, gaps in rows)
        assert there in text, query
        assert not_there not in text, query
    with pytest.raises(KeyError):
        with_gap("other", TODAY)


def test_a_workload_without_stakeholder_or_team_is_named(cast, page):
    assert [one.roles for one in in_words(unheld(cast.head, TODAY))] == [["Workload team"]]
    assert "Workload team" in page(cast.head).get(f"{ADDRESS}?gap=missing").text
    held = give(WORKLOAD_OWNER, cast.owner, workload=cast.workload)
    assert not unheld(cast.head, TODAY)
    _until(held, -1)
    assert unheld(cast.head, TODAY)
    give(WORKLOAD_OWNER, cast.owner)  # for the whole organisation
    assert not unheld(cast.head, TODAY)


def test_who_cannot_sign_in_holds_nothing_and_a_retired_workload_needs_nobody(cast):
    give(WORKLOAD_OWNER, person("Gone Girl", is_active=False), workload=cast.workload)
    assert unheld(cast.head, TODAY)
    services.change_workload(workload=cast.workload, by=cast.head, at=NOW, lifecycle=Lifecycle.RETIRED)
    assert not unheld(cast.head, TODAY)


def _csv(client, query=""):
    answer = client.get(f"{ADDRESS}export/{query}")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_file_has_every_assignment_and_what_nobody_holds(cast, page, gappy):
    with rewriting_history():
        gappy["no-deputy"].delete()
    rows = _csv(page(cast.head))
    assert len(rows) == counts(assignments(cast.head), TODAY)["all"] + 1
    assert rows[-1]["role"] == "Workload team"
    assert (rows[-1]["for"], rows[-1]["gaps"]) == ("Payment Hub", "nobody holds this role")
    own = next(row for row in rows if row["role"] == "Business stakeholder")
    assert (own["holder"], own["deputy"], own["reference"], own["from"]) == (
        "Priya Raman",
        "Oskar Berge",
        "APP-1",
        "2024-01-01",
    )
    assert {row["gaps"] for row in _csv(page(cast.head), "?gap=vacant")} == {"vacant"}
    assert len(_csv(page(cast.head), "?gap=missing")) == 1


@pytest.mark.parametrize("who", ["owner", "stakeholder", "stranger"])
def test_who_may_not_see_people_finds_nothing(cast, page, who):
    for address in (ADDRESS, f"{ADDRESS}export/"):
        assert page(getattr(cast, who)).get(address).status_code == 404
    assert page(getattr(cast, who)).get("/api/v1/assignments/").status_code == 403


def test_the_api_lists_them_with_their_gaps(cast, page, gappy):
    client = page(cast.head)
    found = client.get("/api/v1/assignments/?gap=inactive").json()["results"]
    assert [(row["role"], row["workload"], row["gaps"]) for row in found] == [
        (CONTINUITY_PLANNER, None, ["Gone Girl cannot sign in"])
    ]
    named = client.get(f"/api/v1/assignments/?role={BUSINESS_STAKEHOLDER}").json()["results"]
    assert named[0]["workload_name"] == "Payment Hub"
    assert client.get("/api/v1/assignments/?gap=nonsense").status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS,
        f"{ADDRESS}?gap=missing",
        f"{ADDRESS}export/?as=csv",
        f"{ADDRESS}export/?as=csv&gap=missing",
        "/api/v1/assignments/",
    ],
)
def test_of_a_workload_that_she_may_not_see_nobody_reads_who_holds_its_roles(cast, page, address):
    """An administrator may leave a role the right to see people alone."""
    assert "Payment Hub" in b"".join(page(cast.auditor).get(address)).decode()
    Role.objects.filter(pk=AUDITOR).update(rights=[Permission.VIEW_PEOPLE.value])
    answer = page(cast.auditor).get(address)
    assert answer.status_code == 200
    assert "Payment Hub" not in b"".join(answer).decode()


@pytest.mark.parametrize("asked", [{}, {"q": "Payment"}, {"gap": "no-deputy"}, {"ended": "on"}])
def test_pages_follow_each_other_in_one_order(cast, client, gappy, monkeypatch, asked):
    monkeypatch.setattr(views, "PER_PAGE", 2)
    client.force_login(cast.head)
    wanted = [held.pk for held in narrowed(assignments(cast.head), asked, TODAY)]
    pages = [client.get(ADDRESS, asked | {"page": n}).context for n in range(1, 20)][: (len(wanted) + 1) // 2]
    assert [held.pk for page in pages for held, _ in page["rows"]] == wanted
    assert pages[0]["page"].paginator.count == len(wanted) > 0


def test_who_may_not_see_every_workload_finds_the_assignments_of_those_she_sees(cast):
    elsewhere = services.add_workload(
        by=cast.head, at=NOW, name="Ledger", purpose="Books.", owner_team=Team.objects.create(name="Books")
    )
    there = give(BUSINESS_STAKEHOLDER, cast.deputy, workload=elsewhere)
    for who, found in ((cast.head, True), (cast.owner, False), (cast.stranger, False)):
        numbers = set(assignments(who).values_list("workload_id", flat=True))
        assert (there.workload_id in numbers) is found
        assert None in numbers  # those of the organisation are everybody's
    assert cast.workload.pk in set(assignments(cast.owner).values_list("workload_id", flat=True))
    assert cast.workload.pk not in set(assignments(cast.stranger).values_list("workload_id", flat=True))


def test_a_role_for_one_workload_is_given_and_ended_by_api(cast, page):
    with rewriting_history():
        RoleAssignment.objects.filter(role="workload-team").delete()
    today = organisation_today(timezone.now())
    body = {
        "workload": cast.workload.pk, "role": "workload-team", "person": cast.stranger.pk, "deputy": cast.owner.pk,
        "from_on": today.isoformat(),
    }  # fmt: skip
    client = page(cast.head)
    answer = client.post("/api/v1/assignments/", body, content_type="application/json")
    assert answer.status_code == 201, answer.text
    held = RoleAssignment.objects.get(role="workload-team")
    assert (held.workload_id, held.person, held.deputy) == (cast.workload.pk, cast.stranger, cast.owner)
    assert answer.json() == {
        "id": held.pk, "role": "workload-team", "workload": cast.workload.pk, "workload_name": "Payment Hub",
        "person": cast.stranger.pk, "deputy": cast.owner.pk, "from_on": today.isoformat(), "until_on": None, "gaps": [],
        "standing": "effective",
    }  # fmt: skip
    seen = page(cast.stranger)
    assert seen.get(f"/workloads/{cast.workload.pk}/").status_code == 200, "the rights follow at once"
    ended = client.post(
        f"/api/v1/assignments/{held.pk}/end/", {"last_day": today.isoformat()}, content_type="application/json"
    )
    assert (ended.status_code, ended.json()["until_on"]) == (200, today.isoformat())


@pytest.mark.parametrize("who", ["owner", "stakeholder", "auditor", "stranger"])
def test_who_may_not_assign_roles_gives_and_ends_none_by_api(cast, page, who):
    client, held = page(getattr(cast, who)), RoleAssignment.objects.get(role=BUSINESS_STAKEHOLDER)
    body = {"workload": cast.workload.pk, "role": "workload-team", "person": cast.stranger.pk, "from_on": "2027-01-01"}
    before = RoleAssignment.objects.count()
    assert client.post("/api/v1/assignments/", body, content_type="application/json").status_code == 403
    end = f"/api/v1/assignments/{held.pk}/end/"
    assert client.post(end, {"last_day": "2027-01-01"}, content_type="application/json").status_code == 403
    held.refresh_from_db()
    assert (RoleAssignment.objects.count(), held.until_on) == (before, None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"workload": 999999}, "workload"), ({"workload": None}, "workload"), ({"role": "nothing"}, "role"),
        ({"person": None}, "person"), ({"until_on": "2020-01-01"}, "until_on"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_field_by_api(cast, page, values, field):
    today = organisation_today(timezone.now()).isoformat()
    body = {
        "workload": cast.workload.pk,
        "role": "workload-team",
        "person": cast.stranger.pk,
        "from_on": today,
    } | values
    answer = page(cast.head).post("/api/v1/assignments/", body, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
