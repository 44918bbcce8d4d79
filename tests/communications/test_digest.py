"""One message a day, in the morning, for who wants no more."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection, transaction

from communications.digests import gather
from communications.models import Delivery, Message
from communications.purposes import Purpose
from communications.services import compose
from people.models import Mailing, User
from tests.cast import person

DAY = dt.date(2026, 11, 20)
NIGHT = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
MORNING = dt.datetime(2026, 11, 20, 6, 0, tzinfo=dt.UTC)  # 07:00 in Oslo
State = Delivery.State


def reader(name: str = "Tomas Reyes", **fields: Any) -> User:
    return person(name, mailing=Mailing.DAILY, **fields)


def hold(to: User, what: str = "Payment Hub", at: dt.datetime = NIGHT) -> Delivery:
    with transaction.atomic():
        message = compose(
            Purpose.CLASSIFICATION_WITHDRAWN, to=[to], thread="workload:1", path=f"/workloads/{len(what)}/",
            context={"who": "Maren Holt", "workload": what}, by=to, at=at,
        )  # fmt: skip
    assert message is not None
    return message.deliveries.get()


def digests() -> list[Message]:
    return list(Message.objects.filter(purpose=Purpose.DAILY_DIGEST.key).order_by("pk"))


@pytest.mark.django_db
def test_at_seven_all_that_was_held_is_listed_in_one_message(settings):
    settings.BASE_URL = "https://portal.example"
    tomas = reader()
    held = [hold(tomas, "Payment Hub"), hold(tomas, "Claims Intake")]
    assert gather(at=MORNING - dt.timedelta(seconds=1)) == 0
    assert gather(at=MORNING) == 1
    (digest,) = digests()
    assert digest.subject_line == "Your 2 messages of the day"
    assert "- Withdrawn: the proposed target for Payment Hub\n  https://portal.example/workloads/11/" in digest.body
    assert "Claims Intake" in digest.body
    for delivery in held:
        delivery.refresh_from_db()
        assert (delivery.state, delivery.digest) == (State.DIGESTED, digest)
    assert digest.deliveries.get().state == State.QUEUED


@pytest.mark.django_db
def test_once_a_day_and_the_rest_the_next_morning():
    tomas = reader()
    hold(tomas)
    assert gather(at=MORNING) == 1
    late = hold(tomas, at=MORNING + dt.timedelta(hours=2))
    assert gather(at=MORNING + dt.timedelta(hours=3)) == 0
    assert gather(at=MORNING + dt.timedelta(hours=23, minutes=59)) == 0
    late.refresh_from_db()
    assert late.state == State.HELD
    assert gather(at=MORNING + dt.timedelta(days=1)) == 1


@pytest.mark.django_db
def test_a_portal_that_was_off_at_seven_sends_when_it_is_back():
    hold(reader())
    assert gather(at=MORNING + dt.timedelta(hours=9)) == 1


@pytest.mark.django_db
def test_morning_is_where_the_reader_is():
    hold(reader("Kiri Ngata", time_zone="Pacific/Auckland"), at=NIGHT)
    hold(reader("Ann Lee", time_zone="America/New_York"), at=NIGHT)
    # 16:00 in Auckland, whose next morning is at 18:00 UTC; 22:00 in New York, at 12:00 UTC.
    moments = [(4, 0), (11, 59), (12, 0), (17, 59), (18, 0)]
    found = [gather(at=dt.datetime(2026, 11, 20, hour, minute, tzinfo=dt.UTC)) for hour, minute in moments]
    assert found == [0, 0, 1, 0, 1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "before", "after"),
    [(dt.date(2026, 3, 29), 6, 5), (dt.date(2026, 10, 25), 5, 6)],
    ids=["clocks forward", "clocks back"],
)
def test_seven_stays_seven_when_the_clocks_change(change, before, after):
    tomas = reader()
    for day, hour in ((change - dt.timedelta(days=1), before), (change, after)):
        seven = dt.datetime.combine(day, dt.time(hour), tzinfo=dt.UTC)
        hold(tomas, at=seven - dt.timedelta(hours=4))
        assert gather(at=seven - dt.timedelta(minutes=1)) == 0
        assert gather(at=seven) == 1


@pytest.mark.django_db
def test_who_went_back_to_single_messages_does_not_wait_for_the_morning():
    tomas = reader()
    hold(tomas)
    tomas.mailing = Mailing.AT_ONCE
    tomas.save()
    assert gather(at=NIGHT) == 1


@pytest.mark.django_db
def test_without_anything_held_nobody_gets_an_empty_digest():
    reader()
    assert gather(at=MORNING) == 0
    assert not digests()


@pytest.mark.django_db
def test_who_can_no_longer_sign_in_gets_none_and_uses_up_no_day():
    tomas = reader()
    hold(tomas)
    User.objects.filter(pk=tomas.pk).update(is_active=False)
    assert gather(at=MORNING) == 0
    User.objects.filter(pk=tomas.pk).update(is_active=True)
    assert gather(at=MORNING) == 1


@pytest.mark.django_db
def test_looking_again_the_same_day_costs_the_same_for_one_reader_and_for_twenty(django_assert_num_queries):
    readers = [reader(f"Reader {n}") for n in range(20)]
    for someone in readers:
        hold(someone)
    assert gather(at=MORNING) == 20
    for someone in readers:
        hold(someone, at=MORNING)
    with django_assert_num_queries(3):
        assert gather(at=MORNING + dt.timedelta(minutes=1)) == 0


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_moment_compose_one_digest():
    tomas = reader()
    for number in range(5):
        hold(tomas, f"Workload {number}")
    start, done = threading.Barrier(8), []

    def sweep() -> None:
        try:
            connection.ensure_connection()
            start.wait(30)
            done.append(gather(at=MORNING))
        finally:
            connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [0] * 7 + [1]
    assert len(digests()) == 1
    assert Delivery.objects.filter(state=State.DIGESTED).count() == 5
