"""What keeps a target from being sent, and what the signers are told."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.models import RoleAssignment, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER
from signoffs.documents import digest, document
from tests.cast import NOW, give, open_gates, propose, put_in_force
from tests.past import rewriting_history
from tests.workloads.parts import add_dependency, another
from tests.workloads.waivers import forget_flows, request_waiver, sign_waiver
from workloads import services
from workloads.finding import Finding, Severity
from workloads.gates.gate import Blocked
from workloads.gates.known import Known, Waived, beside, kept, read, since, texts
from workloads.gates.queries import findings
from workloads.gates.services import withdraw_waiver
from workloads.models import Classification, ImpactAnalysis, UserFlow
from workloads.signing import classification_document

TODAY = organisation_today(NOW)


def _send(cast, target, by=None):
    return services.send_for_signature(classification=target, by=by or cast.owner, at=NOW)


def _keys(cast):
    return [f.key for f in findings(cast.workload, tier=1, rto_seconds=900, rpo_seconds=300, today=TODAY)]


def _missing_flow(cast):
    forget_flows(cast)


def _missing_impact(cast):
    ImpactAnalysis.objects.all().delete()


def _missing_answer(cast):
    cast.workload.impact.answers.first().delete()


def _missing_owner(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(role=WORKLOAD_OWNER).delete()


GATES = [
    (_missing_flow, "no-flow"),
    (_missing_impact, "no-impact"),
    (_missing_answer, "no-impact"),
    (_missing_owner, "no-owner"),
]


def test_nothing_stands_against_a_workload_that_is_written_down(cast):
    assert _keys(cast) == []


@pytest.mark.parametrize(("missing", "key"), GATES)
def test_what_is_missing_blocks_and_says_what_to_do(cast, missing, key):
    target = propose(cast)
    missing(cast)
    assert _keys(cast) == [key]
    with pytest.raises(Blocked) as refused:
        _send(cast, target)
    (finding,) = refused.value.findings
    assert finding.key == key
    assert finding.title in refused.value.message
    assert finding.detail in refused.value.message
    target.refresh_from_db()
    assert (target.state, target.findings, target.request) == ("proposed", [], None)


def test_each_thing_in_the_way_is_listed(cast):
    forget_flows(cast)
    _missing_owner(cast)
    with pytest.raises(Blocked, match="2 things stand against") as refused:
        _send(cast, propose(cast))
    assert [f.key for f in refused.value.findings] == ["no-flow", "no-owner"]


def test_a_warning_of_the_chain_stands_in_nobodys_way_and_the_signers_read_it(cast):
    add_dependency(cast, another(cast))
    request = _send(cast, propose(cast), by=cast.head)
    assert "Known when this was sent\n- Policy Ledger is not classified. Needed directly." in request.text


def test_nothing_is_frozen_by_a_name_that_the_sender_may_not_see(cast):
    add_dependency(cast, another(cast))
    request = _send(cast, propose(cast))
    assert "A workload of another team is not classified" in request.text
    assert "Policy Ledger" not in request.text


def test_an_inversion_blocks_until_it_is_mended_or_waived(cast):
    below = another(cast)
    add_dependency(cast, below)
    other = dataclasses.replace(cast, workload=below)
    open_gates(below, cast.owner)
    give(BUSINESS_STAKEHOLDER, cast.stakeholder, workload=below)
    put_in_force(other, tier=3, by=cast.head)
    target = propose(cast)
    with pytest.raises(Blocked) as refused:
        _send(cast, target, by=cast.head)
    assert f"inversion:{below.pk}" in [f.key for f in refused.value.findings]
    assert {f.key for f in refused.value.findings} == {f"inversion:{below.pk}", "rto-unreachable", "rpo-unreachable"}


def test_a_document_without_findings_is_what_it_was(cast):
    """Nothing known adds nothing to the bytes that are signed."""
    put_in_force(cast)
    doc = classification_document(Classification.objects.get())
    assert not {"known", "waived"} & {text["name"] for text in doc["texts"]}
    plain = document(
        title=doc["title"],
        summary=doc["summary"],
        facts=[(f["name"], f["label"], f["value"]) for f in doc["facts"]],
        texts=[(t["name"], t["heading"], t["text"]) for t in doc["texts"]],
    )
    assert digest(plain) == digest(doc)
    assert digest(document(title="x", summary="", facts=[], texts=texts([]))) == digest(
        document(title="x", summary="", facts=[], texts=[])
    )


def test_what_was_known_is_frozen_and_goes_when_it_comes_back(cast):
    waiver = sign_waiver(cast, request_waiver(cast))
    target = propose(cast)
    request = _send(cast, target)
    target.refresh_from_db()
    assert [(f["key"], f["waiver"]["id"]) for f in target.findings] == [("no-flow", waiver.pk)]
    (text,) = [t["text"] for t in request.document["texts"] if t["name"] == "waived"]
    assert "No user flow is written down" in text
    assert "Conditions: Write the flows down by March." in text
    assert "Until 18 February 2027" in text
    services.change_workload(workload=cast.workload, by=cast.owner, at=NOW, purpose="Something else.")
    target.refresh_from_db()
    assert (target.state, target.findings) == ("proposed", [])


def test_the_signing_page_shows_what_was_known_and_what_has_changed(cast, page):
    waiver = sign_waiver(cast, request_waiver(cast))
    request = _send(cast, propose(cast))
    client, address = page(cast.sponsor), f"/signoffs/{request.pk}/sign/"
    text = client.get(address).text
    assert "Know before you sign" in text
    assert "Blocking, waived until 18\xa0Feb\xa02027: No user flow is written down" in text
    assert waiver.get_absolute_url() in text
    _missing_owner(cast)
    withdraw_waiver(waiver=waiver, by=cast.owner, at=NOW)
    text = client.get(address).text
    assert "Blocking, no longer waived: No user flow is written down" in text
    assert "New since it was sent, blocking: Nobody holds the role workload team" in text
    UserFlow.objects.create(workload=cast.workload, name="Again", what="x", added_at=NOW, added_by=cast.owner)
    assert "Mended since it was sent: No user flow is written down" in client.get(address).text


def test_a_draft_shows_what_stands_in_the_way_and_the_way_to_a_waiver(cast, page):
    forget_flows(cast)
    target = propose(cast)
    text = page(cast.owner).get(target.get_absolute_url()).text
    assert "Blocking: No user flow is written down" in text
    assert f"/workloads/{cast.workload.pk}/flows/add/" in text
    assert f"/workloads/{cast.workload.pk}/waivers/ask/?finding=no-flow" in text
    assert 'aria-disabled="true"' in text
    assert "Blocked by 1 finding" in text
    assert f"/workloads/classifications/{target.pk}/send/" not in text
    assert "waivers/ask" not in page(cast.auditor).get(target.get_absolute_url()).text


def test_the_send_button_of_the_proposal_keeps_the_draft_and_says_why(cast, page):
    forget_flows(cast)
    values = {"tier": 1, "slo": "99.95", "rto": "15 min", "rpo": "5 min", "reason": "It pays.", "differs_reason": "x"}
    values["send"] = "1"
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", values, follow=True)
    assert "Kept as a draft, not sent. One thing stands against this target." in answer.text
    assert Classification.objects.get().state == "proposed"


def test_the_api_answers_with_the_findings(cast, page):
    forget_flows(cast)
    target = propose(cast)
    answer = page(cast.owner).post(f"/api/v1/classifications/{target.pk}/send/", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    body = answer.json()
    assert body["type"] == "urn:drportal:problem:blocked"
    assert [f["key"] for f in body["findings"]] == ["no-flow"]


def test_the_api_shows_what_was_known_when_it_was_sent(cast, page):
    sign_waiver(cast, request_waiver(cast))
    target = propose(cast)
    _send(cast, target)
    body = page(cast.owner).get(f"/api/v1/classifications/{target.pk}/").json()
    assert [f["key"] for f in body["findings"]] == ["no-flow"]


FINDINGS = st.builds(
    Finding,
    st.text(min_size=1, max_size=10),
    st.sampled_from(Severity),
    st.text(max_size=30),
    st.text(max_size=30),
    st.just(""),
)
WAIVED = st.builds(Waived, st.integers(1, 9), st.text(max_size=30), st.text(max_size=30), st.dates())
FOUND = st.lists(FINDINGS, unique_by=lambda f: f.key, max_size=6)


@given(FOUND, st.dictionaries(st.text(min_size=1, max_size=10), WAIVED))
def test_what_is_kept_is_read_again_as_it_was(found, waivers):
    known = beside(found, waivers)
    assert read(kept(known)) == known
    assert not since(known, known) or any(one.waiver is not None and one.blocks for one in known)


@given(FOUND)
def test_a_section_is_written_exactly_when_there_is_something_to_say(found):
    waived = {f.key: Waived(1, f.title, "x", dt.date(2027, 1, 1)) for f in found[::2]}
    known = beside(found, waived)
    said = {name: text for name, _, text in texts(kept(known))}
    assert bool(said["waived"]) == any(one.waiver for one in known)
    assert bool(said["known"]) == any(one.waiver is None for one in known)


@given(FOUND, FOUND)
def test_what_changed_is_new_or_mended_or_no_longer_waived_and_never_two_of_these(then, now):
    changed = since([Known(f) for f in then], [Known(f) for f in now])
    keys = [one.finding.key for one in [*changed.new, *changed.ended, *changed.mended]]
    assert len(keys) == len(set(keys))
    assert {one.finding.key for one in changed.new} == {f.key for f in now} - {f.key for f in then}
    assert {one.finding.key for one in changed.mended} == {f.key for f in then} - {f.key for f in now}


def test_a_warning_is_never_waived():
    finding = Finding("cycle", Severity.WARNING, "A cycle", "")
    assert beside([finding], {"cycle": Waived(1, "", "", TODAY)}) == [Known(finding)]
