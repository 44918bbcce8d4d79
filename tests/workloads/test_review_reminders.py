"""Reviews are announced to the right people on their own days: each step once, none skipped."""

from __future__ import annotations

import datetime as dt
import threading
import zoneinfo

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Event
from communications.models import Delivery, Message, ReminderReceipt
from people.models import Mailing, RoleAssignment, User
from people.permissions import BUSINESS_STAKEHOLDER, HEAD_OF_OPERATIONS, IT_OPERATIONS, WORKLOAD_OWNER
from signoffs.documents import digest
from signoffs.models import Request
from tests.cast import NOW, Cast, give, make_cast, person, proof, put_in_force
from tests.past import rewriting_history
from workloads import reviews, tasks
from workloads.models import Classification, Workload
from workloads.reminders import remind_of_reviews
from workloads.signing import classification_document

DAY = dt.timedelta(days=1)
OSLO = zoneinfo.ZoneInfo("Europe/Oslo")


@pytest.fixture
def target(cast: Cast) -> Classification:
    found = put_in_force(cast, tier=2)
    with rewriting_history():
        Message.objects.all().delete()
    return found


def noon(day: dt.date, zone: str = "Europe/Oslo") -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), zoneinfo.ZoneInfo(zone))


def due_on(target: Classification) -> dt.date:
    assert target.review_due_on is not None
    return target.review_due_on


def run(target: Classification, days: int) -> list[tuple[str, str]]:
    """Sweep at noon so many days after the due date: (purpose, to whom) of what was written."""
    before = set(Message.objects.values_list("pk", flat=True))
    remind_of_reviews(at=noon(due_on(target) + days * DAY))
    found = Delivery.objects.exclude(message__in=before).order_by("user__name")
    return list(found.values_list("message__purpose", "user__name"))


STAKEHOLDER, DEPUTY, HEAD = "Priya Raman", "Oskar Berge", "Maren Holt"


def vacate(role: str) -> None:
    with rewriting_history():
        RoleAssignment.objects.filter(role=role).delete()


@pytest.mark.django_db
def test_the_stakeholder_is_reminded_14_and_7_days_before_and_on_the_day(target):
    said = {days: run(target, days) for days in range(-20, 7)}
    assert {days: found for days, found in said.items() if found} == {
        -14: [("review-due", STAKEHOLDER)],
        -7: [("review-due", STAKEHOLDER)],
        0: [("review-due", STAKEHOLDER)],
    }


@pytest.mark.django_db
def test_later_her_deputy_and_then_the_head_of_operations_hear_of_it_too(target):
    said = {days: [name for _, name in run(target, days)] for days in range(40)}
    assert {days: names for days, names in said.items() if names} == {
        0: [STAKEHOLDER],
        7: [STAKEHOLDER],
        14: [DEPUTY, STAKEHOLDER],
        21: [DEPUTY, STAKEHOLDER],
        28: [HEAD, DEPUTY, STAKEHOLDER],
        35: [HEAD, DEPUTY, STAKEHOLDER],
    }


@pytest.mark.django_db
def test_the_message_says_what_when_and_leads_to_the_review(target):
    run(target, -14)
    message = Message.objects.get()
    assert message.subject_line.replace("\u00a0", " ") == "Review in 14 days: Payment Hub, tier 2, RTO 4 h, RPO 4 h"
    assert message.path == f"/workloads/classifications/{target.pk}/review/"
    assert message.thread == target.trail_thread
    run(target, 8)
    late = Message.objects.order_by("-id")[0]
    assert late.purpose == "review-overdue"
    assert late.subject_line.startswith("Review 8 days overdue: Payment Hub")
    assert {event.door for event in Event.objects.filter(kind="message.queued")[:2]} == {"sweep"}


@pytest.mark.django_db
def test_a_portal_off_for_a_week_sends_one_message_and_receipts_for_all_it_covers(target):
    run(target, -14)
    assert run(target, 3) == [("review-due", STAKEHOLDER)]
    receipts = ReminderReceipt.objects.order_by("id").values_list("step", flat=True)
    assert sorted(receipts) == ["before-14", "before-7", "due"]
    assert [run(target, days) for days in (3, 4, 5, 6)] == [[], [], [], []]
    assert run(target, 7) == [("review-overdue", STAKEHOLDER)]


