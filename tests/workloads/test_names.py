"""Names that look the same are the same: on pages, by API, for every kind of thing, and in what was there before."""

from __future__ import annotations

import importlib

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import Invalid
from audit.names import fold, plain_name
from people import services as people
from people.models import Team
from tests.cast import NOW
from tests.workloads.parts import add_third_party
from workloads import services
from workloads.models import ThirdParty, Workload
from workloads.models.register import SAID

COMPOSED = "Café till"
ALIKE = [
    "Cafe\u0301 till",
    "Café\u00a0till",
    "Café  till",
    "Ca\u00adfé till",
    "CAFÉ till",
    "Caf\u200bé till",
    "Café\u2009till",
]
DASHES = ["Pay-roll", "Pay\u2011roll", "Pay\u2010roll", "Pay–roll"]


@pytest.fixture
def till(cast):
    return services.add_workload(by=cast.head, at=NOW, name=COMPOSED, purpose="Sells.", owner_team=cast.team)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ALIKE)
def test_a_name_that_looks_like_anothers_is_taken(till, cast, client, name):
    with pytest.raises(Invalid, match="Another workload has this name"):
        services.add_workload(by=cast.head, at=NOW, name=name, purpose="x", owner_team=cast.team)
    with pytest.raises(Invalid):
        services.change_workload(workload=cast.workload, by=cast.head, at=NOW, name=name)
    client.force_login(cast.head)
    form = {"name": name, "purpose": "x", "owner_team": cast.team.pk, "lifecycle": "live"}
    assert "Another workload has this name" in client.post("/workloads/add/", form).text
    asked = {"name": name, "purpose": "x", "owner_team": cast.team.pk}
    answer = client.post("/api/v1/workloads/", asked, content_type="application/json")
    assert (answer.status_code, "name" in answer.json()["errors"]) == (400, True), answer.text
    assert Workload.objects.count() == 2


@pytest.mark.django_db
def test_dashes_and_apostrophes_are_alike(cast):
    for name in (*DASHES, "O'Hara", "O’Hara"):
        try:
            services.add_workload(by=cast.head, at=NOW, name=name, purpose="x", owner_team=cast.team)
        except Invalid:
            continue
    assert set(Workload.objects.exclude(reference="APP-1").values_list("name", flat=True)) == {"Pay-roll", "O'Hara"}


@pytest.mark.django_db
def test_teams_and_third_parties_too(cast):
    people.add_team(by=cast.head, at=NOW, name="Büro")
    with pytest.raises(Invalid):
        people.add_team(by=cast.head, at=NOW, name="Bu\u0308ro")
    assert Team.objects.get(name="Bu\u0308ro").name == "Büro", "what is asked for is compared in the same form"
    party = add_third_party(cast, name="Zu\u0308rich \u200bNet")
    assert party.name == "Zürich Net"
    assert ThirdParty.objects.filter(name="Zürich Net").exists()


@pytest.mark.django_db
def test_a_name_that_is_too_long_when_it_is_composed_is_refused(cast):
    with pytest.raises(Invalid, match="another look"):
        services.add_workload(by=cast.head, at=NOW, name="\u0958" * 120, purpose="x", owner_team=cast.team)


@pytest.mark.django_db
def test_names_that_were_there_are_put_into_their_one_form(cast, till):
    """What the migration does; two that look the same stay two, and the later one says which it is."""
    others = [
        services.add_workload(by=cast.head, at=NOW, name=f"Other {n}", purpose="x", owner_team=cast.team)
        for n in (1, 2)
    ]
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX workload_name_once")
        for workload, name in zip(others, ("Cafe\u0301 till", "A\u00a0 Na\u0308me"), strict=True):
            cursor.execute("UPDATE workloads_workload SET name = %s WHERE id = %s", [name, workload.pk])
        cursor.execute(importlib.import_module("workloads.migrations.0027_plain_names").WORKLOADS)
        cursor.execute("SELECT name FROM workloads_workload WHERE id = ANY(%s) ORDER BY id", [[w.pk for w in others]])
        names = [name for (name,) in cursor.fetchall()]
    assert names == [f"Café till ({others[0].pk})", "A Näme"]


@pytest.mark.django_db
def test_python_and_the_database_keep_and_search_in_the_same_form():
    ranges = range(0x20, 0x250), range(0x300, 0x370), range(0x1E00, 0x1F00), range(0x2000, 0x2070), (0x3000, 0xFEFF)
    texts = [f"a{chr(number)}b {chr(number)}" for numbers in ranges for number in numbers]
    with connection.cursor() as cursor:
        cursor.execute("SELECT said, plain_name(said), search_fold(said) FROM unnest(%s::text[]) said", [texts])
        rows = cursor.fetchall()
    assert [
        (said, plain, found) for said, plain, found in rows if (plain, found) != (plain_name(said), fold(said))
    ] == []


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_one_form_is_reached_at_once(text):
    assert plain_name(plain_name(text)) == plain_name(text)
    assert fold(fold(text)) == fold(text)


@pytest.mark.django_db
def test_an_index_serves_the_search(cast):
    rows = Workload.objects.alias(said=SAID).filter(said__says="Straßenplan").order_by()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "Bitmap Index Scan on workload_said" in rows.explain()
