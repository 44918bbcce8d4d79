"""Proposing a target and changing the draft."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils.html import escape

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from signoffs.models import Request
from tests.cast import NOW, propose, put_in_force
from tests.workloads.states import in_state
from workloads import services
from workloads.models import Classification, Lifecycle, Tier
from workloads.signing import percent

FORM = {
    "tier": "1",
    "slo": "99.95",
    "rto": "15 min",
    "rpo": "300 s",
    "reason": "Each hour costs € 38,000.",
    "differs_reason": "The contract asks for it.",
}


def test_a_proposal_is_a_draft_with_its_line_in_the_trail(cast):
    proposal = propose(cast)
    event = Event.objects.get(kind="classification.proposed")
    assert (proposal.state, proposal.proposed_by, proposal.request) == ("proposed", cast.owner, None)
    assert (event.actor_id, event.after["rto_seconds"]) == (cast.owner.pk, 900)
    assert not Request.objects.exists()


def test_there_is_one_open_proposal_at_a_time(cast):
    propose(cast)
    with pytest.raises(WrongState, match="open proposal already"):
        propose(cast, by=cast.head)
    assert Classification.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "status"), [("auditor", 403), ("sponsor", 403), ("stakeholder", 403), ("stranger", 404)]
)
def test_who_may_not_propose_is_refused(cast, page, who, status):
    user, address = getattr(cast, who), f"/workloads/{cast.workload.pk}/propose/"
    with pytest.raises(NotAllowed):
        propose(cast, by=user)
    assert page(user).get(address).status_code == status
    assert page(user).post(address, FORM).status_code == status
    if status != 404:
        assert f'{address}"' not in page(user).get(f"/workloads/{cast.workload.pk}/").text


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"reason": "  "}, ["reason"]),
        ({"slo": Decimal("100.1")}, ["slo"]),
        ({"slo": Decimal(0)}, ["looser_reason", "slo"]),
        ({"slo": Decimal("99.99999")}, ["slo"]),
        ({"rto_seconds": 901}, ["looser_reason", "rto"]),
        ({"rpo_seconds": 301}, ["looser_reason", "rpo"]),
        ({"slo": Decimal("99.94"), "rto_seconds": 10**9}, ["looser_reason", "rto", "slo"]),
        ({"rto_seconds": -1}, ["rto"]),
    ],
)
def test_what_does_not_fit_names_its_fields(cast, values, fields):
    with pytest.raises(Invalid) as refused:
        propose(cast, **values)
    assert sorted(refused.value.fields) == fields
    assert not Classification.objects.exists()


def test_looser_than_the_tier_goes_with_a_reason(cast):
    proposal = propose(cast, rto_seconds=3600, looser_reason="People can write on paper for an hour.")
    assert proposal.is_looser


def test_a_retired_workload_gets_no_target(cast):
    services.change_workload(workload=cast.workload, by=cast.head, at=NOW, lifecycle=Lifecycle.RETIRED)
    cast.workload.refresh_from_db()
    with pytest.raises(WrongState, match="retired"):
        propose(cast)


@pytest.mark.parametrize(("slo", "said"), [("100", "100"), ("99.9500", "99.95"), ("90", "90"), ("100.0000", "100")])
def test_a_percentage_reads_the_same_before_and_after_it_is_stored(slo, said):
    assert percent(Decimal(slo)) == said


def test_the_form_keeps_a_draft(cast, page):
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", FORM)
    proposal = Classification.objects.get()
    assert answer.url == f"/workloads/classifications/{proposal.pk}/"
    assert (proposal.rto_seconds, proposal.rpo_seconds, proposal.state) == (900, 300, "proposed")


def test_the_form_sends_at_once(cast, page):
    page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", FORM | {"send": "1"})
    assert Classification.objects.get().state == "in_review"


def test_what_cannot_be_sent_stays_a_draft_and_says_why(cast, page):
    page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", FORM)
    proposal = Classification.objects.get()
    cast.sponsor.is_active = False
    cast.sponsor.save()
    client = page(cast.owner)
    answer = client.post(f"/workloads/classifications/{proposal.pk}/change/", FORM | {"send": "1"}, follow=True)
    proposal.refresh_from_db()
    assert proposal.state == "proposed"
    assert "Kept as a draft, not sent." in answer.text
    assert "Nobody can sign as executive sponsor" in answer.text


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"rto": "fifteen"}, "rto", "You wrote “fifteen”."),
        ({"rto": "15"}, "rto", "Write the unit too"),
        ({"rto": ""}, "rto", "required"),
        ({"rto": "5000 days"}, "rto", "at most 10 years"),
        ({"rto": "\x00"}, "rto", "Null characters"),
        ({"rpo": "2 h"}, "rpo", "Tier 1 allows up to 5\xa0min. Write 5\xa0min or less, or keep 2\xa0h"),
        ({"rpo": "2 h"}, "looser_reason", "Give a reason"),
        ({"slo": "lots"}, "slo", "Write a percentage"),
        ({"slo": "NaN"}, "slo", "Write a percentage"),
        ({"slo": "101"}, "slo", "less than or equal to 100"),
        ({"tier": "9"}, "tier", "Select a valid choice"),
        ({"tier": "99999999999999999999999"}, "tier", "Select a valid choice"),
        ({"tier": ""}, "tier", "Choose one of the tiers."),
        ({"reason": " "}, "reason", "Write why the business needs this"),
    ],
)
def test_mistakes_are_said_in_words_and_entries_are_kept(cast, page, values, field, says):
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", FORM | values)
    assert answer.status_code == 422
    assert says in " ".join(answer.context["form"].errors[field])
    assert "Nothing is sent yet. Your entries are kept." in answer.text
    if values.get("rto") == "fifteen":
        assert 'value="fifteen"' in answer.text


def test_everything_that_is_wrong_is_said_at_once(cast, page):
    wrong = {"slo": "lots", "rto": "2 h", "rpo": "", "reason": " "}
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", FORM | wrong)
    errors = answer.context["form"].errors
    assert sorted(errors) == ["looser_reason", "reason", "rpo", "rto", "slo"]
    assert "Tier 1 allows up to 15\xa0min. Write 15\xa0min or less, or keep 2\xa0h" in errors["rto"][0]
    assert all(len(said) == 1 for said in errors.values()), "nothing is said twice"


def test_what_cannot_be_read_is_not_called_looser(cast, page):
    wrong = {"slo": "lots", "rto": "fifteen", "rpo": ""}
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", FORM | wrong)
    assert sorted(answer.context["form"].errors) == ["rpo", "rto", "slo"]


def test_a_reason_lets_a_looser_value_pass_whatever_else_is_wrong(cast, page):
    wrong = {"rto": "2 h", "rpo": "", "looser_reason": "Paper works for two hours."}
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", FORM | wrong)
    assert sorted(answer.context["form"].errors) == ["rpo"]


def test_percent_signs_and_commas_are_read(cast, page):
    page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", FORM | {"slo": "99,97 %", "rto": "PT10M"})
    proposal = Classification.objects.get()
    assert (proposal.slo, proposal.rto_seconds) == (Decimal("99.97"), 600)


def test_the_form_shows_all_tiers_side_by_side_and_who_signs(cast, page):
    answer = page(cast.owner).get(f"/workloads/{cast.workload.pk}/propose/?tier=0")
    for tier in Tier.objects.all():
        assert str(escape(tier.typical_systems)) in answer.text
        assert str(escape(tier.cost_levers)) in answer.text
    assert "Priya Raman" in answer.text
    assert 'value="60\xa0s"' in answer.text


def test_another_tier_fills_in_its_limits_and_keeps_the_reason(cast, page):
    answer = page(cast.owner).get(
        f"/workloads/{cast.workload.pk}/propose/",
        {"tier": "2", "reason": "Because <b>"},
        headers={"HX-Target": "div#values"},
    )
    assert answer.templates[0].name == "workloads/_values.html"
    assert 'value="4\xa0h"' in answer.text
    assert "Because &lt;b&gt;" in answer.text


@pytest.mark.parametrize("tier", ["x", "-1", "99999", "²", "\x00", ""])
def test_a_tier_that_does_not_exist_fills_in_nothing(cast, page, tier):
    assert page(cast.owner).get(f"/workloads/{cast.workload.pk}/propose/", {"tier": tier}).status_code == 200


def test_without_an_open_proposal_the_form_begins_with_the_target_in_force(cast, page):
    put_in_force(cast, tier=2)
    answer = page(cast.owner).get(f"/workloads/{cast.workload.pk}/propose/")
    assert answer.context["chosen"].level == 2
    assert 'value="4\xa0h"' in answer.text


def test_who_wants_to_propose_a_second_time_is_led_to_the_open_one(cast, page):
    proposal = propose(cast)
    assert page(cast.owner).get(f"/workloads/{cast.workload.pk}/propose/").url == proposal.get_absolute_url()


def test_a_draft_is_changed_and_who_changes_it_becomes_its_proposer(cast, page):
    proposal = propose(cast)
    address = f"/workloads/classifications/{proposal.pk}/change/"
    assert 'value="15\xa0min"' in page(cast.head).get(address).text
    page(cast.head).post(address, FORM | {"rto": "10 min"})
    proposal.refresh_from_db()
    event = Event.objects.filter(kind="classification.changed").get()
    assert (proposal.rto_seconds, proposal.proposed_by) == (600, cast.head)
    assert event.before["rto_seconds"] == 900
    assert event.after["proposed_by"] == "Maren Holt"


def test_a_change_that_changes_nothing_leaves_no_line(cast):
    proposal = propose(cast)
    values = {
        "tier": proposal.tier,
        "slo": proposal.slo,
        "rto_seconds": 900,
        "rpo_seconds": 300,
        "reason": proposal.reason,
    }
    services.change_proposal(classification=proposal, by=cast.owner, at=NOW, **values)
    assert not Event.objects.filter(kind="classification.changed").exists()


@pytest.mark.parametrize("state", ["in_review", "signed_off", "rejected", "withdrawn", "superseded"])
def test_only_a_draft_can_be_changed(cast, state):
    target = in_state(cast, state)
    values = {"tier": target.tier, "slo": target.slo, "rto_seconds": 60, "rpo_seconds": 60, "reason": "x"}
    with pytest.raises(WrongState):
        services.change_proposal(classification=target, by=cast.owner, at=NOW, **values)
    target.refresh_from_db()
    assert (target.state, target.rto_seconds) == (state, 900)
