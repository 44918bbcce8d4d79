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
from drills import services as drills
from drills.models import DrillKind
from people import services as people
from people.models import Role, RoleAssignment, Team, User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, Permission
from people.proof import NeedsProof
from signoffs.models import Signature
from tests.cast import NOW, PASSWORD, make_cast, person, proof
from tests.past import rewriting_history
from tests.races import at_once
from tests.workloads import chains
from tests.workloads.campaigns import OPENED, in_force, more_in_force, opened, seen
from tests.workloads.parts import add_dependency, add_third_party
from workloads import reviews, services
from workloads.campaigns.changes import changes_since
from workloads.campaigns.queries import by_team, hers, may_propose, reviews_due, whole
from workloads.campaigns.services import AT_ONCE, Seen, reaffirm_many
from workloads.gates.many import against_many
from workloads.gates.queries import against
from workloads.models import Classification, ImpactAnswer, Reaffirmation, Tier
from workloads.reviews import make_review_due

LATER = OPENED + dt.timedelta(days=2)


def _many(targets, by, at=LATER, **values):
    given = {"seen": [seen(target) for target in targets], "proof": proof(at)} | values
    return reaffirm_many(by=by, at=at, **given)


def _changes(target):
    related = ("workload__owner_team", "tier", "proposed_by", "request")
    target = Classification.objects.select_related(*related).get(pk=target.pk)
    return changes_since([target], today=organisation_today(LATER))[target.pk].said


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


def test_what_was_not_shown_is_not_signed(cast):
    outcome = _many([], cast.stakeholder, seen=[seen(in_force(cast))._replace(digest="0" * 64)])
    assert (outcome.kept, len(outcome.refused)) == ([], 1)
    assert _signed_reviews() == 0


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


def _stop_a_drill(cast, at, reason):
    drill = drills.schedule(
        workload=cast.workload, by=cast.head, at=at, kind=DrillKind.RESTORE, window_start=at + dt.timedelta(hours=1),
        window_end=at + dt.timedelta(hours=3), coordinator=cast.owner, success_criteria="Back.",
    )  # fmt: skip
    drills.start(drill=drill, by=cast.owner, at=at + dt.timedelta(hours=1))
    drills.stop(drill=drill, by=cast.owner, at=at + dt.timedelta(hours=2), reason=reason)


def test_a_drill_that_was_stopped_is_said_with_its_reason(cast):
    target = in_force(cast)
    _stop_a_drill(cast, LATER, "A real alarm in the east")
    assert _changes(target) == (f"Drill stopped on {LATER:%-d %b %Y}: A real alarm in the east.",)
    _stop_a_drill(cast, LATER, "Another one!")
    assert _changes(target)[1].endswith(": Another one!")


@pytest.mark.parametrize(("hours", "counts"), [(-1, False), (1, True)])
def test_a_drill_of_the_day_of_the_signature_counts_when_it_was_finished_later(cast, hours, counts):
    target = in_force(cast)
    signed = Classification.objects.get(pk=target.pk).signed_off_at
    at = signed + dt.timedelta(hours=hours)
    day = organisation_today(signed)
    reviews.note_proof(workload=cast.workload, proven_on=day, rto="met", rpo="met", by=cast.head, at=at)
    assert bool(_changes(target)) is counts


def test_a_drill_of_which_only_the_day_is_known_counts_from_the_next_day_on(cast):
    target = in_force(cast)
    day = organisation_today(Classification.objects.get(pk=target.pk).signed_off_at)
    for later, counts in ((0, False), (1, True)):
        cast.workload.__class__.objects.update(proven_on=day + dt.timedelta(days=later), proof_rto="met")
        assert bool(_changes(target)) is counts


def test_another_team_role_and_another_vendor_promise_are_said(cast):
    vendor = add_third_party(cast, "Card Network")
    add_dependency(cast, third_party=vendor)
    target = in_force(cast)
    people.assign_role(
        role=Role.objects.get(pk=WORKLOAD_OWNER), person=cast.sponsor, deputy=None, from_on=LATER.date(),
        workload_id=cast.workload.pk, by=cast.head, at=LATER,
    )  # fmt: skip
    with transaction.atomic():
        record(Kind.THIRD_PARTY_CHANGED, vendor, by=cast.head, at=LATER, after={"rto_seconds": 60})
        record(Kind.THIRD_PARTY_CHANGED, vendor, by=cast.head, at=NOW - dt.timedelta(days=9), after={"name": "x"})
    assert _changes(target) == (
        "Role assigned: Workload team: David Okafor.",
        "Third party changed: Card Network.",
    )


def test_what_stands_against_it_since_is_said_until_somebody_reaffirms_in_sight_of_it(cast):
    target = in_force(cast)
    cast.workload.flows.all().delete()
    assert _changes(target) == ("New finding: No user flow is written down.",)
    reviews.reaffirm(
        classification=Classification.objects.get(pk=target.pk), by=cast.stakeholder, at=LATER, proof=proof(LATER),
        digest=seen(target).digest,
    )  # fmt: skip
    assert _changes(target) == ()
    kept = Classification.objects.get(pk=target.pk).reviewed_findings
    assert [one["key"] for one in kept] == ["no-flow"]


