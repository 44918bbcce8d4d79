"""Signed with open eyes: a target is compared with its impact analysis when it is sent, and nothing is signed that something
stands against by now."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from audit.errors import DeedError, Invalid
from audit.models import Event
from communications.models import Message
from people.models import organisation_today
from signoffs import services as signoffs
from signoffs.models import Request, Signature
from tests.cast import NOW, Cast, proof, propose, put_in_force
from tests.workloads.impact import answer, whole
from tests.workloads.waivers import ENDS, forget_flows, request_waiver, sign_waiver
from workloads import services
from workloads.gates.queries import against
from workloads.gates.services import lapse_waivers
from workloads.models import Classification, ImpactAnalysis

LATER = NOW + dt.timedelta(hours=1)
TODAY = organisation_today(NOW)
SLOW = "000133"  # serious after a day: less critical than the 15 minutes that the cast's answers suggest
WHY = "The contract with the card network asks for it."


def send(cast: Cast, target: Classification, **values: Any) -> Request:
    return services.send_for_signature(classification=target, by=cast.owner, at=NOW, **values)


def sign(request: Request, by: Any, at: dt.datetime = LATER) -> Signature:
    return signoffs.sign(request=request, by=by, at=at, proof=proof(at), digest=request.digest)


def as_suggested(cast: Cast) -> Classification:
    """Tier 1, 15 min and 5 min, as the cast's analysis suggests."""
    return propose(cast, differs_reason="")


def answered_anew(cast: Cast, at: dt.datetime = NOW) -> None:
    answer(cast, {**whole(SLOW, SLOW)}, at=at)


# Compared at send


def test_a_target_that_was_proposed_before_the_analysis_is_compared_when_it_is_sent(cast):
    ImpactAnalysis.objects.all().delete()
    target = as_suggested(cast)
    answered_anew(cast)
    with pytest.raises(Invalid, match="The impact analysis suggests tier 3") as refused:
        send(cast, target)
    assert "differs_reason" in refused.value.fields
    assert not Request.objects.exists()
    request = send(cast, target, differs_reason=WHY)
    target.refresh_from_db()
    assert (target.suggested_tier_id, target.differs_reason) == (3, WHY)
    assert "Impact analysis suggests: Tier 3" in request.text
    assert WHY in request.text
    line = Event.objects.get(kind="classification.sent")
    assert line.after["differs_reason"] == WHY
    assert WHY in Message.objects.filter(purpose="signature-requested").first().body


def test_a_reason_for_another_suggestion_does_not_count_for_this_one(cast):
    target = propose(cast, tier=2, differs_reason="Nobody works at night.")
    answered_anew(cast)
    with pytest.raises(Invalid, match="impact analysis suggests"):
        send(cast, target)


def test_what_fits_the_analysis_by_now_needs_no_reason_and_keeps_none(cast):
    answered = propose(cast, tier=2, differs_reason="Nobody works at night.")
    answered_anew(cast)
    suggested = services.suggestion_for(cast.workload)
    Classification.objects.filter(pk=answered.pk).update(
        rto_seconds=suggested.rto_seconds, rpo_seconds=suggested.rpo_seconds, tier=suggested.tier
    )
    request = send(cast, answered)
    assert "Nobody works at night." not in request.text


def test_the_page_asks_for_the_reason_and_sends_with_it(cast, client):
    target = as_suggested(cast)
    answered_anew(cast)
    client.force_login(cast.owner)
    address = target.get_absolute_url()
    assert 'name="differs_reason"' in client.get(address).content.decode()
    client.post(f"{address}send/", {"differs_reason": "  "})
    target.refresh_from_db()
    assert target.state == "proposed"
    client.post(f"{address}send/", {"differs_reason": WHY})
    target.refresh_from_db()
    assert (target.state, target.differs_reason) == ("in_review", WHY)
    client.force_login(cast.sponsor)
    page = client.get(f"/signoffs/{target.request_id}/sign/").content.decode()
    assert "Other than the impact analysis suggests" in page
    assert WHY in page


def test_the_api_asks_for_the_reason_and_sends_with_it(cast, client):
    target = as_suggested(cast)
    answered_anew(cast)
    client.force_login(cast.owner)
    address = f"/api/v1/classifications/{target.pk}/send/"
    refused = client.post(address, {}, content_type="application/json")
    assert refused.status_code == 400
    assert "differs_reason" in refused.content.decode()
    assert client.post(address, {"differs_reason": WHY}, content_type="application/json").status_code == 200


# Found in what is in force


