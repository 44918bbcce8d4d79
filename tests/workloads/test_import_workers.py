"""The workers behind uploaded files: each file is worked on once, whoever dies, and its page says how far it is."""

from __future__ import annotations

import datetime as dt
import threading
from functools import partial

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from audit.errors import WrongState
from audit.kinds import Kind
from audit.models import Event
from tests.cast import NOW, make_cast
from tests.races import at_once, done
from tests.workloads.pending import State, checked, fresh, in_state, keep, lease_over, queue
from tests.workloads.registers import PLAIN, ROW, work
from workloads.catalogue import planning
from workloads.models import PendingImport, Workload
from workloads.register import services, sweep, telling, waiting, waking

HOUR = dt.timedelta(hours=1)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [s for s in State if s not in (State.WAITING, State.QUEUED)])
def test_a_worker_takes_up_nothing_that_does_not_wait(cast, state):
    pending = in_state(cast.head, state)
    assert work(NOW) == 0
    assert fresh(pending, state).leases == pending.leases


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "after"), [(State.CHECKING, State.CHECKED), (State.IMPORTING, State.IMPORTED)])
def test_the_file_of_a_killed_worker_is_taken_again_when_its_lease_is_over(cast, before, after):
    pending = in_state(cast.head, before)
    assert work(NOW) == 0, "the lease still runs"
    lease_over()
    assert work(NOW) == 1
    assert fresh(pending, after).leases == 0
    assert Event.objects.filter(kind=Kind.REGISTER_IMPORTED).count() == (after == State.IMPORTED)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.CHECKING, State.IMPORTING])
def test_a_file_that_three_workers_died_on_is_given_up(cast, state):
    pending = in_state(cast.head, state)
    for _ in range(sweep.LEASES_MAX - 1):
        lease_over()
        assert sweep._claim(NOW) is not None
    lease_over()
    assert work(NOW) == 1
    pending = fresh(pending, State.FAILED)
    assert (pending.said, bytes(pending.data), Workload.objects.count()) == (sweep.GIVEN_UP, b"", 1)
    assert work(NOW) == 0


@pytest.mark.django_db
def test_a_fault_of_our_own_rests_and_is_tried_again(cast, monkeypatch, caplog):
    pending = in_state(cast.head, State.QUEUED)
    with monkeypatch.context() as patched:
        patched.setattr(services, "plan_contents", lambda *args, **options: 1 / 0)
        assert work(NOW) == 1
    assert "ZeroDivisionError" in caplog.text
    assert Workload.objects.count() == 1
    assert work(NOW) == 0, "it rests"
    lease_over()
    work(NOW)
    fresh(pending, State.IMPORTED)


@pytest.mark.django_db
def test_an_error_in_the_middle_leaves_nothing_and_its_reason(cast, monkeypatch):
    """An import that cannot be finished goes back with what was wrong, and without what it had written."""
    pending = in_state(cast.head, State.QUEUED)
    real = planning.write

    def half(*args, **options):
        real(*args, **options)
        raise WrongState("The lights went out.")

    monkeypatch.setattr(planning, "write", half)
    assert work(NOW) == 1
    assert (fresh(pending, State.CHECKED).said, Workload.objects.count()) == ("The lights went out.", 1)


@pytest.mark.django_db
def test_a_worker_whose_machine_vanished_gives_its_row_back_after_as_long_as_a_task_may_take(cast, monkeypatch):
    keep(cast.head, ROW)
    heard = []
    real = sweep._check

    def listening(*args):
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            heard.append(cursor.fetchone()[0])
        real(*args)

    monkeypatch.setattr(sweep, "_check", listening)
    work(NOW)
    assert heard == [sweep.LONGEST]


@pytest.mark.django_db
def test_a_worker_that_was_away_too_long_leaves_the_lease_of_the_next_one_alone(cast):
    pending = in_state(cast.head, State.QUEUED)
    slow = sweep._claim(NOW)
    lease_over()
    sweep._claim(NOW)
    until = fresh(pending, State.IMPORTING).lease_until
    sweep._rest(slow)
    assert fresh(pending).lease_until == until


