"""A material change makes the review of a target due at once, and says why wherever the review shows."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.models import Event
from communications.models import Message
from people.models import organisation_today
from signoffs.documents import digest
from tests.cast import NOW, PASSWORD, proof, propose, put_in_force
from tests.past import rewriting_history
from workloads import reviews, services
from workloads.because import SAID_MAX
from workloads.dependencies.services import add_dependency, change_dependency
from workloads.due_early import because_for
from workloads.models import Classification, Proof
from workloads.reminders import remind_of_reviews
from workloads.reviews import make_review_due
from workloads.signing import classification_document

LATER = NOW + dt.timedelta(days=10)
TODAY = organisation_today(LATER)
WHY = "It now depends on Ledger, and stops without it."


def _make_due(cast, why=WHY, at=LATER):
    return make_review_due(workload=cast.workload, why=why, by=cast.owner, at=at)


def _reaffirm(target, by, at):
    target = Classification.objects.get(pk=target.pk)
    values = {"proof": proof(at), "digest": digest(classification_document(target))}
    return reviews.reaffirm(classification=target, by=by, at=at, **values)


def test_the_review_is_due_today_and_the_trail_says_why(cast):
    target = put_in_force(cast)
    _make_due(cast)
    target.refresh_from_db()
    assert (target.review_due_on, target.review_because) == (TODAY, WHY)
    event = Event.objects.get(kind="classification.made_due")
    assert event.before == {"review_due": "2027-02-18", "because": ""}
    assert event.after == {"review_due": "2026-11-30", "because": WHY}


def test_without_a_target_in_force_nothing_is_due(cast):
    propose(cast)
    assert _make_due(cast) is None
    assert not Event.objects.filter(kind="classification.made_due").exists()


def test_the_same_reason_twice_is_written_once(cast):
    put_in_force(cast)
    assert _make_due(cast) is not None
    assert _make_due(cast, at=LATER + dt.timedelta(days=3)) is None
    assert Event.objects.filter(kind="classification.made_due").count() == 1


def test_a_second_reason_stands_beside_the_first_and_keeps_the_day(cast):
    target = put_in_force(cast)
    _make_due(cast)
    _make_due(cast, "A waiver lapsed.", at=LATER + dt.timedelta(days=3))
    target.refresh_from_db()
    assert (target.review_due_on, target.review_because) == (TODAY, f"{WHY} A waiver lapsed.")


def test_a_review_that_is_overdue_does_not_get_a_later_day(cast):
    target = put_in_force(cast)
    was = target.review_due_on
    _make_due(cast, at=NOW + dt.timedelta(days=200))
    target.refresh_from_db()
    assert (target.review_due_on, target.review_because) == (was, WHY)


def test_a_long_reason_is_cut_to_what_fits(cast):
    put_in_force(cast)
    assert len(_make_due(cast, "word " * 200).review_because) == SAID_MAX


def test_reaffirming_clears_the_reason_and_the_same_day_can_come_again(cast):
    target = put_in_force(cast)
    _make_due(cast)
    _reaffirm(target, cast.stakeholder, LATER)
    target.refresh_from_db()
    assert target.review_because == ""
    assert target.review_due_on > TODAY
    # The day has been reaffirmed once; the next change makes the day after it due.
    _make_due(cast, "A waiver lapsed.")
    target.refresh_from_db()
    assert target.review_due_on == TODAY + dt.timedelta(days=1)
    _reaffirm(target, cast.stakeholder, LATER)


def test_a_new_target_begins_without_a_reason(cast):
    put_in_force(cast)
    _make_due(cast)
    assert put_in_force(cast, tier=2, at=LATER).review_because == ""


def test_the_reminder_goes_out_for_the_new_day_with_the_reason(cast):
    put_in_force(cast)
    with rewriting_history():
        Message.objects.all().delete()
    _make_due(cast)
    assert remind_of_reviews(at=LATER) == 1
    assert remind_of_reviews(at=LATER + dt.timedelta(hours=1)) == 0
    message = Message.objects.get()
    assert (message.purpose, list(message.deliveries.values_list("user__name", flat=True))) == (
        "review-due-early",
        ["Priya Raman"],
    )
    assert WHY in message.body


def test_who_was_reminded_of_the_very_day_hears_of_the_reason_too(cast):
    target = put_in_force(cast)
    at = dt.datetime.combine(target.review_due_on, dt.time(12), dt.UTC)
    remind_of_reviews(at=at)
    _make_due(cast, at=at)
    assert remind_of_reviews(at=at) == 1


@pytest.mark.parametrize(
    ("rto", "rpo", "said"),
    [
        (Proof.MISSED, Proof.MET, "missed the RTO."),
        (Proof.MISSED, Proof.MISSED, "missed the RTO and RPO."),
        (Proof.MET, Proof.CLAIMED, ""),
    ],
)
def test_a_missed_drill_makes_the_review_due(cast, rto, rpo, said):
    target = put_in_force(cast)
    reviews.note_proof(workload=cast.workload, proven_on=TODAY, rto=rto, rpo=rpo, by=cast.owner, at=LATER)
    target.refresh_from_db()
    assert target.review_because.endswith(said)
    assert bool(target.review_because) == bool(said)
    assert (target.review_due_on == TODAY) == bool(said)


def test_a_drill_older_than_the_newest_changes_nothing(cast):
    target = put_in_force(cast)
    reviews.note_proof(workload=cast.workload, proven_on=TODAY, rto="met", rpo="met", by=cast.owner, at=LATER)
    older = TODAY - dt.timedelta(days=1)
    reviews.note_proof(workload=cast.workload, proven_on=older, rto="missed", rpo="met", by=cast.owner, at=LATER)
    target.refresh_from_db()
    assert target.review_because == ""


def test_the_pages_say_why(cast, page):
    target = put_in_force(cast)
    _make_due(cast)
    for address in (cast.workload.get_absolute_url(), target.get_absolute_url(), f"{target.get_absolute_url()}review/"):
        assert WHY in page(cast.stakeholder).get(address).text, address


def test_who_has_not_read_the_reason_signs_nothing(cast, page):
    target = put_in_force(cast, at=timezone.now() - dt.timedelta(days=5))
    address, client = f"{target.get_absolute_url()}review/", page(cast.stakeholder)
    shown = client.get(address)
    form = {"digest": shown.context["digest"], "due": target.review_due_on.isoformat(), "password": PASSWORD}
    _make_due(cast, at=timezone.now())
    answer = client.post(address, form, follow=True)
    assert "Nothing has been signed, because something changed" in answer.text
    shown = client.get(address).context["target"]
    form |= {"due": shown.review_due_on.isoformat(), "because": shown.review_because}
    assert "Reaffirmed." in client.post(address, form, follow=True).text


def _needs(cast, strength):
    values = {"strength": strength, "order": "sequential", "remains": "Reading." if strength == "soft" else ""}
    ledger = services.add_workload(by=cast.head, at=NOW, name="Ledger", purpose="Keeps books.", owner_team=cast.team)
    return add_dependency(workload=cast.workload, by=cast.owner, at=LATER, needs=ledger, **values)


def test_a_new_hard_dependency_makes_the_review_due(cast):
    target = put_in_force(cast)
    _needs(cast, "hard")
    target.refresh_from_db()
    assert because_for([target], cast.head)[target.pk] == "It now depends on Ledger, and nothing works without it."
    assert target.review_due_on == TODAY


def test_a_soft_dependency_does_so_only_when_it_becomes_hard(cast):
    target = put_in_force(cast)
    dependency = _needs(cast, "soft")
    target.refresh_from_db()
    assert target.review_because == ""
    change_dependency(dependency=dependency, by=cast.owner, at=LATER, strength="hard")
    target.refresh_from_db()
    assert because_for([target], cast.head)[target.pk] == "It now depends on Ledger, and nothing works without it."


def test_what_happened_before_somebody_signed_makes_nothing_due(cast):
    target = put_in_force(cast)
    assert _make_due(cast, at=NOW - dt.timedelta(days=1)) is None
    _reaffirm(target, cast.stakeholder, LATER)
    assert _make_due(cast, at=LATER - dt.timedelta(days=1)) is None