@pytest.mark.django_db
def test_a_portal_that_first_runs_late_says_it_once(target):
    assert run(target, 30) == [("review-overdue", name) for name in (HEAD, DEPUTY, STAKEHOLDER)]
    assert run(target, 34) == []


@pytest.mark.django_db
def test_a_reaffirmed_target_starts_anew(cast, target):
    run(target, 0)
    document = classification_document(target)
    at = noon(target.review_due_on)
    reviews.reaffirm(classification=target, by=cast.stakeholder, at=at, proof=proof(at), digest=digest(document))
    was_due = target.review_due_on
    target.refresh_from_db()
    assert target.review_due_on > was_due
    assert run(target, -15) == []
    assert run(target, -14) == [("review-due", STAKEHOLDER)]


@pytest.mark.django_db
def test_a_superseded_target_and_a_retired_workload_are_left_in_peace(cast, target):
    old_due = target.review_due_on
    put_in_force(cast, tier=3, at=NOW + 30 * DAY)
    with rewriting_history():
        Message.objects.all().delete()
    remind_of_reviews(at=noon(old_due))
    assert not Message.objects.exists()
    Workload.objects.update(lifecycle="retired")
    remind_of_reviews(at=noon(old_due + 300 * DAY))
    assert not Message.objects.exists()


# --- Who, when somebody is missing ----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_vacant_role_passes_the_reminder_on_and_never_to_nobody(cast, target):
    with rewriting_history():
        RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER).update(person=None)
    assert run(target, -14) == [("review-due", DEPUTY)]
    vacate(BUSINESS_STAKEHOLDER)
    give(WORKLOAD_OWNER, cast.owner, workload=cast.workload)
    assert run(target, -7) == [("review-due", "Tomas Reyes")]
    vacate(WORKLOAD_OWNER)
    assert run(target, 0) == [("review-due", HEAD)]
    vacate(HEAD_OF_OPERATIONS)
    assert run(target, 7) == [("review-overdue", "Jonas Lindqvist")]
    assert RoleAssignment.objects.filter(role=IT_OPERATIONS).exists()


@pytest.mark.django_db
def test_who_can_no_longer_sign_in_is_passed_over(cast, target):
    User.objects.filter(pk=cast.stakeholder.pk).update(is_active=False)
    assert run(target, -14) == [("review-due", DEPUTY)]


@pytest.mark.django_db
def test_the_team_hears_when_the_stakeholder_left_and_nobody_acts(cast, target):
    person("Mia Member", team=cast.team)
    User.objects.filter(pk__in=[cast.stakeholder.pk, cast.deputy.pk, cast.owner.pk]).update(is_active=False)
    assert [run(target, -14), run(target, -14)] == [[("review-due", "Mia Member")], []]
    assert Message.objects.get().body.startswith("You stand in here: this was Priya Raman's, who cannot sign in")
    User.objects.filter(name="Mia Member").update(is_active=False)
    assert run(target, -7) == [("review-due", HEAD)]


@pytest.mark.django_db
def test_a_role_for_the_workload_comes_before_one_for_the_organisation(cast, target):
    general = person("Gesa General")
    give(BUSINESS_STAKEHOLDER, general)
    assert run(target, -14) == [("review-due", STAKEHOLDER)]
    with rewriting_history():
        RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER, workload_id=cast.workload.pk).delete()
    assert run(target, -7) == [("review-due", "Gesa General")]


@pytest.mark.django_db
def test_a_successor_is_told_where_it_stands(cast, target):
    run(target, -14)
    with rewriting_history():
        RoleAssignment.objects.filter(role=BUSINESS_STAKEHOLDER).update(person=person("Nova Neu"))
    assert run(target, -10) == [("review-due", "Nova Neu")]
    assert run(target, -9) == []


@pytest.mark.django_db
def test_one_person_in_two_roles_gets_one_message(cast, target):
    with rewriting_history():
        RoleAssignment.objects.filter(role=HEAD_OF_OPERATIONS).update(person=cast.stakeholder)
    assert run(target, 28) == [("review-overdue", DEPUTY), ("review-overdue", STAKEHOLDER)]