@pytest.mark.django_db
def test_a_worker_ends_when_it_is_told_to_or_its_time_is_over(cast):
    keep(cast.head, ROW)
    assert sweep.work(clock=lambda: NOW, stop=lambda: True) == 0
    assert sweep.work(clock=lambda: NOW, seconds=0) == 0
    assert work(NOW) == 1


@pytest.mark.django_db
def test_a_file_in_work_is_taken_by_nobody_else_and_no_second_one_beside_it(cast, monkeypatch):
    pending, other = in_state(cast.head, State.CHECKING), keep(cast.platform, PLAIN)
    assert sweep._claim(NOW) is None, "one at a time"
    monkeypatch.setattr(sweep, "AT_ONCE", 3)
    assert sweep._claim(NOW) == other
    assert sweep._claim(NOW) is None
    assert fresh(pending).leases == fresh(other).leases == 1


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_that_come_at_the_same_moment_one_takes_a_file():
    cast = make_cast()
    for _ in range(3):
        keep(cast.head, ROW)
    taken = at_once(*[partial(sweep._claim, NOW)] * 6)
    assert sum(isinstance(found, PendingImport) for found in taken) == 1


@pytest.mark.django_db
def test_a_worker_that_was_away_too_long_changes_nothing(cast):
    pending = in_state(cast.head, State.QUEUED)
    slow = sweep._claim(NOW)
    lease_over()
    work(NOW)
    sweep._work_on(slow, NOW)
    fresh(pending, State.IMPORTED)
    assert Event.objects.filter(kind=Kind.REGISTER_IMPORTED).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", [State.WAITING, State.QUEUED])
def test_two_workers_at_once_do_it_once(state):
    cast = make_cast()
    pending = in_state(cast.head, state)
    taken = at_once(*[partial(sweep.work_on_next, at=NOW)] * 3)
    assert taken.count(True) == 1, taken
    fresh(pending, State.CHECKED if state == State.WAITING else State.IMPORTED)
    assert Event.objects.filter(kind=Kind.REGISTER_IMPORTED).count() == (state == State.QUEUED)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_imports_once():
    cast = make_cast()
    pending = checked(cast.head, ROW, PLAIN)
    assert done(at_once(*[partial(queue, pending)] * 3)) == 1
    work(NOW)
    assert Workload.objects.count() == 3
    assert Event.objects.filter(kind=Kind.REGISTER_IMPORTED).count() == 1


@pytest.mark.django_db
def test_two_tabs_with_the_same_file_import_once(cast):
    tabs = [checked(cast.head, ROW, PLAIN), checked(cast.platform, ROW, PLAIN)]
    for tab in tabs:
        queue(tab)
    assert work(NOW) == 2
    fresh(tabs[0], State.IMPORTED)
    late = fresh(tabs[1], State.CHECKED)
    assert late.report["summary"] == {"new": 0, "changed": 0, "unchanged": 2, "refused": 0, "left out": 0}
    assert (Workload.objects.count(), Event.objects.filter(kind=Kind.REGISTER_IMPORTED).count()) == (3, 1)


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_while_a_worker_lives_its_file_is_not_taken_however_long_it_needs(monkeypatch):
    """And nobody waits for it: not its page, not a second click, not another file that its owner chooses."""
    cast = make_cast()
    pending = in_state(cast.head, State.QUEUED)
    begun, goes_on = threading.Event(), threading.Event()
    real = services.plan_contents

    def slowly(*args, **options):
        begun.set()
        assert goes_on.wait(20)
        return real(*args, **options)

    monkeypatch.setattr(services, "plan_contents", slowly)

    def second():
        begun.wait(20)
        monkeypatch.setattr(sweep, "AT_ONCE", 2)
        found = sweep.work_on_next(at=NOW)
        with pytest.raises(waiting.UnderWay):
            queue(fresh(pending))
        keep(cast.head, ROW)
        waiting.forget_expired(at=NOW + 3 * HOUR)
        goes_on.set()
        return str(found)

    monkeypatch.setattr(sweep, "LEASE", dt.timedelta(0))
    outcomes = at_once(partial(sweep.work_on_next, at=NOW), second)
    assert outcomes == [True, "False"]
    fresh(pending, State.IMPORTED)


