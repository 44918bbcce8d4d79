"""A target beside what the impact analysis suggests."""

from __future__ import annotations

import pytest

from audit.errors import Invalid
from audit.models import Event
from drportal.demo.impact import add_answers
from signoffs.documents import digest, document
from tests.cast import NOW, propose
from tests.workloads.impact import answer, cells, whole
from workloads import services
from workloads.impact.queries import answered, suggestion_for
from workloads.models import Classification, ImpactAnalysis, Tier
from workloads.signing import classification_document, promise

pytestmark = pytest.mark.usefixtures("unanswered")
FORM = {"tier": "1", "slo": "99.95", "rto": "15 min", "rpo": "5 min", "reason": "Each hour costs € 38,000."}


def texts(target):
    return {text["name"]: text["text"] for text in classification_document(target)["texts"]}


def facts(target):
    return {fact["name"]: fact["value"] for fact in classification_document(target)["facts"]}


def test_the_suggestion_of_the_moment_is_kept_with_the_proposal(cast):
    answer(cast)
    target = propose(cast, differs_reason="")
    assert (target.suggested_tier_id, target.suggested_rto_seconds, target.suggested_rpo_seconds) == (1, 900, 300)
    assert (target.suggested_mtpd_seconds, target.differs_reason) == (86400, "")
    answer(cast, whole("000000", "000000"))
    target.refresh_from_db()
    assert target.suggested_tier_id == 1, "later answers change nothing that was proposed"


@pytest.mark.parametrize("values", [{"rto_seconds": 600}, {"tier": 0, "rto_seconds": 60}, {"tier": 2}])
def test_another_target_needs_a_reason_stricter_or_looser(cast, values):
    answer(cast)
    with pytest.raises(Invalid) as refused:
        propose(cast, differs_reason=" ", **values)
    assert "suggests tier 1, 15\xa0min / 5\xa0min" in refused.value.fields["differs_reason"]
    target = propose(cast, differs_reason="The contract asks for it.", **values)
    assert texts(target)["differs"] == "The contract asks for it."


def test_a_reason_for_differing_is_not_kept_where_nothing_differs(cast):
    answer(cast)
    assert propose(cast, differs_reason="Just in case.").differs_reason == ""


def test_while_answers_are_missing_a_stricter_target_needs_no_reason(cast):
    answer(cast, cells(levels="12"))
    target = propose(cast, differs_reason="")
    assert target.suggested_tier_id == 3


def test_without_an_analysis_nothing_is_suggested_and_nothing_asked(cast, page):
    assert "differs_reason" not in page(cast.owner).get(f"/workloads/{cast.workload.pk}/propose/").text.replace(
        "[name=differs_reason]", ""
    )
    page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", FORM)
    target = Classification.objects.get()
    assert (target.suggested_tier, target.suggested_because, target.differs_reason) == (None, "", "")


def test_a_document_without_a_suggestion_is_what_it_was_before_there_were_any(cast):
    target = propose(cast)
    before = document(
        title="Payment Hub: target for recovery",
        summary=promise(target),
        facts=[
            ("workload", "Workload", "Payment Hub"),
            ("reference", "Reference", "APP-1"),
            ("purpose", "Purpose", "Pays claims."),
            ("owner", "Owner team", "Payments"),
            ("unit", "Business unit", "–"),
            ("tier", "Tier", "Tier 1 · Business critical"),
            ("slo", "SLO", "99.95 %"),
            ("rto", "RTO, longest downtime", "15\xa0min"),
            ("rpo", "RPO, longest data loss", "5\xa0min"),
            ("ceiling", "Tier allows at most", "15\xa0min / 5\xa0min"),
            ("proposer", "Proposed by", "Tomas Reyes"),
        ],
        texts=[("reason", "Why", "An hour costs a lot.")],
    )
    assert digest(classification_document(target)) == digest(before)


