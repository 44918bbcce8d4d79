"""Signing: who may, what is kept, what follows."""

import datetime as dt

import pytest

from audit.errors import NotAllowed, WrongState
from audit.models import Event
from people.models import RoleAssignment, User
from people.permissions import BUSINESS_STAKEHOLDER, EXECUTIVE_SPONSOR
from people.proof import IdentityProof, Method, NeedsProof
from signoffs import services as signoffs
from signoffs.models import Request, Signature
from signoffs.services import DocumentChanged
from tests.cast import NOW, give, person, proof, propose
from tests.past import rewriting_history
from tests.signoffs.conftest import CLOSED, LATER, close, sign, signers
from workloads import services as workloads
from workloads.gates.gate import Blocked
from workloads.models import Classification, Tier, Workload


def trail(kind):
    return Event.objects.filter(kind=kind)


def test_a_signature_keeps_all_that_has_to_be_printed(cast, sent):
    signature = sign(sent, cast.stakeholder, proof=proof(LATER, Method.PASSKEY))
    signature.refresh_from_db()
    assert signature.printed_name == "Priya Raman"
    assert signature.printed_role == "Business stakeholder"
    assert "meet the need of the business" in signature.meaning
    assert signature.signed_at == LATER
    assert signature.method == Method.PASSKEY
    assert signature.digest == sent.digest


def test_a_signature_reads_the_same_after_person_and_role_are_renamed(cast, sent):
    signature = sign(sent, cast.stakeholder)
    User.objects.filter(pk=cast.stakeholder.pk).update(name="Priya Nilsen")
    signature.slot.role.name = "Business voice"
    signature.slot.role.save()
    signature.refresh_from_db()
    assert (signature.printed_name, signature.printed_role) == ("Priya Raman", "Business stakeholder")


def test_signing_is_told_in_the_trail_with_role_meaning_method_and_digest(cast, sent):
    sign(sent, cast.stakeholder)
    line = trail("signature.given").get()
    assert (line.actor_name, line.thread) == ("Priya Raman", sent.thread)
    assert line.after["digest"] == sent.digest
    assert line.after["method"] == "password"
    assert line.after["role"] == "Business stakeholder"


def test_the_last_signature_and_no_other_brings_the_target_into_force(cast, sent, told):
    states = []
    for signer in signers(cast):
        sign(sent, signer)
        sent.refresh_from_db()
        states.append((sent.state, Classification.objects.get(pk=sent.subject_id).state))
    assert states == [("open", "in_review"), ("open", "in_review"), ("completed", "signed_off")]
    assert trail("request.completed").count() == trail("classification.signed_off").count() == 1
    assert sent.closed_by == cast.head
    assert told[-1][1] >= {"Tomas Reyes", "Priya Raman", "David Okafor", "Maren Holt"}


def test_the_order_of_signatures_does_not_matter(cast, sent):
    for signer in reversed(signers(cast)):
        sign(sent, signer)
    sent.refresh_from_db()
    assert sent.state == "completed"


@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_request_takes_no_signature(cast, sent, state):
    close(cast, sent, state)
    before = Signature.objects.count()
    with pytest.raises(WrongState):
        sign(sent, cast.stakeholder)
    assert Signature.objects.count() == before


def test_nobody_signs_twice_in_one_role(cast, sent):
    sign(sent, cast.stakeholder)
    with pytest.raises(WrongState, match="already"):
        sign(sent, cast.stakeholder)
    with pytest.raises(WrongState, match="already"):
        sign(sent, cast.deputy)


@pytest.mark.parametrize("who", ["owner", "auditor", "stranger", "platform"])
def test_who_is_not_asked_cannot_sign(cast, sent, who):
    with pytest.raises(NotAllowed, match="Nobody can sign for somebody else"):
        sign(sent, getattr(cast, who))


def test_an_administrator_with_all_rights_cannot_sign_for_somebody_else(cast, sent):
    root = User.objects.create_superuser("root@example.org", "a-long-test-password", name="Root")
    with pytest.raises(NotAllowed):
        sign(sent, root)


def test_a_right_is_not_a_role(cast, sent):
    """The head of operations has every right; in the sponsor's place she signs nothing."""
    with pytest.raises(NotAllowed):
        sign(sent, cast.head, role=EXECUTIVE_SPONSOR)


def test_who_may_not_sign_in_any_more_does_not_sign(cast, sent):
    cast.stakeholder.is_active = False
    cast.stakeholder.save()
    with pytest.raises(NotAllowed):
        sign(sent, cast.stakeholder)


