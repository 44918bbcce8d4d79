"""Reviewing a target: keeping it with one signature."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.errors import NotAllowed, WrongState
from audit.models import Event
from communications.models import Message
from people.permissions import BUSINESS_STAKEHOLDER
from people.proof import NeedsProof
from signoffs.documents import digest
from signoffs.models import Request, Signature
from signoffs.services import DocumentChanged
from tests.cast import NOW, PASSWORD, give, person, proof, propose, put_in_force
from tests.workloads.states import STATES, in_state
from workloads import reviews, services
from workloads.models import Classification, Reaffirmation
from workloads.signing import classification_document

LATER = NOW + dt.timedelta(days=80)


def _reaffirm(target, by, at=LATER, **values):
    target = Classification.objects.get(pk=target.pk)
    given = {"proof": proof(at), "digest": digest(classification_document(target))} | values
    return reviews.reaffirm(classification=target, by=by, at=at, **given)


def test_reaffirming_signs_the_present_document_and_moves_the_review(cast):
    target = put_in_force(cast)
    signature = _reaffirm(target, cast.stakeholder)
    target.refresh_from_db()
    kept = Reaffirmation.objects.get()
    assert target.review_due_on == dt.date(2027, 5, 9)
    assert (kept.was_due_on, kept.next_due_on, kept.reaffirmed_by) == (
        dt.date(2027, 2, 18),
        target.review_due_on,
        cast.stakeholder,
    )
    assert (signature.printed_name, signature.printed_role) == ("Priya Raman", "Business stakeholder")
    assert signature.meaning == reviews.REAFFIRM_MEANING
    event = Event.objects.get(kind="classification.reaffirmed")
    assert (event.before, event.after) == ({"review_due": "2027-02-18"}, {"review_due": "2027-05-09"})


@pytest.mark.parametrize("state", [state for state in STATES if state != "signed_off"])
def test_only_a_target_in_force_can_be_reaffirmed(cast, page, state):
    target = in_state(cast, state)
    with pytest.raises(WrongState, match="no longer in force"):
        _reaffirm(target, cast.stakeholder)
    assert (
        page(cast.stakeholder).get(f"/workloads/classifications/{target.pk}/review/").url == target.get_absolute_url()
    )


@pytest.mark.parametrize("who", ["owner", "auditor", "sponsor", "platform", "stranger"])
def test_who_has_no_right_to_review_signs_nothing(cast, who):
    target = put_in_force(cast)
    with pytest.raises(NotAllowed):
        _reaffirm(target, getattr(cast, who))
    assert not Reaffirmation.objects.exists()


def test_the_right_alone_is_not_enough_without_a_signing_role(cast):
    target = put_in_force(cast, tier=3)
    with pytest.raises(NotAllowed, match="Only those who sign"):
        _reaffirm(target, cast.head)


def test_without_proof_or_with_an_old_one_nothing_is_signed(cast):
    target = put_in_force(cast)
    for given in (None, proof(LATER - dt.timedelta(minutes=6))):
        with pytest.raises(NeedsProof):
            _reaffirm(target, cast.stakeholder, proof=given)
    assert not Request.objects.filter(subject_type="workloads.reaffirmation").exists()


def test_another_document_than_the_one_that_was_read_is_not_signed(cast):
    target = put_in_force(cast)
    seen = digest(classification_document(Classification.objects.get(pk=target.pk)))
    services.change_workload(workload=cast.workload, by=cast.owner, at=LATER, purpose="Something else.")
    with pytest.raises(DocumentChanged):
        _reaffirm(target, cast.stakeholder, digest=seen)
    _reaffirm(target, cast.stakeholder)
    assert (
        Request.objects.get(subject_type="workloads.reaffirmation").document["facts"][2]["value"] == "Something else."
    )


def test_of_two_who_read_the_same_review_one_gives_it(cast):
    target = put_in_force(cast)
    first, second = (Classification.objects.get(pk=target.pk) for _ in range(2))
    values = {"at": LATER, "proof": proof(LATER), "digest": digest(classification_document(first))}
    reviews.reaffirm(classification=first, by=cast.stakeholder, **values)
    with pytest.raises(WrongState, match="reaffirmed just now"):
        reviews.reaffirm(classification=second, by=cast.deputy, **values)
    assert Reaffirmation.objects.count() == 1


def test_a_deputy_reaffirms_and_is_printed_as_one(cast):
    signature = _reaffirm(put_in_force(cast), cast.deputy)
    assert signature.printed_role == "Business stakeholder (deputy)"


def _form(client, address):
    page = client.get(address)
    return page, {"digest": page.context["digest"], "due": page.context["target"].review_due_on.isoformat()}


def test_the_page_reaffirms_once_however_often_it_is_sent(cast, page):
    target = put_in_force(cast, at=timezone.now() - dt.timedelta(days=70))
    client, address = page(cast.stakeholder), f"/workloads/classifications/{target.pk}/review/"
    _, form = _form(client, address)
    answer = client.post(address, form | {"password": PASSWORD})
    assert answer.url == f"/workloads/{cast.workload.pk}/"
    again = client.post(address, form | {"password": PASSWORD}, follow=True)
    assert "reviewed meanwhile" in again.text
    assert Signature.objects.filter(slot__request__subject_type="workloads.reaffirmation").count() == 1


@pytest.mark.parametrize(("password", "says"), [("", "Show once more that it is you"), ("wrong", "not your password")])
def test_the_page_asks_again_for_the_password(cast, page, password, says):
    target = put_in_force(cast, at=timezone.now())
    client, address = page(cast.stakeholder), f"/workloads/classifications/{target.pk}/review/"
    _, form = _form(client, address)
    answer = client.post(address, form | {"password": password})
    assert answer.status_code == 422
    assert says in answer.text
    assert not Reaffirmation.objects.exists()


def test_the_page_refuses_a_document_that_changed_meanwhile(cast, page):
    target = put_in_force(cast, at=timezone.now())
    client, address = page(cast.stakeholder), f"/workloads/classifications/{target.pk}/review/"
    _, form = _form(client, address)
    services.change_workload(workload=cast.workload, by=cast.owner, at=timezone.now(), purpose="Other <i>words</i>.")
    answer = client.post(address, form | {"password": PASSWORD})
    assert answer.status_code == 409
    assert "another version" in answer.text
    assert answer.context["comparison"].changes == 1
    assert "Description changed: " in answer.text
    assert "<i>words</i>" not in answer.text
    assert not Reaffirmation.objects.exists()


def test_a_reviewer_reads_what_happened_since(cast, page):
    target = put_in_force(cast)
    reviews.note_proof(workload=cast.workload, proven_on=NOW.date(), rto="missed", rpo="met", by=cast.head, at=NOW)
    text = page(cast.stakeholder).get(f"/workloads/classifications/{target.pk}/review/").text
    assert "Missed" in text
    assert "Reaffirm as Priya Raman" in text
    assert "Your roles do not include proposing" in text


def test_who_may_propose_may_reclassify_from_the_review(cast, page):
    target = put_in_force(cast)
    address = f"/workloads/classifications/{target.pk}/review/"
    text = page(cast.head).get(address).text
    assert f'href="/workloads/{cast.workload.pk}/propose/"' in text
    propose(cast, tier=0)
    assert "Another target is open already" in page(cast.head).get(address).text


def test_who_cannot_reaffirm_gets_no_button(cast, page):
    target = put_in_force(cast)
    assert "Reaffirm as" not in page(cast.auditor).get(f"/workloads/classifications/{target.pk}/review/").text
    assert page(cast.stranger).get(f"/workloads/classifications/{target.pk}/review/").status_code == 404
    assert "Review now" not in page(cast.auditor).get(f"/workloads/{cast.workload.pk}/").text
    assert "Review now" in page(cast.stakeholder).get(f"/workloads/{cast.workload.pk}/").text


def test_a_stakeholder_of_another_workload_reviews_nothing_here(cast):
    other = services.add_workload(by=cast.head, at=NOW, name="Other", purpose="x", owner_team=cast.team)
    somebody = person("Nils Other")
    give(BUSINESS_STAKEHOLDER, somebody, workload=other)
    with pytest.raises(NotAllowed):
        _reaffirm(put_in_force(cast), somebody)


def test_the_team_and_the_other_signers_hear_of_it(cast):
    target = put_in_force(cast)
    person("Out Of It", team=cast.team, is_active=False)
    _reaffirm(target, cast.stakeholder)
    message = Message.objects.get(purpose="classification-reaffirmed")
    told = {delivery.user for delivery in message.deliveries.all()}
    assert told == {cast.owner, cast.sponsor, cast.head, cast.deputy}
    assert message.subject_line == "Still in force: Payment Hub, tier 1, RTO 15 min, RPO 5 min"
    assert "Priya Raman has looked again" in message.body
    assert "due on 9 May 2027" in message.body
    assert (message.path, message.thread) == (cast.workload.get_absolute_url(), f"workload:{cast.workload.pk}")
