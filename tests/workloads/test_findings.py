"""The findings over the whole register: page, file and API."""

from __future__ import annotations

import datetime as dt

import pytest

from people.models import Team
from tests.cast import NOW
from tests.workloads.chains import HOUR, needs, third_party, workload
from workloads.chain.across import DIFFERS, KINDS, spots
from workloads.chain.findings import chain_findings
from workloads.chain.queries import whole
from workloads.models import Workload

TODAY = NOW.date()


@pytest.fixture
def scene(cast):
    """Claims (1) → Queue (1) → Disk (3); Claims → an unclassified one and a vendor; two that need each other; an estimate."""
    claims = workload(cast, "Claims", tier=1, rto=900, rpo=300)
    queue = workload(cast, "Queue", tier=1, rto=900, rpo=300)
    disk = workload(cast, "Disk", tier=3, rto=HOUR, rpo=HOUR, team=Team.objects.create(name="Storage"))
    vendor = third_party(cast, "Card scheme", has_failover=False, promised_until_on=TODAY - dt.timedelta(days=400))
    needs(cast, claims, queue, workload(cast, "Old thing"), vendor)
    needs(cast, queue, disk)
    left, right = workload(cast, "Left", tier=2), workload(cast, "Right", tier=2)
    needs(cast, left, right)
    needs(cast, right, left)
    mirror = workload(cast, "Mirror", tier=2, rto=HOUR, measured=600, own=60)
    needs(cast, mirror, workload(cast, "Base", tier=2, rto=60))
    return claims


def _kinds(viewer=None):
    graph = whole(viewer)
    return sorted((spot.kind, graph.name(spot.key)) for spot in spots(graph, TODAY))


def test_every_kind_is_found_where_it_is(scene):
    assert _kinds() == sorted(
        [
            ("inversion", "Claims"), ("inversion", "Queue"), ("rto-unreachable", "Claims"), ("rto-unreachable", "Queue"),
            ("rpo-unreachable", "Claims"), ("rpo-unreachable", "Queue"), ("unclassified", "Claims"),
            ("no-failover", "Claims"), ("promise-expired", "Claims"), ("cycle", "Left"),
            ("own-estimate", "Mirror"),
        ]
    )  # fmt: skip


def test_a_workload_has_a_blocking_finding_here_if_and_only_if_it_has_one_of_its_own(cast, scene):
    graph = whole()
    here = {spot.key for spot in spots(graph, TODAY) if spot.severity == "blocking"}
    for one in Workload.objects.exclude(tier_now=None):
        face = graph.faces[one.pk]
        own = chain_findings(
            one, tier=one.tier_now, rto_seconds=face.target_rto, rpo_seconds=face.target_rpo, today=TODAY
        )
        assert any(f.is_blocking for f in own) == (one.pk in here), one


def test_the_page_counts_by_kind_and_says_each(scene, cast, page):
    text = page(cast.head).get("/workloads/findings/").text
    assert "11 things stand against targets" in text
    assert "6 of them block a signature" in text
    assert "Needed through Claims → Queue → Disk." in text
    assert f'href="/workloads/{scene.pk}/map/"' in text
    for kind, said in KINDS.items():
        assert said in text or kind == DIFFERS  # which is not of the chain (test_open_eyes.py)


def test_it_is_narrowed_by_kind_severity_and_team(scene, cast, page):
    client = page(cast.head)

    def numbers(query):
        return client.get(f"/api/v1/findings/?{query}").json()["count"]

    storage = Team.objects.get(name="Storage")
    assert [numbers(q) for q in ("", "kind=cycle", "severity=warning", f"team={storage.pk}")] == [11, 1, 5, 0]
    assert [client.get(f"/api/v1/findings/?{q}").status_code for q in ("severity=x", "kind=x", "team=x")] == [400] * 3
    assert client.get("/workloads/findings/?severity=x").status_code == 200
    assert numbers(f"team={cast.team.pk}&kind=inversion") == 2
    assert "Nothing of this kind" in client.get(f"/workloads/findings/?team={storage.pk}").text
    assert "Card scheme" not in client.get("/workloads/findings/?severity=blocking").text


def test_only_findings_of_what_she_may_see_and_no_other_names(scene, cast, page):
    text = page(cast.owner).get("/workloads/findings/").text
    assert "Claims" in text
    assert "Disk" not in text
    assert "a workload of another team" in text
    assert "Nothing stands against a target" in page(cast.stranger).get("/workloads/findings/").text
    assert page(cast.stranger).get("/api/v1/findings/").json()["count"] == 0


def test_the_file_holds_what_the_page_shows(scene, cast, page):
    answer = page(cast.head).get("/workloads/findings/export/?severity=blocking")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 7
    assert lines[1].startswith(f"{scene.pk},Claims,1,Payments,inversion,blocking,")


def test_the_chain_of_one_workload_in_json(scene, cast, page):
    found = page(cast.owner).get(f"/api/v1/chain/{scene.pk}/").json()
    assert found["rto_seconds"] == 900 + 900 + HOUR
    assert [hop["name"] for hop in found["rto_path"]] == ["Claims", "Queue", "a workload of another team"]
    assert found["rto_path"][2]["id"] is None
    assert found["rto_is_lower_bound"]
    assert found["promised_rto_seconds"] == 900
    assert {"kind": "third_party", "name": "Card scheme"}.items() <= found["needs"][0].items()
    assert found["needed_by"] == 0
    assert "rto-unreachable" in [finding["key"] for finding in found["findings"]]
    assert page(cast.stranger).get(f"/api/v1/chain/{scene.pk}/").status_code == 404


def test_one_page_costs_the_same_for_few_and_for_many(scene, cast, page, django_assert_max_num_queries):
    client = page(cast.head)
    client.get("/workloads/findings/")
    with django_assert_max_num_queries(12) as one:
        client.get("/workloads/findings/")
    for at in range(60):
        needs(cast, scene, workload(cast, f"Unknown {at:02}"))
    with django_assert_max_num_queries(len(one)):
        assert "Page 1 of 2" in client.get("/workloads/findings/").text
