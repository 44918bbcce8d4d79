"""Reaffirming many at once, only where nothing has changed; each target gets a request and a signature of its own."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from audit.errors import Invalid, NotAllowed
from audit.kinds import Kind
from audit.models import Event
from audit.services import record
from people.models import User, organisation_today
from people.permissions import Permission
from signoffs.models import Signature
from signoffs.services import NeedsProof
from tests.cast import PASSWORD, make_cast, proof
from tests.races import at_once
from tests.workloads.campaigns import OPENED, in_force, more_in_force, opened, seen
from workloads import reviews, services
from workloads.campaigns.changes import changes_since
from workloads.campaigns.queries import by_team, hers, reviews_due, whole
from workloads.campaigns.services import AT_ONCE, Seen, reaffirm_many
from workloads.models import Classification, Reaffirmation, Tier
from workloads.reviews import make_review_due

LATER = OPENED + dt.timedelta(days=2)


def _many(targets, by, at=LATER, **values):
    given = {"seen": [seen(target) for target in targets], "proof": proof(at)} | values
    return reaffirm_many(by=by, at=at, **given)


def _changes(target):
    related = ("workload__owner_team", "tier", "proposed_by", "request")
    return changes_since([Classification.objects.select_related(*related).get(pk=target.pk)])[target.pk].said


def _signed_reviews():
    return Signature.objects.filter(slot__request__subject_type="workloads.reaffirmation").count()


def test_each_target_is_signed_for_itself_and_the_campaign_shows_it(cast):
    targets = [in_force(cast), *more_in_force(cast, 2)]
    campaign = opened(cast)
    outcome = _many(targets[:2], cast.stakeholder)
    assert ([t.pk for t in outcome.kept], outcome.refused) == ([t.pk for t in targets[:2]], [])
    assert (_signed_reviews(), Reaffirmation.objects.count()) == (2, 2)
    part = whole(by_team(campaign.reviews.all(), on=organisation_today(LATER)))
    assert (part.total, part.done, part.overdue) == (3, 2, 0)
    late = whole(by_team(campaign.reviews.all(), on=campaign.due_on + dt.timedelta(days=1)))
    assert (late.done, late.overdue) == (2, 1)


def test_a_target_replaced_by_another_counts_as_reviewed(cast):
    in_force(cast)
    campaign = opened(cast)
    in_force(cast, tier=2, at=LATER)
    assert whole(by_team(campaign.reviews.all(), on=organisation_today(LATER))).done == 1


def test_what_changed_is_refused_by_name_and_the_others_are_kept(cast):
    same, changed = in_force(cast), more_in_force(cast, 1)[0]
    services.change_workload(workload=changed.workload, by=cast.head, at=OPENED, purpose="Something else.")
    outcome = _many([same, changed], cast.stakeholder)
    assert [target.pk for target in outcome.kept] == [same.pk]
    assert outcome.refused_words == ("Load 00: Something changed. Description changed: purpose. Review it on its own.")


def test_what_was_reviewed_meanwhile_is_not_signed_twice(cast):
    target = in_force(cast)
    before = seen(target)
    _many([target], cast.stakeholder)
    outcome = _many([], cast.deputy, seen=[before])
    assert outcome.refused_words.endswith("It has been reviewed meanwhile.")
    assert _signed_reviews() == 1


def test_without_a_proof_nothing_is_signed(cast):
    targets = [in_force(cast), *more_in_force(cast, 1)]
    for given in (None, proof(LATER - dt.timedelta(minutes=6))):
        with pytest.raises(NeedsProof):
            _many(targets, cast.stakeholder, proof=given)
    assert _signed_reviews() == 0


def test_none_or_too_many_are_not_reaffirmed(cast):
    with pytest.raises(Invalid, match="at least one"):
        _many([], cast.stakeholder)
    with pytest.raises(Invalid, match="at most 100"):
        _many([], cast.stakeholder, seen=[Seen(1, "", "")] * (AT_ONCE + 1))


def test_who_does_not_sign_reaffirms_nothing(cast):
    target = in_force(cast)
    with pytest.raises(NotAllowed):
        _many([target], cast.stranger)
    for who in (cast.owner, cast.auditor, cast.sponsor):
        assert _many([target], who).kept == []
    assert _signed_reviews() == 0


def test_a_target_no_longer_in_force_is_refused(cast):
    first = in_force(cast)
    before = seen(first)
    in_force(cast, tier=2)
    assert "no longer in force" in _many([], cast.stakeholder, seen=[before]).refused_words


@pytest.mark.parametrize("what", ["because", "drill", "tier", "team", "description"])
def test_a_list_says_what_changed_since_the_signature(cast, what):
    target = in_force(cast)
    assert _changes(target) == ()
    if what == "because":
        make_review_due(workload=cast.workload, why="A waiver lapsed.", by=cast.head, at=LATER)
        said = "A waiver lapsed."
    elif what == "drill":
        reviews.note_proof(
            workload=cast.workload, proven_on=LATER.date(), rto="met", rpo="claimed", by=cast.head, at=LATER
        )
        said = f"Drill of {LATER:%-d %b %Y}: RTO met, RPO claimed."
    elif what == "tier":
        _edit_tier(cast, target)
        said = "The table of tiers was edited: tier 1."
    elif what == "team":
        cast.team.name = "Payments and claims"
        cast.team.save()
        said = "The document reads differently: Owner team."
    else:
        services.change_workload(workload=cast.workload, by=cast.head, at=LATER, purpose="Else.", tags=["a"])
        said = "Description changed: purpose, tags."
    assert _changes(target) == (said,)


def _edit_tier(cast, target):
    tier = Tier.objects.get(pk=target.tier_id)
    tier.cost_levers = "Others."
    tier.save()
    with transaction.atomic():
        record(Kind.REFERENCE_CHANGED, tier, by=cast.head, at=LATER, after={"cost_levers": "Others."})


def test_a_review_on_its_own_settles_what_had_changed(cast):
    target = in_force(cast)
    services.change_workload(workload=cast.workload, by=cast.head, at=OPENED, purpose="Else.")
    now = seen(target)
    reviews.reaffirm(
        classification=Classification.objects.get(pk=target.pk), by=cast.stakeholder, at=LATER, proof=proof(LATER),
        digest=now.digest,
    )  # fmt: skip
    assert _changes(target) == ()


def test_the_rule_for_many_is_the_rule_for_one(cast):
    """Who may reaffirm is asked in one query for a list, and by `reviewing_role` for one."""
    targets = [
        in_force(cast),
        *more_in_force(cast, 1),
    ]
    on = organisation_today(LATER)
    for who in User.objects.all():
        listed = set(hers(who, on).values_list("pk", flat=True))
        alone = {
            target.pk
            for target in targets
            if who.may(Permission.REVIEW, target.workload) and reviews.reviewing_role(target, who, on) is not None
        }
        assert listed == alone, who


def test_reviews_due_are_those_of_thirty_days_and_of_open_campaigns(cast):
    target = in_force(cast)
    today = organisation_today(OPENED)
    assert not reviews_due(cast.stakeholder, today)
    opened(cast)
    assert list(reviews_due(cast.stakeholder, today)) == [target]
    assert not reviews_due(cast.owner, today)


def test_changes_cost_the_same_for_one_and_for_ten(cast, django_assert_num_queries):
    one = [in_force(cast)]
    more_in_force(cast, 9)
    related = ("workload__owner_team", "tier", "proposed_by", "request")
    ten = list(Classification.objects.filter(state="signed_off").select_related(*related))
    one = [target for target in ten if target.pk == one[0].pk]
    with django_assert_num_queries(3):
        changes_since(one)
    with django_assert_num_queries(3):
        changes_since(ten)


def test_the_page_reaffirms_those_that_are_chosen_with_one_password(cast, page):
    at = timezone.now() - dt.timedelta(days=70)
    targets = [in_force(cast, at=at)]
    client = page(cast.stakeholder)
    shown = client.get("/workloads/reviews/")
    assert "Nothing has changed" in shown.text
    assert " checked" not in shown.text
    value = "|".join(str(part) for part in seen(targets[0]))
    wrong = client.post("/workloads/reviews/", {"target": [value], "password": "wrong"})
    assert wrong.status_code == 422
    assert f'value="{value}" checked' in wrong.text
    answer = client.post("/workloads/reviews/", {"target": [value], "password": PASSWORD}, follow=True)
    assert "Reaffirmed: Payment Hub." in answer.text
    again = client.post("/workloads/reviews/", {"target": [value], "password": PASSWORD}, follow=True)
    assert "It has been reviewed meanwhile." in again.text


def test_the_page_shows_what_changed_apart_and_leads_to_a_review_or_a_proposal(cast, page):
    target = in_force(cast, at=timezone.now() - dt.timedelta(days=70))
    services.change_workload(workload=cast.workload, by=cast.head, at=timezone.now(), purpose="Else.")
    text = page(cast.stakeholder).get("/workloads/reviews/").text
    assert "Something has changed" in text
    assert "Description changed: purpose." in text
    assert f"/workloads/classifications/{target.pk}/review/" in text
    assert "Nothing has changed" not in text


def test_an_unreadable_choice_is_refused(cast, page):
    answer = page(cast.stakeholder, proven=True).post("/workloads/reviews/", {"target": ["x|y"]})
    assert answer.status_code == 400


@pytest.mark.django_db(transaction=True)
def test_two_who_reaffirm_the_same_at_once_sign_each_target_once():
    cast = make_cast()
    targets = [in_force(cast), *more_in_force(cast, 2)]
    shown = [seen(target) for target in targets]
    at_once(
        lambda: reaffirm_many(seen=shown, by=cast.stakeholder, at=LATER, proof=proof(LATER)),
        lambda: reaffirm_many(seen=shown[::-1], by=cast.deputy, at=LATER, proof=proof(LATER)),
    )
    assert _signed_reviews() == 3
    assert Reaffirmation.objects.count() == 3
    assert Event.objects.filter(kind="classification.reaffirmed").count() == 3