def test_a_target_in_force_that_differs_by_now_without_a_reason_is_found(cast, client):
    target = put_in_force(cast, differs_reason="")
    assert "impact-differs" not in [one.finding.key for one in against(target, today=TODAY)]
    answered_anew(cast, at=LATER)
    found = {one.finding.key: one for one in against(target, today=TODAY)}
    assert not found["impact-differs"].blocks
    client.force_login(cast.head)
    assert "The impact analysis suggests tier 3" in client.get(target.get_absolute_url()).content.decode()
    listed = client.get("/workloads/findings/?kind=impact-differs").content.decode()
    assert "Payment Hub" in listed
    assert "The impact analysis suggests tier 3" in listed
    kinds = [row["kind"] for row in client.get("/api/v1/findings/").json()["results"]]
    assert "impact-differs" in kinds


def test_a_reason_that_was_given_for_this_suggestion_is_enough(cast, client):
    answered_anew(cast)
    target = put_in_force(cast, differs_reason=WHY)
    assert "impact-differs" not in [one.finding.key for one in against(target, today=TODAY)]
    client.force_login(cast.head)
    assert "Payment Hub" not in client.get("/workloads/findings/?kind=impact-differs").content.decode()


def test_many_targets_are_asked_as_one_is(cast):
    from workloads.gates.many import against_many  # noqa: PLC0415

    target = put_in_force(cast, differs_reason="")
    answered_anew(cast, at=LATER)
    target = Classification.objects.select_related("workload", "tier").get(pk=target.pk)
    assert against_many([target], today=TODAY)[target.pk] == against(target, today=TODAY)


# What came up after it was sent


def refused_signature(cast: Cast, request: Request, *, says: str, at: dt.datetime = LATER) -> str:
    with pytest.raises(DeedError, match=says) as refused:
        sign(request, cast.sponsor, at)
    request.refresh_from_db()
    assert (request.state, Signature.objects.filter(slot__request=request).count()) == ("open", 0)
    assert refused.value.code == "blocked"
    return refused.value.message


def test_nothing_is_signed_that_a_blocking_finding_came_up_against_until_it_is_mended(cast, client):
    request = send(cast, as_suggested(cast))
    flow = cast.workload.flows.get()
    forget_flows(cast)
    message = refused_signature(cast, request, says="No user flow is written down")
    assert "Mended or waived" in message
    client.force_login(cast.sponsor)
    page = client.get(f"/signoffs/{request.pk}/sign/").content.decode()
    assert "Nobody can sign this now" in page
    assert "Sign as David Okafor" not in page
    assert "Reject with this reason" in page
    flow.pk = None
    flow.save()
    assert sign(request, cast.sponsor)


def test_nothing_is_signed_of_which_a_waiver_has_lapsed_until_it_is_waived_anew(cast):
    sign_waiver(cast, request_waiver(cast))
    request = send(cast, as_suggested(cast))
    after = NOW + dt.timedelta(days=91)
    refused_signature(cast, request, says="No user flow", at=after)  # its last day is over, swept or not
    lapse_waivers(at=after)
    refused_signature(cast, request, says="No user flow", at=after)
    again = request_waiver(cast, at=after, ends_on=ENDS + dt.timedelta(days=90))
    sign_waiver(cast, again, at=after)
    assert sign(request, cast.sponsor, after)


def test_nothing_is_signed_whose_analysis_says_something_else_by_now(cast, client):
    request = send(cast, as_suggested(cast))
    answered_anew(cast)
    message = refused_signature(cast, request, says="The impact analysis suggests tier 3")
    assert "withdraw the proposal" in message
    client.force_login(cast.sponsor)
    assert "The impact analysis suggests tier 3" in client.get(f"/signoffs/{request.pk}/sign/").content.decode()
    answer(cast, whole())
    assert sign(request, cast.sponsor)


def test_the_page_of_a_refused_signature_says_what_stands_in_the_way(cast, client):
    request = send(cast, as_suggested(cast))
    forget_flows(cast)
    client.force_login(cast.sponsor)
    client.post(f"/signoffs/{request.pk}/sign/", {"digest": request.digest, "password": "a-long-test-password"})
    assert not Signature.objects.exists()


def test_it_can_be_rejected_all_the_same(cast):
    request = send(cast, as_suggested(cast))
    forget_flows(cast)
    signoffs.reject(
        request=request, by=cast.sponsor, at=LATER, proof=proof(LATER), reason="Write the flows down first."
    )
    request.refresh_from_db()
    assert request.state == "rejected"