# --- Days and zones -------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Pacific/Auckland", "2027-02-03T11:00+00:00"),  # 13 hours ahead: midnight is 11:00 UTC of the day before
        ("Europe/Oslo", "2027-02-03T23:00+00:00"),
        ("Pacific/Honolulu", "2027-02-04T10:00+00:00"),
        ("Pacific/Kiritimati", "2027-02-03T10:00+00:00"),
    ],
)
def test_the_day_begins_where_the_reader_is(cast, target, zone, first):
    User.objects.filter(pk=cast.stakeholder.pk).update(time_zone=zone)
    assert target.review_due_on == dt.date(2027, 2, 18)
    begins = dt.datetime.fromisoformat(first)
    assert remind_of_reviews(at=begins - dt.timedelta(seconds=1)) == 0
    assert remind_of_reviews(at=begins) == 1
    assert "in 14 days" in Message.objects.get().subject_line


@pytest.mark.django_db
def test_a_reader_who_moves_west_over_midnight_is_not_told_twice(cast, target):
    User.objects.filter(pk=cast.stakeholder.pk).update(time_zone="Pacific/Auckland")
    at = dt.datetime(2027, 2, 17, 20, tzinfo=dt.UTC)
    assert remind_of_reviews(at=at) == 1
    User.objects.filter(pk=cast.stakeholder.pk).update(time_zone="Pacific/Honolulu")
    assert remind_of_reviews(at=at + dt.timedelta(hours=1)) == 0


# --- Digests, sweeps ------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_who_reads_once_a_day_finds_it_in_the_digest(cast, target):
    User.objects.filter(pk=cast.stakeholder.pk).update(mailing=Mailing.DAILY)
    run(target, -14)
    assert Delivery.objects.get().state == Delivery.State.HELD


@pytest.mark.django_db
def test_the_timetable_knocks(cast, target):
    Classification.objects.filter(pk=target.pk).update(review_due_on=timezone.localdate())
    tasks.remind()
    assert Message.objects.count() == 1
    tasks.settle_rights()


@pytest.mark.django_db(transaction=True)
def test_eight_beats_at_once_send_one_message_each():
    cast = make_cast()
    target = put_in_force(cast, tier=2)
    with rewriting_history():
        Message.objects.all().delete()
    at, start, written = noon(due_on(target) + 28 * DAY), threading.Barrier(8), []

    def beat():
        start.wait()
        try:
            written.append(remind_of_reviews(at=at))
        finally:
            connection.close()

    threads = [threading.Thread(target=beat) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(written), sum(written)) == (8, 3)
    assert sorted(Delivery.objects.values_list("user__name", flat=True)) == [HEAD, DEPUTY, STAKEHOLDER]


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_targets(cast, target, django_assert_max_num_queries):
    def copies(count):
        rows = [
            Workload(name=f"W{n}", purpose="p", owner_team=cast.team, added_at=NOW, added_by=cast.head)
            for n in range(Workload.objects.count(), Workload.objects.count() + count)
        ]
        same = {f.attname: getattr(target, f.attname) for f in Classification._meta.concrete_fields}
        request = {f.attname: getattr(target.request, f.attname) for f in Request._meta.concrete_fields}
        workloads_made = Workload.objects.bulk_create(rows)
        requests = Request.objects.bulk_create(
            Request(**request | {"id": None, "subject_id": 10**6 + w.pk, "workload_id": w.pk}) for w in workloads_made
        )
        Classification.objects.bulk_create(
            Classification(**same | {"id": None, "workload_id": w.pk, "request_id": r.pk})
            for w, r in zip(workloads_made, requests, strict=True)
        )

    give(BUSINESS_STAKEHOLDER, cast.stakeholder)
    copies(200)
    at = noon(target.review_due_on)
    remind_of_reviews(at=at - 7 * DAY)
    with django_assert_max_num_queries(14):  # also when nothing is new, which is nearly always
        assert remind_of_reviews(at=at - 6 * DAY) == 0
