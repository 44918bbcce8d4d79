"""The map of a workload's surroundings: as a table, and as data for the picture."""

from __future__ import annotations

import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from people.models import Team
from tests.cast import put_in_force
from tests.workloads.chains import HOUR, needs, third_party, workload
from workloads.chain import neighbours
from workloads.chain.layout import positions
from workloads.naming import HIDDEN


def _address(of, depth=2):
    return f"/workloads/{of.pk}/map/?depth={depth}"


def _data(client, of, depth=2):
    return json.loads(client.get(f"/workloads/{of.pk}/map.json?depth={depth}").content)


def test_a_stranger_finds_nothing(cast, page):
    for path in ("map/", "map.json"):
        assert page(cast.stranger).get(f"/workloads/{cast.workload.pk}/{path}").status_code == 404


def test_one_that_stands_alone_says_so(cast, page):
    text = page(cast.owner).get(_address(cast.workload)).text
    assert "Stands alone" in text
    assert "Nobody knows yet how soon it can be back." in text


def test_both_directions_are_told_with_how_and_how_long(cast, page):
    shop = workload(cast, "Shop", tier=2, rto=HOUR, rpo=60)
    disk = workload(cast, "Disk", tier=1, rto=300, rpo=60)
    needs(cast, shop, cast.workload, order="parallel")
    needs(cast, cast.workload, disk)
    needs(cast, cast.workload, third_party(cast, "Card scheme", rto_seconds=HOUR), strength="soft")
    text = page(cast.owner).get(_address(cast.workload)).text
    for said in (
        "Disk", "needed, step 1", "hard, after it", "5\xa0min / 60\xa0s", "claimed", "Shop", "needs it, step 1",
        "hard, at the same time", "Card scheme", "third party", "soft",
    ):  # fmt: skip
        assert said in text, said


def test_the_weak_hop_is_named_in_its_row(cast, page):
    disk = workload(cast, "Disk", tier=3, rto=HOUR, rpo=HOUR)
    claims = workload(cast, "Claims", tier=1, rto=900, rpo=300)
    needs(cast, claims, disk)
    text = page(cast.owner).get(_address(claims)).text
    assert "less critical than what needs it: Claims" in text
    assert "Needs Disk, which is only tier 3" in text
    assert "not reachable" in text
    assert [line["weak"] for line in _data(page(cast.owner), claims)["lines"]] == [True]


def test_depth_and_number_of_hops_are_bounded(cast, page, monkeypatch):
    chain = [cast.workload, *(workload(cast, f"Hop {at}") for at in range(6))]
    for dependent, provider in itertools.pairwise(chain):
        needs(cast, dependent, provider)
    client = page(cast.owner)
    assert [len(_data(client, cast.workload, depth)["hops"]) for depth in (1, 2, 3, 4, 9)] == [2, 3, 4, 5, 3]
    monkeypatch.setattr(neighbours, "MOST", 3)
    assert len(_data(client, cast.workload, 4)["hops"]) == 3
    assert "The 2 nearest are shown, 2 further ones are not." in client.get(_address(cast.workload, 4)).text


def test_what_she_may_not_see_is_only_said_to_be_there(cast, page):
    secret = workload(cast, "Secret ledger", tier=3, rto=HOUR, rpo=HOUR, team=Team.objects.create(name="Other"))
    needs(cast, cast.workload, secret)
    needs(cast, secret, workload(cast, "Own thing", tier=1))
    client = page(cast.owner)
    for text in (client.get(_address(cast.workload)).text, json.dumps(_data(client, cast.workload))):
        assert "Secret" not in text
        assert f"/workloads/{secret.pk}/" not in text
        assert HIDDEN in text
        assert "Own thing" in text
    assert "Secret ledger" in page(cast.head).get(_address(cast.workload)).text


def test_cycles_are_marked(cast, page):
    disk = workload(cast, "Disk", tier=1)
    needs(cast, cast.workload, disk)
    needs(cast, disk, cast.workload)
    text = page(cast.owner).get(_address(cast.workload)).text
    assert "needs each other with Payment Hub" in text
    assert "needed, step 1; needs it, step 1" in text
    assert all(line["cycle"] for line in _data(page(cast.owner), cast.workload)["lines"])


def test_the_map_costs_the_same_for_few_and_for_many(cast, page, django_assert_max_num_queries):
    client = page(cast.owner)
    needs(cast, cast.workload, workload(cast, "First", tier=1))
    client.get(_address(cast.workload))
    with django_assert_max_num_queries(20) as one:
        client.get(_address(cast.workload))
    needs(cast, cast.workload, *(workload(cast, f"Load {at}", tier=2) for at in range(30)))
    with django_assert_max_num_queries(len(one)):
        client.get(_address(cast.workload))


@given(st.dictionaries(st.integers(0, 60), st.integers(0, 5), min_size=1), st.data())
def test_no_two_hops_stand_on_each_other_and_layers_stay_in_order(layers, data):
    key = st.sampled_from(sorted(layers))
    found = positions(layers, data.draw(st.lists(st.tuples(key, key), max_size=40)))
    assert len(set(found.values())) == len(layers)
    for a in layers:
        for b in layers:
            assert layers[a] >= layers[b] or found[a][1] < found[b][1]


def test_the_table_says_every_line_of_the_picture(cast, page):
    left, right, below = (workload(cast, name, tier=1, rto=60) for name in ("Left", "Right", "Below"))
    needs(cast, cast.workload, left, right, order="parallel")
    needs(cast, left, right, below, order="parallel")
    needs(cast, right, below, strength="soft")
    client = page(cast.head)
    rows = {row.name: row.needs for row in client.get(f"/workloads/{cast.workload.pk}/map/").context["rows"]}
    assert rows == {"Left": "Right, Below", "Right": "Below (soft)", "Below": ""}
    lines = client.get(f"/workloads/{cast.workload.pk}/map.json").json()["lines"]
    assert len(lines) == 2 + 3  # two of the middle, which the steps of the table say


def test_a_hub_shows_as_many_as_fit_and_says_how_many_it_leaves_out(cast, page):
    for number in range(160):
        needs(cast, workload(cast, f"Load {number:03}"), cast.workload)
    text = page(cast.head).get(f"/workloads/{cast.workload.pk}/map/?depth=4").text
    assert "The 149 nearest are shown, 11 further ones are not." in text
    assert len(page(cast.head).get(f"/workloads/{cast.workload.pk}/map.json?depth=4").json()["hops"]) == 150


def test_many_findings_are_cut_and_counted(cast, page):
    put_in_force(cast)
    for number in range(55):
        needs(cast, cast.workload, workload(cast, f"Load {number:03}"), order="parallel")
    text = page(cast.head).get(f"/workloads/{cast.workload.pk}/map/").text
    assert text.count("is not classified.") == 50
    assert "5 more stand further down the chain" in text
    assert "55 in all; the first 50 are shown" in page(cast.head).get(f"/workloads/{cast.workload.pk}/waivers/").text