@pytest.mark.django_db
def test_keeping_a_file_and_asking_for_its_import_wake_the_sweep_once_it_stands(
    cast, monkeypatch, django_capture_on_commit_callbacks
):
    called = []
    monkeypatch.setattr(waking.current_app, "send_task", lambda name, **options: called.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        pending = keep(cast.head, ROW)
        assert called == []
    work(NOW)
    with django_capture_on_commit_callbacks(execute=True):
        queue(fresh(pending))
    assert called == [waking.SWEEP] * 2


@pytest.mark.django_db
def test_a_broker_that_is_gone_refuses_nobody_s_file(cast, monkeypatch, django_capture_on_commit_callbacks):
    def gone(*args, **options):
        raise ConnectionRefusedError

    monkeypatch.setattr(waking.current_app, "send_task", gone)
    with django_capture_on_commit_callbacks(execute=True):
        pending = keep(cast.head, ROW)
    fresh(pending, State.WAITING)


# --- How far it is --------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_work_tells_its_stages_in_their_order(cast, monkeypatch):
    told = Remembers(0)
    monkeypatch.setattr(telling, "cache", told)
    told.delete = lambda key: None
    in_state(cast.head, State.IMPORTED)
    heard = told.heard
    assert [stage for stage, _, _ in heard] == [
        "reading",
        "checking",
        "finishing",
        "reading",
        "checking",
        "writing",
        "finishing",
    ]
    assert heard[1] == ["checking", 0, 1]


class Remembers:
    """A cache that takes `seconds` for a word, by a clock that stands still otherwise but for a tenth a look."""

    def __init__(self, seconds):
        self.seconds, self.now, self.heard = seconds, 0.0, []

    def set(self, key, value, timeout):
        self.heard.append(value)
        self.now += self.seconds

    def clock(self):
        self.now += 0.1
        return self.now


@pytest.mark.parametrize(("seconds", "words"), [(0.0, 8), (1.0, 1)])
def test_a_stage_is_told_a_few_times_a_second_and_a_slow_cache_not_again(monkeypatch, seconds, words):
    told = Remembers(seconds)
    monkeypatch.setattr(telling, "cache", told)
    monkeypatch.setattr(telling.time, "monotonic", told.clock)
    teller = telling.Teller("x")
    for row in range(20):
        teller("checking", row, 20)
    teller("writing", 0, 20)
    assert len(told.heard) == words


@pytest.mark.django_db
def test_the_page_shows_stage_and_rows_and_without_the_cache_the_stage_alone(cast, client):
    pending = in_state(cast.head, State.IMPORTING, timezone.now())
    client.force_login(cast.head)
    page = client.get(pending.get_absolute_url()).content.decode()
    assert ">Importing<" in page.replace("</p>", "<")
    assert 'value="' not in page.split("<progress")[1].split(">")[0]
    cache.set(f"import:{pending.pk}", ["writing", 3000, 10_000], 60)
    part = client.get(pending.get_absolute_url(), headers={"HX-Request": "true"}).content.decode()
    assert "Writing, step 3 of 4" in part
    assert "3,000 of 10,000 rows" in part
    assert 'value="57"' in part
    assert "<html" not in part
    lease_over()
    sweep._claim(timezone.now())
    assert "step 3" not in client.get(pending.get_absolute_url()).content.decode(), "the next worker begins anew"


@pytest.mark.django_db
def test_the_page_says_when_nobody_takes_the_file(cast, client):
    pending = keep(cast.head, ROW, at=timezone.now())
    client.force_login(cast.head)
    assert "Waiting for a worker" not in client.get(pending.get_absolute_url()).content.decode()
    PendingImport.objects.update(since=Now() - dt.timedelta(seconds=20))
    assert (
        "Waiting for a worker: nobody has taken this file for 20"
        in client.get(pending.get_absolute_url()).content.decode()
    )
    sweep._claim(timezone.now())
    other = keep(cast.head, PLAIN, at=timezone.now())
    assert "One other file is in work" in client.get(other.get_absolute_url()).content.decode()
    lease_over()
    assert "Nothing has been heard from the worker" in client.get(pending.get_absolute_url()).content.decode()
