"""Rounds of deliveries: workers that vanish, come too late, are slow, stop, or share the work."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import Error as DatabaseError
from django.db import connection
from django.test.utils import override_settings

from communications import delivery as sweeping
from communications import rounds
from communications.delivery import deliver
from communications.models import Awake, Delivery, Round, Witness
from tests.communications.conftest import again, only, pass_time, trail, write

pytestmark = pytest.mark.django_db(transaction=True)


def abandoned(count: int, leaving: int | None) -> list[Delivery]:
    """A round whose worker was killed while number `leaving` (from 0) left, and whose lease has run out."""
    deliveries = [only(write()) for _ in range(count)]
    hand = rounds.claim()
    assert hand is not None
    if leaving is not None:
        assert rounds.note(hand, deliveries[leaving].pk)
    pass_time(minutes=10)
    return deliveries


def test_a_killed_worker_leaves_exactly_one_in_doubt(server):
    deliveries = abandoned(5, leaving=2)
    assert rounds.resolve() == 1
    found = [again(d) for d in deliveries]
    assert [d.state for d in found] == ["sent", "sent", "queued", "queued", "queued"]
    assert [d.flagged_copy for d in found] == [False, False, True, False, False]
    assert (len(trail("delivery.doubted")), Round.objects.count()) == (1, 0)
    assert deliver().sent == 3
    assert sorted(server.to) == sorted(d.address for d in deliveries[2:])


def test_a_worker_killed_before_its_first_letter_leaves_nothing_in_doubt(server):
    deliveries = abandoned(3, leaving=None)
    assert rounds.resolve() == 0
    assert {again(d).state for d in deliveries} == {"queued"}
    assert not Delivery.objects.filter(flagged_copy=True).exists()
    assert {again(d).attempts for d in deliveries} == {0}


def test_when_notes_may_be_lost_all_that_was_not_sent_for_sure_is_in_doubt():
    deliveries = abandoned(4, leaving=1)
    Witness.objects.all().delete()  # what a crash of the database does to an unlogged table
    assert rounds.resolve() == 3
    found = [again(d) for d in deliveries]
    assert [d.state for d in found] == ["sent", "queued", "queued", "queued"]
    assert [d.flagged_copy for d in found] == [False, True, True, True]


def test_when_nothing_is_left_of_a_round_all_of_it_is_in_doubt():
    deliveries = abandoned(3, leaving=1)
    Witness.objects.all().delete()
    Round.objects.all().delete()
    assert rounds.resolve() == 3
    assert {(again(d).state, again(d).flagged_copy) for d in deliveries} == {("queued", True)}


def test_witnesses_are_unlogged_and_rounds_are_not():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relpersistence FROM pg_class WHERE relname IN ('communications_round', 'communications_witness')"
        )
        assert dict(cursor.fetchall()) == {"communications_round": "p", "communications_witness": "u"}


def test_a_round_whose_lease_still_runs_is_left_alone():
    delivery = only(write())
    assert rounds.claim() is not None
    assert rounds.resolve() == 0
    assert again(delivery).state == "started"
    assert rounds.claim() is None


def test_a_worker_that_comes_too_late_changes_nothing_and_sends_nothing_further(server):
    first, second = only(write()), only(write())
    late = rounds.claim()
    assert late is not None
    rounds.note(late, first.pk)
    pass_time(minutes=10)
    assert deliver().sent == 2  # another worker: the first as a flagged copy
    was = list(Delivery.objects.values())
    assert not rounds.note(late, second.pk)
    rounds.sent(late, first.pk)
    rounds.settle(late)
    rounds.fail(late, second, "never mind")
    rounds.doubt(late, second)
    rounds.finish(late)
    assert list(Delivery.objects.values()) == was
    assert [len(trail(kind)) for kind in ("delivery.doubted", "delivery.failed")] == [1, 0]


def test_a_slow_round_says_what_was_sent_and_keeps_the_rest(server, monkeypatch):
    monkeypatch.setattr(rounds, "SETTLE_AFTER", 0)
    deliveries = [only(write()) for _ in range(3)]
    seen: list[list[str]] = []
    server.content = lambda envelope: seen.append(_states()) or "250 OK"
    deliver()
    assert [s.count("sent") for s in seen] == [0, 1, 2]
    assert {again(d).state for d in deliveries} == {"sent"}


def _states() -> list[str]:
    try:
        return list(Delivery.objects.order_by("id").values_list("state", flat=True))
    finally:
        connection.close()


def test_a_lease_is_renewed_while_its_worker_lives():
    only(write())
    hand = rounds.claim()
    assert hand is not None
    pass_time(seconds=60)
    rounds.settle(hand)
    pass_time(seconds=60)
    assert rounds.resolve() == 0


def test_stopping_gives_back_what_has_not_left(server):
    deliveries = [only(write()) for _ in range(4)]
    assert deliver(stop=lambda: len(server.letters) >= 2).sent == 2
    assert [again(d).state for d in deliveries] == ["sent", "sent", "queued", "queued"]
    assert (deliver().sent, len(server.letters)) == (2, 4)


def test_what_was_sent_is_remembered_across_a_loss_of_the_database(server):
    """The server took both letters, then the connection to the database died: they are not sent again."""
    deliveries = [only(write()) for _ in range(3)]

    def content(envelope: object) -> str:
        if len(server.letters) == 1:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE %s",
                    ["%communications_round%"],
                )
            connection.close()
        return "250 OK"

    server.content = content
    with pytest.raises(DatabaseError):
        deliver()
    assert [again(d).state for d in deliveries] == ["sent", "sent", "queued"]
    assert (deliver().sent, len(server.letters)) == (1, 3)
    assert not Delivery.objects.filter(flagged_copy=True).exists()


def test_workers_share_the_work_and_each_message_leaves_once(server, monkeypatch):
    for _ in range(60):
        write()
    sums: list[int] = []

    def work() -> None:
        try:
            sums.append(deliver().sent)
        finally:
            connection.close()

    monkeypatch.setattr(rounds, "BATCH", 5)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (sum(sums), len(server.letters)) == (60, 60)
    assert len(set(server.to)) == 60
    assert sum(1 for s in sums if s) > 1


def test_a_claim_takes_no_more_than_its_batch_and_the_oldest_first(monkeypatch):
    monkeypatch.setattr(rounds, "BATCH", 2)
    now = dt.datetime.now(dt.UTC)
    newest, oldest, middle = (only(write(at=now - dt.timedelta(hours=h))) for h in (1, 3, 2))
    first, second = rounds.claim(), rounds.claim()
    assert first is not None
    assert second is not None
    assert (set(first.left), set(second.left)) == ({oldest.pk, middle.pk}, {newest.pk})
    assert rounds.claim() is None


@override_settings(DELIVERY_LEASE=10, EMAIL_TIMEOUT=15)
def test_a_lease_shorter_than_a_message_may_take_is_refused_at_start():
    with pytest.raises(SystemCheckError, match="DELIVERY_LEASE"):
        call_command("check")


def test_a_lease_that_ran_out_while_the_database_was_away_condemns_nobody(server):
    """Its worker lives and only now can say what it had sent; nothing of it is in doubt."""
    first, second = only(write()), only(write())
    hand = rounds.claim()
    assert hand is not None
    rounds.note(hand, first.pk)
    rounds.sent(hand, first.pk)
    Witness.objects.all().delete()  # the database crashed
    Awake.objects.all().delete()
    pass_time(minutes=10)  # and was away for longer than the lease
    assert deliver().doubted == 0  # another worker is first
    rounds.finish(hand)
    assert [again(d).state for d in (first, second)] == ["sent", "queued"]
    assert deliver().sent == 1
    assert not Delivery.objects.filter(flagged_copy=True).exists()


def test_after_a_silence_the_living_have_one_lease_to_speak():
    assert rounds.stay_awake()
    Awake.objects.update(seen=dt.datetime.now(dt.UTC) - 2 * rounds.lease())
    assert not rounds.stay_awake()
    Awake.objects.update(since=dt.datetime.now(dt.UTC) - rounds.lease())
    assert rounds.stay_awake()


def test_much_leaves_over_several_lines_at_once(server, settings):
    settings.MAIL_CONNECTIONS = 3
    together = threading.Barrier(3)
    opened: list[int] = []
    real = sweeping.Line.open

    def opens(self: Any) -> None:
        if not hasattr(self, "met"):
            self.met = True
            together.wait(60)  # no line goes on before three are there
            opened.append(1)
        real(self)

    for _ in range(90):
        write()
    with mock.patch.object(sweeping.Line, "open", opens):
        assert deliver(seconds=60).sent == 90
    assert len(opened) == 3
    assert len(set(server.to)) == len(server.to) == 90


def test_few_messages_need_one_line(server, monkeypatch):
    monkeypatch.setattr(sweeping, "ThreadPoolExecutor", None)
    for _ in range(5):
        write()
    assert deliver().sent == 5