def test_the_signers_see_what_was_suggested_what_decided_and_why_the_team_differs(cast, page):
    ImpactAnalysis.objects.all().delete()
    answer(cast)
    target = propose(cast, rto_seconds=600, differs_reason="The contract asks for it.")
    assert facts(target)["suggested"] == "Tier 1, 15\xa0min / 5\xa0min"
    assert facts(target)["mtpd"] in ("24\xa0h", "1\xa0day")
    assert "Customer trust is serious after 1\xa0h" in texts(target)["because"]
    text = page(cast.stakeholder).get(target.get_absolute_url()).text
    assert "Why other than the analysis suggests" in text


def test_a_draft_that_is_changed_takes_the_suggestion_of_today(cast):
    answer(cast)
    target = propose(cast, differs_reason="")
    answer(cast, whole("113444", "113444"))
    same = {"tier": target.tier, "slo": target.slo, "rto_seconds": 900, "rpo_seconds": 300, "reason": target.reason}
    with pytest.raises(Invalid) as refused:
        services.change_proposal(classification=target, by=cast.owner, at=NOW, **same)
    assert list(refused.value.fields) == ["differs_reason"]
    services.change_proposal(classification=target, by=cast.owner, at=NOW, differs_reason="Paper.", **same)
    target.refresh_from_db()
    assert (target.suggested_tier_id, target.suggested_rto_seconds, target.differs_reason) == (2, 3600, "Paper.")
    event = Event.objects.get(kind="classification.changed")
    assert (event.before["suggested_tier"], event.after["suggested_tier"]) == (1, 2)


def test_the_form_begins_with_the_suggestion_and_says_what_decided(cast, page):
    answer(cast)
    reply = page(cast.owner).get(f"/workloads/{cast.workload.pk}/propose/?take=as-is")
    form = reply.context["form"]
    assert {name: form[name].value() for name in ("tier", "slo", "rto", "rpo")} == {
        "tier": 1,
        "slo": "99.95",
        "rto": "15\xa0min",
        "rpo": "5\xa0min",
    }
    assert "The impact analysis suggests" in reply.text
    assert (
        page(cast.owner).get(f"/workloads/{cast.workload.pk}/propose/?take=differ").context["form"]["reason"].value()
        == ""
    )


def test_the_form_asks_for_the_reason_and_keeps_what_was_typed(cast, page):
    answer(cast)
    address = f"/workloads/{cast.workload.pk}/propose/"
    reply = page(cast.owner).post(address, FORM | {"rto": "10 min"})
    assert reply.status_code == 422
    assert list(reply.context["form"].errors) == ["differs_reason"]
    page(cast.owner).post(address, FORM | {"rto": "10 min", "differs_reason": "The contract."})
    assert Classification.objects.get().differs_reason == "The contract."


def test_the_api_takes_the_reason_and_gives_the_suggestion(cast, page):
    answer(cast)
    body = {"tier": 1, "slo": "99.95", "rto_seconds": 600, "rpo_seconds": 300, "reason": "Costs."}
    address = f"/api/v1/workloads/{cast.workload.pk}/propose/"
    refused = page(cast.owner).post(address, body, content_type="application/json")
    assert refused.status_code == 400
    assert "differs_reason" in refused.text
    made = page(cast.owner).post(address, body | {"differs_reason": "Paper."}, content_type="application/json").json()
    assert (made["suggested_tier"], made["suggested_mtpd_seconds"], made["differs_reason"]) == (1, 86400, "Paper.")


def test_the_overview_says_how_bad_an_outage_gets(cast, page):
    address = f"/workloads/{cast.workload.pk}/"
    assert "Nobody has said yet what an outage costs." in page(cast.auditor).get(address).text
    answer(cast)
    assert "Serious after 1\xa0h, intolerable after 24\xa0h." in page(cast.auditor).get(address).text


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_answers_laid_down_in_bulk_lead_to_the_tier_they_were_made_for(cast, level):
    add_answers([cast.workload], {cast.workload.pk: level}, NOW)
    suggested, tier = suggestion_for(cast.workload), Tier.objects.get(pk=level)
    assert answered(cast.workload)
    assert suggested.targets == (level, tier.rto_seconds, tier.rpo_seconds)
