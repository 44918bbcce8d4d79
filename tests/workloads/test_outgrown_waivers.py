"""A waiver covers its finding as it was, not however bad it gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import WrongState
from audit.models import Event
from people.models import Team
from signoffs.models import Request
from tests.cast import NOW, propose
from tests.workloads.chains import HOUR, MINUTE, needs, workload
from tests.workloads.waivers import GIVEN, sign_waiver
from workloads import services as workloads
from workloads.gates import services
from workloads.gates.gate import Blocked
from workloads.gates.worse import limits, worse
from workloads.models import Waiver, Workload
from workloads.naming import HIDDEN


@pytest.fixture
def slow(cast):
    """What comes first takes an hour; the target promises 15 minutes; the sponsor has waived it."""
    queue = workload(cast, "Queue", tier=1, rto=HOUR)
    needs(cast, cast.workload, queue, order="parallel")
    cast.target = propose(cast, tier=1)
    cast.waiver = sign_waiver(cast, _ask(cast))
    return queue


def _ask(cast, finding="rto-unreachable"):
    return services.request_waiver(workload=cast.workload, by=cast.head, at=NOW, finding=finding, **GIVEN)


def _takes(queue, seconds):
    Workload.objects.filter(pk=queue.pk).update(measured_rto_seconds=seconds, proof_rto="met")


def _send(cast):
    return workloads.send_for_signature(classification=cast.target, by=cast.owner, at=NOW)


def test_a_waiver_keeps_how_bad_it_was_and_its_document_says_so(cast, slow):
    assert cast.waiver.figures == {"back": HOUR, "late": 45 * MINUTE}
    facts = {fact["name"]: fact["value"] for fact in cast.waiver.request.document["facts"]}
    assert facts["limit"] == "back in 1\xa0h; 45\xa0min later than promised"


def test_what_is_no_worse_is_covered(cast, slow):
    _takes(slow, HOUR + 3 * MINUTE)  # a twentieth
    assert _send(cast).state == Request.State.OPEN


def test_what_has_become_worse_blocks_again_and_says_how_much(cast, slow):
    _takes(slow, 3 * HOUR)
    with pytest.raises(Blocked, match=r"Worse than what was waived \(back in 1.h then, back in 3.h now"):
        _send(cast)


def test_a_tighter_promise_than_the_one_that_was_waived_blocks_again(cast, slow):
    workloads.change_proposal(
        classification=cast.target, by=cast.owner, at=NOW, tier=cast.target.tier, slo=cast.target.slo,
        rto_seconds=5 * MINUTE, rpo_seconds=5, reason="Tighter.", differs_reason="Card rules.",
    )  # fmt: skip
    with pytest.raises(Blocked, match=r"45.min later than promised then, 55.min later than promised now"):
        _send(cast)


def test_an_inversion_is_outgrown_by_a_less_critical_tier(cast):
    disk = workload(cast, "Disk", tier=2, rto=60)
    needs(cast, cast.workload, disk, order="parallel")
    cast.target = propose(cast, tier=1)
    sign_waiver(cast, _ask(cast, f"inversion:{disk.pk}"))
    disk.classifications.update(tier=3)
    with pytest.raises(Blocked, match="tier 2 then, tier 3 now"):
        _send(cast)


def test_one_that_holds_is_enough_until_it_is_outgrown(cast, slow):
    with pytest.raises(WrongState, match="already"):
        _ask(cast)
    _takes(slow, 3 * HOUR)
    _ask(cast)
    with pytest.raises(WrongState, match="already"):
        _ask(cast)


def test_a_new_waiver_takes_the_place_of_the_one_that_was_outgrown(cast, slow):
    _takes(slow, 3 * HOUR)
    new = sign_waiver(cast, _ask(cast))
    cast.waiver.refresh_from_db()
    assert (cast.waiver.state, new.state) == (Waiver.State.WITHDRAWN, Waiver.State.GRANTED)
    told = Event.objects.get(kind="waiver.withdrawn", subject_id=str(cast.waiver.pk))
    assert told.after["why"] == "a newer waiver of the same finding was granted"
    assert _send(cast).state == Request.State.OPEN


def test_the_signers_read_that_it_is_worse_than_what_was_waived(cast, slow, page):
    request = _send(cast)
    _takes(slow, 3 * HOUR)
    text = page(cast.stakeholder).get(f"/signoffs/{request.pk}/sign/").text
    assert "Blocking, worse than what was waived" in text
    assert "Back in 1\xa0h then, back in 3\xa0h now" in text


def test_the_sponsor_reads_that_it_has_become_worse_since_she_was_asked(cast, slow, page):
    _takes(slow, 3 * HOUR)
    new = _ask(cast)
    assert "Worse by now" not in page(cast.sponsor).get(f"/signoffs/{new.request_id}/sign/").text
    _takes(slow, 4 * HOUR)
    assert "Worse by now than what is asked for" in page(cast.sponsor).get(f"/signoffs/{new.request_id}/sign/").text


def test_every_page_that_shows_the_waiver_says_so_and_leads_to_a_new_one(cast, slow, page):
    _takes(slow, 3 * HOUR)
    client = page(cast.head)
    for path in (cast.waiver.get_absolute_url(), f"/workloads/{cast.workload.pk}/waivers/"):
        text = client.get(path).text
        assert "Worse than what was waived" in text
        assert f"/workloads/{cast.workload.pk}/waivers/ask/?finding=rto-unreachable" in text
    assert "No longer covered by its waiver" in client.get(f"/workloads/{cast.workload.pk}/").text
    assert client.get(f"/workloads/{cast.workload.pk}/waivers/ask/?finding=rto-unreachable").status_code == 200
    found = client.get(f"/api/v1/classifications/{cast.target.pk}/").json()["found_now"]
    assert next(one["outgrown"] for one in found if one["key"] == "rto-unreachable").startswith("back in 1")


def test_what_was_waived_before_there_were_figures_covers_all(cast):
    assert worse({}, (("back", 9 * HOUR),)) == ""
    assert limits({}) == ""


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_only_what_is_more_than_a_twentieth_longer_is_worse(then, now):
    assert bool(worse({"back": then}, (("back", now),))) == (now > then + then // 20)


def test_a_tier_has_no_leeway():
    assert worse({"tier": 2, "apart": 1}, (("tier", 3), ("apart", 2))) == (
        "tier 2 then, tier 3 now; 1 tier less critical then, 2 tiers less critical now"
    )


def test_a_waiver_is_frozen_in_the_names_that_its_asker_may_see_and_says_who_reads_it(cast, page):
    secret = workload(cast, "Secret ledger", tier=1, rto=HOUR, team=Team.objects.create(name="Other"))
    needs(cast, cast.workload, secret, order="parallel")
    propose(cast, tier=1)
    address = f"/workloads/{cast.workload.pk}/waivers/ask/?finding=rto-unreachable"
    assert "Everybody who may see Payment Hub reads the waiver" in page(cast.owner).get(address).text
    waiver = services.request_waiver(workload=cast.workload, by=cast.owner, at=NOW, finding="rto-unreachable", **GIVEN)
    assert HIDDEN in waiver.title
    assert "Secret" not in str(waiver.request.document) + waiver.title + waiver.detail
