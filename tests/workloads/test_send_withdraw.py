"""Sending a proposal to its signers and taking it back."""

from __future__ import annotations

import pytest

from audit.errors import NotAllowed, WrongState
from audit.models import Event
from communications.models import Message
from communications.purposes import Purpose
from people.models import RoleAssignment, User
from people.permissions import HEAD_OF_OPERATIONS
from signoffs import services as signoffs
from signoffs.models import Request
from tests.cast import NOW, give, person, proof, propose, put_in_force
from tests.past import rewriting_history
from tests.workloads.states import STATES, in_state
from workloads import services
from workloads.gates.gate import Blocked
from workloads.models import Classification, SigningRule, Tier
from workloads.signing import classification_document

DEEDS = {"send": services.send_for_signature, "withdraw": services.withdraw}
ALLOWED = {("proposed", "send"), ("proposed", "withdraw"), ("in_review", "withdraw")}


def _told(purpose):
    """Everybody who got a message of this purpose, as often as she got one."""
    events = Event.objects.filter(kind="message.queued", after__purpose=purpose.key)
    return sorted(name for event in events for name in event.after["to"])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", DEEDS)
def test_a_deed_goes_from_its_states_and_from_no_other(cast, state, verb):
    target = in_state(cast, state)
    before = Event.objects.count()
    if (state, verb) in ALLOWED:
        DEEDS[verb](classification=target, by=cast.owner, at=NOW)
        target.refresh_from_db()
        assert target.state == {"send": "in_review", "withdraw": "withdrawn"}[verb]
    else:
        with pytest.raises(WrongState):
            DEEDS[verb](classification=target, by=cast.owner, at=NOW)
        target.refresh_from_db()
        assert (target.state, Event.objects.count()) == (state, before)


@pytest.mark.parametrize("verb", DEEDS)
@pytest.mark.parametrize(
    ("who", "status"), [("auditor", 403), ("sponsor", 403), ("stakeholder", 403), ("stranger", 404)]
)
def test_who_may_not_propose_may_neither_send_nor_withdraw(cast, page, verb, who, status):
    target = propose(cast)
    user = getattr(cast, who)
    with pytest.raises(NotAllowed):
        DEEDS[verb](classification=target, by=user, at=NOW)
    assert page(user).post(f"/workloads/classifications/{target.pk}/{verb}/").status_code == status
    target.refresh_from_db()
    assert target.state == "proposed"


def test_sending_freezes_the_document_and_asks_the_signers_of_its_tier(cast):
    target = propose(cast)
    request = services.send_for_signature(classification=target, by=cast.owner, at=NOW)
    assert request.document == classification_document(Classification.objects.get(pk=target.pk))
    rules = SigningRule.objects.filter(tier=1).order_by("position")
    assert [(s.role_id, s.meaning) for s in request.slots.all()] == [(r.role_id, r.meaning) for r in rules]
    assert Event.objects.filter(kind__in=("signature.requested", "classification.sent")).count() == 2


def test_what_was_changed_while_the_page_was_open_is_what_is_frozen(cast):
    stale = propose(cast)
    fresh = Classification.objects.get(pk=stale.pk)
    values = {"tier": Tier.objects.get(pk=1), "slo": fresh.slo, "rto_seconds": 60, "rpo_seconds": 60, "reason": "Now."}
    values["differs_reason"] = "The contract asks for it."
    services.change_proposal(classification=fresh, by=cast.owner, at=NOW, **values)
    request = services.send_for_signature(classification=stale, by=cast.owner, at=NOW)
    assert request.document["summary"].startswith("Back within 60\xa0s.")


def test_every_signer_is_told_once(cast):
    services.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    assert _told(Purpose.SIGNATURE_REQUESTED) == ["David Okafor", "Maren Holt", "Oskar Berge", "Priya Raman"]


def test_a_vacant_role_keeps_the_proposal_a_draft(cast):
    target = propose(cast)
    with rewriting_history():
        RoleAssignment.objects.filter(role="executive-sponsor").delete()
    with pytest.raises(Blocked, match="Nobody can sign as executive sponsor"):
        services.send_for_signature(classification=target, by=cast.owner, at=NOW)
    target.refresh_from_db()
    assert (target.state, Request.objects.count()) == ("proposed", 0)


def test_a_tier_without_signing_rules_cannot_be_sent(cast):
    SigningRule.objects.filter(tier=1).delete()
    with pytest.raises(Blocked, match="No role signs targets of tier 1"):
        services.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)


