"""Adding workloads and changing how they are described."""

from __future__ import annotations

import pytest

from audit.errors import Invalid, NotAllowed
from audit.models import Event
from people.models import RoleAssignment, Team
from signoffs.models import Request
from tests.cast import NOW, propose, put_in_force
from tests.past import rewriting_history
from workloads import reviews, services
from workloads.models import Classification, Proof, Workload
from workloads.rights import settle_rights

FORM = {"name": "Claims Desk", "purpose": "Adjusters work here.", "lifecycle": "live", "tags": "money,  shared ,money"}


def _form(cast, **values):
    return FORM | {"owner_team": cast.team.pk} | values


def test_a_workload_is_added_with_its_line_in_the_trail(cast):
    added = services.add_workload(by=cast.head, at=NOW, name="  Claims Desk ", purpose="Work.", owner_team=cast.team)
    event = Event.objects.get(kind="workload.added", subject_id=str(added.pk))
    assert (added.name, added.added_by, event.thread) == ("Claims Desk", cast.head, f"workload:{added.pk}")
    assert event.after["owner_team"] == "Payments"


@pytest.mark.parametrize("who", ["auditor", "stranger", "owner", "stakeholder", "sponsor"])
def test_who_may_not_add_gets_neither_form_nor_workload(cast, page, who):
    user = getattr(cast, who)
    with pytest.raises(NotAllowed):
        services.add_workload(by=user, at=NOW, name="X", purpose="Y", owner_team=cast.team)
    assert page(user).get("/workloads/add/").status_code == 403
    assert page(user).post("/workloads/add/", _form(cast)).status_code == 403
    assert Workload.objects.count() == 1


