"""A reminder goes by receipt: once for each step, whoever calls, however often."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.kinds import Kind
from audit.models import Door, Event
from communications.models import Delivery, Message, ReminderReceipt
from communications.purposes import Purpose
from communications.services import Reminder, remind, remind_many
from people.models import Mailing, User
from tests.cast import NOW, person

DUE = dt.date(2026, 12, 3)
CONTEXT = {"workload": "Payment Hub", "target": "tier 1", "due": "3 Dec", "when_words": "in 13 days", "instead": ""}
CALLERS = 30


def ask(to: User, **values: Any) -> bool:
    usual: dict[str, Any] = {
        "thread": "workload:1",
        "due_on": DUE,
        "step": "30",
        "path": "/x/",
        "context": CONTEXT,
        "at": NOW,
    }
    return remind(values.pop("purpose", Purpose.REVIEW_DUE), to=to, **(usual | values))


def reminder(to: User, **values: Any) -> Reminder:
    usual: dict[str, Any] = {"thread": "workload:1", "due_on": DUE, "step": "30", "path": "/x/", "context": CONTEXT}
    return Reminder(Purpose.REVIEW_DUE, to=to, **(usual | values))


def test_the_first_call_sends_and_the_second_does_not(cast):
    assert ask(cast.owner)
    assert not ask(cast.owner)
    assert Message.objects.get().deliveries.get().user == cast.owner
    assert ReminderReceipt.objects.get().message == Message.objects.get()


@pytest.mark.parametrize(
    "other",
    [{"step": "7"}, {"thread": "workload:2"}, {"due_on": dt.date(2027, 1, 1)}, {"purpose": Purpose.REVIEW_OVERDUE}],
    ids=["step", "thread", "date", "purpose"],
)
def test_whatever_is_another_step_is_sent_too(cast, other):
    assert ask(cast.owner)
    assert ask(cast.owner, **other)


def test_another_person_is_reminded_too(cast):
    assert ask(cast.owner)
    assert ask(cast.head)


def test_after_a_week_off_one_message_stands_for_the_steps_it_covers(cast):
    assert ask(cast.owner, step="7", covers=("60", "30"))
    message = Message.objects.get()
    assert set(ReminderReceipt.objects.values_list("step", "message")) == {(s, message.pk) for s in ("7", "30", "60")}
    assert not ask(cast.owner, step="30")
    assert not ask(cast.owner, step="60")


def test_a_step_that_was_sent_keeps_its_own_message_when_a_later_one_covers_it(cast):
    assert ask(cast.owner, step="30")
    first = Message.objects.get()
    assert ask(cast.owner, step="7", covers=("30",))
    assert ReminderReceipt.objects.get(step="30").message == first


def test_who_cannot_be_reached_gets_no_receipt_so_that_she_hears_once_she_can(cast):
    cast.owner.is_active = False
    assert not ask(cast.owner)
    assert not ReminderReceipt.objects.exists()
    cast.owner.is_active = True
    assert ask(cast.owner)


def test_a_reminder_waits_for_the_digest_of_who_wants_one_message_a_day(cast):
    cast.owner.mailing = Mailing.DAILY
    assert ask(cast.owner)
    assert Delivery.objects.get().state == Delivery.State.HELD


def test_the_portal_itself_reminds_and_the_trail_says_of_which_step(cast):
    ask(cast.owner)
    line = Event.objects.get(kind=Kind.MESSAGE_QUEUED)
    assert (line.actor_name, line.door, line.thread) == ("Portal", Door.SWEEP, "workload:1")
    assert line.after == {"purpose": "review-due", "to": ["Tomas Reyes"], "step": "30"}


def test_the_same_reminder_twice_in_one_call_is_one_message(cast):
    assert remind_many([reminder(cast.owner), reminder(cast.owner)], at=NOW) == 1
    assert Message.objects.count() == 1


def test_a_context_that_does_not_fit_leaves_neither_message_nor_receipt(cast):
    with pytest.raises(ValueError, match="placeholders"):
        ask(cast.owner, context={})
    assert not ReminderReceipt.objects.exists()


def _cost(reminders: list[Reminder]) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert remind_many(reminders, at=NOW) == len(reminders)
    return len(asked)


def test_two_hundred_reminders_cost_as_many_questions_as_one(cast):
    one = _cost([reminder(cast.owner, thread="workload:0", covers=("60",))])
    many = _cost([reminder(cast.owner, thread=f"workload:{n}", covers=("60",)) for n in range(1, 201)])
    assert many == one


def test_a_second_sweep_over_thousands_costs_one_question_for_each_two_thousand(cast):
    wanted = [reminder(cast.owner, thread=f"workload:{n}") for n in range(4100)]
    assert remind_many(iter(wanted), at=NOW) == 4100
    with CaptureQueriesContext(connection) as asked:
        assert remind_many(iter(wanted), at=NOW) == 0
    assert len([q for q in asked if "INSERT" in q["sql"]]) == 3
    assert len(asked) <= 5


def _together(deed: Any) -> list[int]:
    """What each of thirty callers on connections of their own returned."""
    start, results = threading.Barrier(CALLERS), [-1] * CALLERS

    def call(number: int) -> None:
        try:
            connection.ensure_connection()
            start.wait(30)
            results[number] = int(deed())
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=[number]) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_thirty_callers_at_once_send_one_message():
    owner = person("Tomas Reyes")
    assert sorted(_together(lambda: ask(owner, covers=("60",)))) == [0] * (CALLERS - 1) + [1]
    assert Message.objects.count() == Delivery.objects.count() == 1
    assert ReminderReceipt.objects.count() == 2


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_thirty_sweeps_at_once_over_many_workloads_send_each_once_and_none_gets_stuck():
    owner = person("Tomas Reyes")
    wanted = [reminder(owner, thread=f"workload:{n}", covers=("60", "90")) for n in range(40)]
    results = _together(lambda: remind_many(wanted, at=NOW))
    assert sum(results) == 40
    assert -1 not in results
    assert Message.objects.count() == 40