def test_nobody_sends_what_only_she_would_sign(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(role="business-stakeholder").delete()
    give("business-stakeholder", cast.owner, workload=cast.workload)
    with pytest.raises(Blocked, match="the only signer"):
        services.send_for_signature(classification=propose(cast, tier=3), by=cast.owner, at=NOW)


def test_the_button_on_the_page_sends_and_a_second_click_says_so(cast, page):
    target, client = propose(cast), page(cast.owner)
    assert "Send for signature" in client.get(target.get_absolute_url()).text
    assert client.post(f"/workloads/classifications/{target.pk}/send/").url == target.get_absolute_url()
    answer = client.post(f"/workloads/classifications/{target.pk}/send/", follow=True)
    assert "not waiting to be sent" in answer.text
    assert "Send for signature" not in client.get(target.get_absolute_url()).text
    assert Request.objects.count() == 1


def test_withdrawing_is_asked_on_a_page_of_its_own(cast, page):
    target = in_state(cast, "in_review")
    client, address = page(cast.owner), f"/workloads/classifications/{target.pk}/withdraw/"
    assert "0 of 3 have signed" in client.get(address).text
    assert client.post(address).url == target.get_absolute_url()
    target.refresh_from_db()
    assert (target.state, target.request.state, target.closed_by) == ("withdrawn", "withdrawn", cast.owner)
    assert client.get(address).url == target.get_absolute_url()


def test_who_was_asked_hears_of_the_withdrawal_but_not_who_withdrew(cast):
    services.withdraw(classification=in_state(cast, "in_review"), by=cast.owner, at=NOW)
    assert _told(Purpose.CLASSIFICATION_WITHDRAWN) == ["David Okafor", "Maren Holt", "Oskar Berge", "Priya Raman"]


def test_what_becomes_of_a_proposal_is_told_to_who_stands_in_for_its_proposer(cast):
    mia = person("Mia Gone", team=cast.team)
    proposal = propose(cast, by=mia)
    services.send_for_signature(classification=proposal, by=cast.owner, at=NOW)
    User.objects.filter(pk=mia.pk).update(is_active=False)
    services.withdraw(classification=Classification.objects.get(pk=proposal.pk), by=cast.head, at=NOW)
    told = Message.objects.get(purpose="classification-withdrawn")
    assert "Tomas Reyes" in {one.user.name for one in told.deliveries.all()}


def test_a_draft_is_withdrawn_without_telling_anybody(cast):
    services.withdraw(classification=propose(cast), by=cast.owner, at=NOW)
    assert not Message.objects.exists()


def test_the_new_target_supersedes_the_one_before(cast):
    first = put_in_force(cast, tier=2)
    second = put_in_force(cast, tier=1)
    first.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "signed_off")
    assert second.request.previous == first.request
    assert str(second.review_due_on) == "2027-02-18"


@pytest.mark.parametrize("state", STATES)
def test_the_document_is_shown_in_every_state_to_who_may_see_it(cast, page, state):
    target = in_state(cast, state)
    answer = page(cast.auditor).get(target.get_absolute_url())
    assert answer.status_code == 200
    assert "Back within 15\xa0min." in answer.text
    assert page(cast.stranger).get(target.get_absolute_url()).status_code == 404
    for verb in ("Withdraw", "Send for signature", "Change"):
        assert f"> {verb}" not in answer.text


def test_a_document_that_no_longer_fits_says_so(cast, page):
    target = in_state(cast, "in_review")
    cast.team.name = "Payments and cards"
    cast.team.save()
    assert "It has changed since it was sent" in page(cast.owner).get(target.get_absolute_url()).text


def test_a_signer_finds_the_way_to_sign_and_who_is_missing(cast, page):
    target = in_state(cast, "in_review")
    signoffs.sign(request=target.request, by=cast.sponsor, at=NOW, proof=proof(), digest=target.request.digest)
    text = page(cast.head).get(f"/workloads/{cast.workload.pk}/").text
    assert "1 of 3 signed" in text
    assert f"/signoffs/{target.request_id}/sign/" in text
    assert "Waiting for Priya Raman, Maren Holt." in text
    assert f"/signoffs/{target.request_id}/sign/" not in page(cast.owner).get(f"/workloads/{cast.workload.pk}/").text
    assert HEAD_OF_OPERATIONS in target.request.slots.values_list("role_id", flat=True)