def test_the_form_adds_and_leads_to_the_workload(cast, page):
    answer = page(cast.head).post("/workloads/add/", _form(cast))
    added = Workload.objects.get(name="Claims Desk")
    assert answer.url == f"/workloads/{added.pk}/"
    assert added.tags == ["money", "shared"]


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"name": "payment HUB"}, "name", "Another workload has this name."),
        ({"name": "reference", "reference": "APP-1"}, "reference", "Another workload has this reference."),
        ({"name": "   "}, "name", "This field is required."),
        ({"name": "x" * 121}, "name", "at most 120"),
        ({"name": "a\x00b"}, "name", "Null characters"),
        ({"owner_team": "999999999999999999999"}, "owner_team", "Select a valid choice"),
        ({"lifecycle": "gone"}, "lifecycle", "Select a valid choice"),
        ({"tags": "y" * 41}, "tags", "at most 40 characters"),
        ({"own_rto_seconds": "fifteen"}, "own_rto_seconds", "You wrote"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_entries_stay(cast, page, values, field, says):
    answer = page(cast.head).post("/workloads/add/", _form(cast, **values))
    assert answer.status_code == 422
    assert says in str(answer.context["form"].errors[field])
    assert "Adjusters work here." in answer.text
    assert Workload.objects.count() == 1


def test_a_name_with_the_word_reference_is_blamed_for_the_name(cast):
    services.add_workload(by=cast.head, at=NOW, name="Reference data", purpose="x", owner_team=cast.team)
    with pytest.raises(Invalid) as refused:
        services.add_workload(by=cast.head, at=NOW, name="reference DATA", purpose="x", owner_team=cast.team)
    assert list(refused.value.fields) == ["name"]


def test_a_change_writes_what_differs_and_nothing_else(cast):
    reviews.note_proof(
        workload=cast.workload, proven_on=NOW.date(), rto=Proof.MET, rpo=Proof.CLAIMED, by=cast.head, at=NOW
    )
    before = Event.objects.count()
    services.change_workload(workload=cast.workload, by=cast.owner, at=NOW, purpose=" Pays claims fast. ")
    event = Event.objects.order_by("-pk").first()
    assert (event.kind, event.before, event.after) == (
        "workload.changed", {"purpose": "Pays claims."}, {"purpose": "Pays claims fast."},
    )  # fmt: skip
    stored = Workload.objects.get(pk=cast.workload.pk)
    assert (stored.purpose, stored.proof_rto) == ("Pays claims fast.", Proof.MET)
    services.change_workload(workload=stored, by=cast.owner, at=NOW, purpose="Pays claims fast.")
    assert Event.objects.count() == before + 1


def test_a_page_that_was_open_does_not_undo_what_a_colleague_changed(cast):
    stale = Workload.objects.get(pk=cast.workload.pk)
    services.change_workload(workload=cast.workload, by=cast.owner, at=NOW, business_unit="Retail")
    services.change_workload(workload=stale, by=cast.head, at=NOW, purpose="Pays.")
    stored = Workload.objects.get(pk=cast.workload.pk)
    assert (stored.business_unit, stored.purpose) == ("Retail", "Pays.")


@pytest.mark.parametrize(
    ("who", "status"), [("auditor", 403), ("sponsor", 403), ("stakeholder", 403), ("stranger", 404)]
)
def test_who_may_not_change_is_refused_and_a_stranger_finds_nothing(cast, page, who, status):
    user, address = getattr(cast, who), f"/workloads/{cast.workload.pk}/change/"
    assert page(user).get(address).status_code == status
    assert page(user).post(address, _form(cast)).status_code == status
    with pytest.raises(NotAllowed):
        services.change_workload(workload=cast.workload, by=user, at=NOW, purpose="Z")


def test_the_owner_team_changes_its_own_workload_on_the_page(cast, page):
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/change/", _form(cast, name="Payment Hub"))
    assert answer.url == f"/workloads/{cast.workload.pk}/"
    assert Workload.objects.get().purpose == "Adjusters work here."


def test_a_change_the_signers_would_not_have_seen_voids_their_request(cast):
    proposal = propose(cast)
    request = services.send_for_signature(classification=proposal, by=cast.owner, at=NOW)
    services.change_workload(workload=cast.workload, by=cast.owner, at=NOW, tags=["money"])
    assert Request.objects.get().state == "open", "tags are not in the document"
    services.change_workload(workload=cast.workload, by=cast.owner, at=NOW, purpose="Something else.")
    request.refresh_from_db()
    proposal.refresh_from_db()
    assert (request.state, proposal.state, proposal.request) == ("voided", "proposed", None)


def test_changing_the_owner_team_gives_the_workload_to_the_new_one(cast):
    other = Team.objects.create(name="Claims")
    with rewriting_history():
        RoleAssignment.objects.filter(person=cast.owner).delete()  # what she sees, she sees through her team
    settle_rights(at=NOW)
    services.change_workload(workload=cast.workload, by=cast.head, at=NOW, owner_team=other)
    assert not Workload.objects.visible_to(cast.owner).exists()


def test_the_tier_in_the_register_follows_the_targets_by_itself(cast):
    def tier():
        return Workload.objects.get(pk=cast.workload.pk).tier_now

    assert tier() is None
    put_in_force(cast, tier=2)
    assert tier() == 2
    proposal = propose(cast, tier=0)
    assert tier() == 2, "a proposal changes nothing while a target is in force"
    services.withdraw(classification=proposal, by=cast.owner, at=NOW)
    put_in_force(cast, tier=1)
    assert tier() == 1
    assert Classification.objects.filter(state="superseded").count() == 1


def test_the_own_recovery_time_is_written_with_a_unit_and_stands_in_the_trail(cast, page):
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/change/", _form(cast, own_rto_seconds="5 min"))
    cast.workload.refresh_from_db()
    event = Event.objects.filter(kind="workload.changed").latest("pk")
    assert (answer.status_code, cast.workload.own_rto_seconds) == (302, 300)
    assert (event.before["own_rto_seconds"], event.after["own_rto_seconds"]) == (None, 300)
    assert "5\u00a0min" in page(cast.owner).get(f"/workloads/{cast.workload.pk}/change/").content.decode()


@pytest.mark.parametrize("seconds", [-1, 3650 * 86400 + 1])
def test_an_own_recovery_time_beyond_reason_is_refused(cast, seconds):
    with pytest.raises(Invalid) as refused:
        services.change_workload(workload=cast.workload, by=cast.owner, at=NOW, own_rto_seconds=seconds)
    assert "own_rto_seconds" in refused.value.fields


def test_a_changed_own_recovery_time_makes_a_request_void_that_showed_another(cast):
    from_then = propose(cast)
    services.send_for_signature(classification=from_then, by=cast.owner, at=NOW)
    services.change_workload(workload=cast.workload, by=cast.owner, at=NOW, own_rto_seconds=300)
    assert Request.objects.get(subject_id=from_then.pk, subject_type="workloads.classification").state == "voided"