def test_a_deputy_signs_in_her_own_name_as_deputy(cast, sent):
    signature = sign(sent, cast.deputy)
    assert (signature.printed_name, signature.printed_role) == ("Oskar Berge", "Business stakeholder (deputy)")


def test_a_role_that_ended_yesterday_signs_nothing_and_one_that_ends_today_does(cast, sent):
    held = RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER)
    held.update(until_on=LATER.date() - dt.timedelta(days=1))
    with pytest.raises(NotAllowed):
        sign(sent, cast.stakeholder)
    held.update(until_on=LATER.date())
    assert sign(sent, cast.stakeholder)


def test_the_role_for_one_workload_goes_before_the_role_for_all(cast, sent):
    wide = person("Ida Wide")
    give(BUSINESS_STAKEHOLDER, wide)
    with pytest.raises(NotAllowed):
        sign(sent, wide)


def test_the_proposer_may_sign_but_not_as_the_only_signer(cast):
    """Tier 3 asks the business stakeholder alone; she proposed it, so her deputy has to sign."""
    cast.team.members.add(cast.stakeholder)
    target = propose(cast, tier=3, by=cast.stakeholder)
    sent = workloads.send_for_signature(classification=target, by=cast.stakeholder, at=NOW)
    with pytest.raises(NotAllowed, match="only signer"):
        sign(sent, cast.stakeholder)
    assert sign(sent, cast.deputy)


def test_nothing_is_sent_that_only_its_proposer_could_sign(cast):
    cast.team.members.add(cast.stakeholder)
    with rewriting_history():
        RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER).update(deputy=None)
    target = propose(cast, tier=3, by=cast.stakeholder)
    with pytest.raises(Blocked, match="only signer"):
        workloads.send_for_signature(classification=target, by=cast.stakeholder, at=NOW)


def test_nothing_is_sent_to_a_vacant_role(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(role=EXECUTIVE_SPONSOR).delete()
    with pytest.raises(Blocked, match="Nobody can sign as executive sponsor"):
        workloads.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("age", "counts"),
    [
        (dt.timedelta(0), True),
        (dt.timedelta(minutes=5), True),
        (dt.timedelta(minutes=5, seconds=1), False),
        (dt.timedelta(days=1), False),
        (dt.timedelta(seconds=-1), False),
    ],
)
def test_a_proof_counts_for_five_minutes(cast, sent, age, counts):
    shown = IdentityProof(Method.PASSWORD, LATER - age)
    if counts:
        assert sign(sent, cast.stakeholder, proof=shown)
        return
    with pytest.raises(NeedsProof):
        sign(sent, cast.stakeholder, proof=shown)
    assert not Signature.objects.exists()


def test_without_a_proof_nothing_is_signed(cast, sent):
    with pytest.raises(NeedsProof):
        sign(sent, cast.stakeholder, proof=None)


def test_the_digest_of_another_document_signs_nothing(cast, sent):
    with pytest.raises(DocumentChanged, match="another version"):
        sign(sent, cast.stakeholder, digest="0" * 64)
    sent.refresh_from_db()
    assert (sent.state, Signature.objects.count()) == ("open", 0)


@pytest.mark.parametrize("changed", ["workload", "tier", "owner team", "proposer"])
def test_what_changed_since_it_was_sent_makes_the_request_void_instead(cast, sent, told, changed):
    """Also where the change came past the deeds, through the admin, say."""
    if changed == "workload":
        Workload.objects.update(purpose="Something else entirely.")
    elif changed == "tier":
        Tier.objects.filter(pk=1).update(rto_seconds=1200)
    elif changed == "owner team":
        cast.team.name = "Money"
        cast.team.save()
    else:
        User.objects.filter(pk=cast.owner.pk).update(name="Tomas R.")
    with pytest.raises(DocumentChanged, match="void"):
        sign(sent, cast.stakeholder)
    sent.refresh_from_db()
    assert (sent.state, Signature.objects.count()) == ("voided", 0)
    assert Classification.objects.get(pk=sent.subject_id).state == "proposed"
    assert trail("request.voided").count() == 1
    assert "Tomas Reyes" in told[-1][1] or "Tomas R." in told[-1][1]


def test_a_signature_belongs_to_the_transaction_of_its_trail_line(cast, sent, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(signoffs, "record", broken)
    with pytest.raises(RuntimeError):
        sign(sent, cast.stakeholder)
    assert not Signature.objects.exists()