def test_many_reaffirmed_at_once_keep_what_was_known_of_each(cast):
    targets = [in_force(cast), *more_in_force(cast, 1)]
    _many(targets, cast.stakeholder)
    assert list(Classification.objects.values_list("reviewed_findings", flat=True)) == [[], []]


def test_what_is_found_for_many_is_what_is_found_for_one(cast):
    targets = [in_force(cast), *more_in_force(cast, 3)]
    below = more_in_force(cast, 1, start=8)[0]
    add_dependency(cast, below.workload)
    targets[1].workload.flows.all().delete()
    with rewriting_history():
        RoleAssignment.objects.filter(workload_id=targets[2].workload_id, role=WORKLOAD_OWNER).delete()
    ImpactAnswer.objects.filter(analysis=targets[3].workload_id).first().delete()
    today = organisation_today(LATER)
    found = against_many(targets, today=today)
    assert {t.pk: found[t.pk] for t in targets} == {t.pk: against(t, today=today) for t in targets}
    assert all(found[t.pk] for t in targets)


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


def test_what_changed_names_no_workload_that_its_reader_may_not_see(cast, page):
    """In the list, in its file, in JSON, and where a reaffirmation is refused."""
    target = in_force(cast, at=timezone.now() - dt.timedelta(days=70))
    hidden = chains.workload(cast, "Hidden Ledger", team=Team.objects.create(name="Ledgers"))
    chains.needs(cast, cast.workload, hidden)
    today = organisation_today(timezone.now())
    addresses = "/workloads/reviews/", "/workloads/reviews/export/?as=json", "/api/v1/reviews/"
    for who, named in ((cast.head, True), (cast.stakeholder, False)):
        Classification.objects.update(review_due_on=today)
        for address in addresses:
            text = b"".join(page(who).get(address)).decode()
            assert "New finding" in text, (who, address)
            assert ("Hidden Ledger" in text) is named, (who, address)
        refused = _many([target], who, at=timezone.now(), proof=proof(timezone.now())).refused_words
        assert "New finding" in refused, who
        assert ("Hidden Ledger" in refused) is named, who


def test_who_may_propose_is_asked_of_many_as_of_one(cast):
    """For the list of reviews, which leads to a proposal."""
    other = chains.workload(cast, "Ledger", team=Team.objects.create(name="Ledgers"))
    other.owner_team.members.add(cast.deputy)
    both = [cast.workload, other]
    for who in User.objects.all():
        assert may_propose(who, both) == {load.pk for load in both if who.may(Permission.PROPOSE, load)}, who
    assert may_propose(cast.deputy, both) == {other.pk}


def test_of_each_target_only_what_came_after_its_own_signature_counts(cast):
    targets = [in_force(cast), *more_in_force(cast, 1)]
    for target in targets:
        services.change_workload(workload=target.workload, by=cast.head, at=OPENED, purpose="Else.")
    reviews.reaffirm(
        classification=Classification.objects.get(pk=targets[1].pk), by=cast.stakeholder, at=LATER, proof=proof(LATER),
        digest=seen(targets[1]).digest,
    )  # fmt: skip
    related = ("workload__owner_team", "tier", "proposed_by", "request")
    read = list(Classification.objects.filter(state="signed_off").select_related(*related))
    found = changes_since(read, today=organisation_today(LATER))
    assert [found[target.pk].said for target in targets] == [("Description changed: purpose.",), ()]


def test_the_rule_for_many_is_the_rule_for_one(cast):
    """Who may reaffirm is asked in one query for a list, and by `reviewing_role` for one."""
    targets = [in_force(cast), *more_in_force(cast, 1)]
    with rewriting_history():
        RoleAssignment.objects.filter(workload_id=targets[1].workload_id, role=BUSINESS_STAKEHOLDER).delete()
    person("Wanda Wide", role=BUSINESS_STAKEHOLDER)  # acts where nobody holds the role for the workload itself
    person("Gone Wide", role=BUSINESS_STAKEHOLDER, is_active=False)
    on = organisation_today(LATER)
    for who in User.objects.all():
        listed = set(hers(who, on).values_list("pk", flat=True))
        alone = {
            target.pk
            for target in targets
            if who.may(Permission.REVIEW, target.workload) and reviews.reviewing_role(target, who, on) is not None
        }
        assert listed == alone, who
        if who.name == "Wanda Wide":
            assert alone == {targets[1].pk}


def test_reviews_due_are_those_of_thirty_days_and_of_open_campaigns(cast):
    target = in_force(cast)
    today = organisation_today(OPENED)
    assert not reviews_due(cast.stakeholder, today)
    opened(cast)
    assert list(reviews_due(cast.stakeholder, today)) == [target]
    assert not reviews_due(cast.owner, today)


def test_changes_cost_the_same_for_one_and_for_ten(cast, django_assert_max_num_queries):
    one = [in_force(cast)]
    more_in_force(cast, 9)
    related = ("workload__owner_team", "tier", "proposed_by", "request")
    ten = list(Classification.objects.filter(state="signed_off").select_related(*related))
    one = [target for target in ten if target.pk == one[0].pk]
    today = organisation_today(LATER)
    with django_assert_max_num_queries(16) as for_one:
        changes_since(one, today=today)
    with django_assert_max_num_queries(len(for_one)):
        changes_since(ten, today=today)


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
