"""A person signs once per request, and who proposed does not approve it: asked of the proposal before it is sent, of the deed,
of lists and pages, and kept by the database."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from audit.errors import DeedError, Invalid, NotAllowed, WrongState
from audit.models import Event
from people.models import Role, RoleAssignment, Standing, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, EXECUTIVE_SPONSOR, HEAD_OF_OPERATIONS
from people.services import assign_role
from signoffs import services as signoffs
from signoffs.models import Request, Signature
from signoffs.queries import slots_waiting_for, standing
from tests.cast import NOW, Cast, confirm_all, give, person, propose
from tests.past import rewriting_history
from tests.signoffs.conftest import sign
from workloads import services as workloads
from workloads.models import Classification, Tier
from workloads.signing_policy import change_signing_policy

TODAY = organisation_today(NOW)


def send(cast: Cast, target: Classification | None = None, **values) -> Request:
    target = target if target is not None else propose(cast)
    return workloads.send_for_signature(classification=target, by=cast.owner, at=NOW, **values)


def sponsor_is_head(cast: Cast, deputy=None) -> None:
    """The head of operations is executive sponsor too, with a deputy where one is given."""
    with rewriting_history():
        RoleAssignment.objects.filter(role=EXECUTIVE_SPONSOR).delete()
    give(EXECUTIVE_SPONSOR, cast.head, deputy=deputy)


def waiting(user) -> list[str]:
    return [slot.role_id for slot in slots_waiting_for(user, on=TODAY)]


def roles_signed(request: Request) -> dict[str, str]:
    given = Signature.objects.filter(slot__request=request).select_related("slot", "signer")
    return {signature.slot.role_id: signature.signer.name for signature in given}


def test_who_holds_two_of_the_roles_signs_one_and_the_deputy_the_other(cast):
    deputy = person("Piet Deputy")
    sponsor_is_head(cast, deputy)
    request = send(cast)
    first = sign(request, cast.head)
    assert first.slot.role_id == HEAD_OF_OPERATIONS  # nobody else could sign there
    with pytest.raises(WrongState, match="You have signed this already"):
        sign(request, cast.head)
    with pytest.raises(WrongState, match="another person's"):
        sign(request, cast.head, role=EXECUTIVE_SPONSOR)
    sign(request, deputy)
    sign(request, cast.stakeholder)
    request.refresh_from_db()
    assert request.state == "completed"
    assert roles_signed(request) == {
        HEAD_OF_OPERATIONS: "Maren Holt", EXECUTIVE_SPONSOR: "Piet Deputy", BUSINESS_STAKEHOLDER: "Priya Raman",
    }  # fmt: skip


def test_a_signature_that_would_leave_a_role_without_anybody_is_refused_and_says_which_to_give(cast):
    sponsor_is_head(cast, person("Piet Deputy"))
    request = send(cast)
    with pytest.raises(Invalid, match="Sign as Head of operations instead"):
        sign(request, cast.head, role=EXECUTIVE_SPONSOR)
    assert not Signature.objects.exists()


def test_what_distinct_people_cannot_sign_is_not_sent_and_says_who_is_missing(cast):
    sponsor_is_head(cast)
    with pytest.raises(DeedError, match="Only Maren Holt can sign as executive sponsor and head of operations"):
        send(cast)
    assert not Request.objects.exists()


def test_the_page_of_the_proposal_says_who_is_missing_and_cannot_send(cast, client):
    sponsor_is_head(cast)
    target = propose(cast)
    client.force_login(cast.owner)
    page = client.get(target.get_absolute_url()).content.decode()
    assert "Only Maren Holt can sign as executive sponsor and head of operations" in page
    assert "Ask for a waiver" not in page  # no sponsor can waive a signature
    assert f"/classifications/{target.pk}/send/" not in page
    client.post(f"{target.get_absolute_url()}send/")
    target.refresh_from_db()
    assert target.state == "proposed"


def test_a_missing_signer_cannot_be_waived(cast):
    from workloads.gates.services import request_waiver  # noqa: PLC0415

    with rewriting_history():
        RoleAssignment.objects.filter(role=EXECUTIVE_SPONSOR).update(deputy=person("Piet Deputy"))
    with rewriting_history():
        RoleAssignment.objects.filter(role=HEAD_OF_OPERATIONS).update(person=None, deputy=cast.stranger)
    target = propose(cast, by=cast.owner)
    cast.stranger.is_active = False
    cast.stranger.save()
    with pytest.raises(DeedError, match="Nobody can sign as head of operations"):
        send(cast, target)
    with pytest.raises(Invalid, match="cannot be waived"):
        request_waiver(
            workload=cast.workload, by=cast.owner, at=NOW, finding=f"no-signer:{HEAD_OF_OPERATIONS}", reason="She is away.",
            conditions="None.", ends_on=TODAY + dt.timedelta(days=9),
        )  # fmt: skip


def test_lists_and_pages_ask_each_person_once_and_not_again(cast, client):
    deputy = person("Piet Deputy")
    sponsor_is_head(cast, deputy)
    request = send(cast)
    assert len(waiting(cast.head)) == len(waiting(deputy)) == 1
    mine = standing(request, user=cast.head, on=TODAY).mine
    assert mine is not None
    assert mine.slot.role_id == HEAD_OF_OPERATIONS
    client.force_login(cast.head)
    assert "You are asked as head of operations" in client.get("/").content.decode()
    sign(request, cast.head)
    assert waiting(cast.head) == []
    assert standing(request, user=cast.head, on=TODAY).mine is None
    assert waiting(deputy) == [EXECUTIVE_SPONSOR]
    page = client.get(f"/signoffs/{request.pk}/").content.decode()
    assert "Piet Deputy (deputy)" in page


def written_past_the_portal(*values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO signoffs_signature (printed_name, printed_role, meaning, signed_at, method, digest, slot_id, signer_id,"
            " request_id, one_per_person) VALUES ('M', 'S', 'x', now(), 'password', '', %s, %s, %s, %s)",
            values,
        )


def test_the_database_holds_one_signature_a_person(cast, sent):
    first = sign(sent, cast.head)
    slot = sent.slots.get(role=EXECUTIVE_SPONSOR)
    for claim in ("true", "false"):  # false: as if its request were exempt
        with pytest.raises(IntegrityError), transaction.atomic():
            written_past_the_portal(slot.pk, cast.head.pk, sent.pk, claim)
    assert Signature.objects.get() == first


def test_a_signature_cannot_name_another_request_than_that_of_its_slot(cast, sent):
    workloads.withdraw(classification=Classification.objects.get(request=sent), by=cast.owner, at=NOW)
    other = send(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.create(
            slot=sent.slots.first(), request=other, signer=cast.head, printed_name="M", printed_role="H", meaning="x",
            signed_at=NOW, method="password", digest=sent.digest,
        )  # fmt: skip


def test_who_may_sign_is_frozen_with_the_request(cast, sent):
    for column in ({"one_per_person": False}, {"proposer_may_sign": True}, {"proposed_by": cast.head}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Request.objects.filter(pk=sent.pk).update(**column)


# Whose proposal it is


def test_the_proposer_alone_does_not_bring_it_into_force_whoever_sends_it(cast):
    """A proposes, B sends, A is the only signer."""
    cast.team.members.add(cast.stakeholder)
    request = send(cast, propose(cast, tier=3, by=cast.stakeholder))
    assert request.proposed_by == cast.stakeholder
    assert waiting(cast.stakeholder) == []
    with pytest.raises(NotAllowed, match="only signer"):
        sign(request, cast.stakeholder)
    assert sign(request, cast.deputy)


def test_who_sends_another_persons_proposal_may_be_its_only_signer(cast):
    cast.team.members.add(cast.stakeholder)
    target = propose(cast, tier=3, by=cast.owner)
    request = workloads.send_for_signature(classification=target, by=cast.stakeholder, at=NOW)
    assert sign(request, cast.stakeholder)


def test_who_changed_a_proposal_last_is_its_proposer(cast):
    cast.team.members.add(cast.stakeholder)
    target = propose(cast, tier=3, by=cast.owner)
    values = {name: getattr(target, name) for name in ("tier", "slo", "rto_seconds", "rpo_seconds", "differs_reason")}
    workloads.change_proposal(classification=target, by=cast.stakeholder, at=NOW, reason="Clearer.", **values)
    with pytest.raises(NotAllowed, match="only signer"):
        sign(send(cast, target), cast.stakeholder)


@pytest.mark.parametrize("tier", [0, 1])
def test_the_proposer_of_a_critical_target_fills_no_slot(cast, tier):
    cast.team.members.add(cast.stakeholder)
    request = send(cast, propose(cast, tier=tier, by=cast.stakeholder))
    assert waiting(cast.stakeholder) == []
    with pytest.raises(NotAllowed, match="You proposed this, so others sign it"):
        sign(request, cast.stakeholder)
    for signer in (cast.deputy, cast.sponsor, cast.head):
        sign(request, signer)
    request.refresh_from_db()
    assert request.state == "completed"


def test_the_proposer_of_a_less_critical_target_may_be_one_of_its_signers(cast):
    cast.team.members.add(cast.stakeholder)
    request = send(cast, propose(cast, tier=2, by=cast.stakeholder))
    assert waiting(cast.stakeholder) == [BUSINESS_STAKEHOLDER]
    sign(request, cast.stakeholder)
    sign(request, cast.head)
    request.refresh_from_db()
    assert request.state == "completed"


def test_a_critical_target_that_only_its_proposer_could_sign_is_not_sent(cast):
    cast.team.members.add(cast.stakeholder)
    with rewriting_history():
        RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER).update(deputy=None)
    with pytest.raises(DeedError, match="business stakeholder: Priya Raman proposed this"):
        send(cast, propose(cast, tier=1, by=cast.stakeholder))


def test_a_waiver_is_signed_by_another_than_who_asked_for_it(cast):
    from tests.workloads.waivers import request_waiver  # noqa: PLC0415

    deputy = person("Piet Deputy")
    with rewriting_history():
        RoleAssignment.objects.filter(role=EXECUTIVE_SPONSOR).update(deputy=deputy)
    cast.team.members.add(cast.sponsor)
    waiver = request_waiver(cast, by=cast.sponsor)
    assert waiting(cast.sponsor) == []
    with pytest.raises(NotAllowed, match="others sign it"):
        sign(waiver.request, cast.sponsor)
    assert sign(waiver.request, deputy)


# Relaxed


def relax(cast: Cast, tier: int = 2) -> Tier:
    change_signing_policy(tier=Tier.objects.get(pk=tier), by=cast.platform, at=NOW, distinct_signers=False)
    confirm_all()
    return Tier.objects.get(pk=tier)


def both_roles(cast: Cast):
    everything = person("Ada Allrole")
    with rewriting_history():
        RoleAssignment.objects.filter(role__in=(BUSINESS_STAKEHOLDER, HEAD_OF_OPERATIONS)).update(
            person=everything, deputy=None
        )
    return everything


def test_a_relaxed_tier_lets_one_person_sign_in_each_of_her_roles_and_its_document_says_so(cast):
    relax(cast)
    ada = both_roles(cast)
    request = send(cast, propose(cast, tier=2))
    assert "One person may sign in several roles" in request.text
    assert {sign(request, ada).slot.role_id, sign(request, ada).slot.role_id} == {
        BUSINESS_STAKEHOLDER, HEAD_OF_OPERATIONS,
    }  # fmt: skip
    request.refresh_from_db()
    assert request.state == "completed"


def test_a_relaxed_tier_still_asks_for_four_eyes(cast):
    relax(cast)
    ada = both_roles(cast)
    cast.team.members.add(ada)
    with pytest.raises(DeedError, match="Ada Allrole proposed this and would be the only signer"):
        send(cast, propose(cast, tier=2, by=ada))


def test_critical_tiers_cannot_be_relaxed_by_deed_or_by_hand(cast):
    with pytest.raises(Invalid, match="Only tiers 2 and 3"):
        relax(cast, 1)
    for level in (0, 1):
        with pytest.raises(IntegrityError), transaction.atomic():
            Tier.objects.filter(pk=level).update(distinct_signers=False)


def test_the_signing_policy_is_one_deed_with_a_line_in_the_trail_and_asks_for_its_right(cast):
    with pytest.raises(NotAllowed):
        change_signing_policy(tier=Tier.objects.get(pk=2), by=cast.owner, at=NOW, distinct_signers=False)
    change_signing_policy(tier=Tier.objects.get(pk=2), by=cast.platform, at=NOW, distinct_signers=False)
    assert Tier.objects.get(pk=2).distinct_signers  # until a second person confirms it
    confirm_all()
    assert Tier.objects.get(pk=2).distinct_signers is False
    line = Event.objects.get(kind="tier.signing_policy_changed")
    assert (line.actor_name, line.before, line.after) == (
        "Owner of the machine", {"distinct_signers": True}, {"distinct_signers": False},
    )  # fmt: skip
    relax(cast)  # nothing to change, nothing to tell
    assert Event.objects.filter(kind="tier.signing_policy_changed").count() == 1


def test_a_rule_that_is_relaxed_while_a_target_is_out_makes_its_request_void(cast):
    request = send(cast, propose(cast, tier=2))
    relax(cast)
    with pytest.raises(signoffs.DocumentChanged):
        sign(request, cast.head)


def test_the_proposer_may_be_let_sign_a_critical_target(cast):
    change_signing_policy(tier=Tier.objects.get(pk=1), by=cast.platform, at=NOW, proposer_may_sign=True)
    confirm_all()
    cast.team.members.add(cast.stakeholder)
    request = send(cast, propose(cast, tier=1, by=cast.stakeholder))
    assert sign(request, cast.stakeholder)


# Unconfirmed


def unconfirmed(cast: Cast, role: str) -> None:
    """In an empty portal her role was given by one person alone."""
    with rewriting_history():
        RoleAssignment.objects.filter(role=role).update(standing=Standing.CANCELLED)
    assign_role(
        by=cast.head, at=NOW, role=Role.objects.get(pk=role), person=cast.sponsor, deputy=None, from_on=NOW.date()
    )


def test_nothing_critical_comes_into_force_on_a_signer_whom_nobody_has_confirmed(cast):
    unconfirmed(cast, EXECUTIVE_SPONSOR)
    request = send(cast, propose(cast, tier=1))
    with pytest.raises(signoffs.InTheWay, match="No second person has confirmed your role"):
        sign(request, cast.sponsor)
    assert [seal.unconfirmed for seal in standing(request, user=cast.head, on=NOW.date()).seals] == [False, True, False]
    confirm_all()
    assert sign(request, cast.sponsor).printed_role == "Executive sponsor"


def test_below_that_the_signature_says_that_it_is_unconfirmed(cast):
    unconfirmed(cast, BUSINESS_STAKEHOLDER)
    request = send(cast, propose(cast, tier=3))
    assert sign(request, cast.sponsor).printed_role == "Business stakeholder (unconfirmed)"


def test_a_confirmed_role_does_not_cover_an_unconfirmed_one(cast):
    unconfirmed(cast, BUSINESS_STAKEHOLDER)
    other = person("Piet Deputy")
    with rewriting_history():
        RoleAssignment.objects.filter(role=EXECUTIVE_SPONSOR).update(deputy=other)
    request = send(cast, propose(cast, tier=1))
    with pytest.raises(NotAllowed, match="No second person has confirmed"):
        sign(request, cast.sponsor, role=BUSINESS_STAKEHOLDER)
