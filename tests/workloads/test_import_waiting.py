"""A file on its way into the register: who moves it from where, what a killed worker leaves, and what its page says."""

from __future__ import annotations

import datetime as dt
import threading
from functools import partial

import pytest
from django.core.cache import cache
from django.db.models.functions import Now
from django.utils import timezone

from audit.errors import NotAllowed, WrongState
from audit.kinds import Kind
from audit.models import Event
from people.models import RoleAssignment
from tests.cast import NOW, make_cast
from tests.races import at_once, done
from tests.workloads.registers import PLAIN, ROW, as_csv, work
from workloads import services as workloads
from workloads.models import IMPORT_KEPT_FOR, PendingImport, Workload
from workloads.register import services, sweep, telling, waiting, waking

State = PendingImport.State
HOUR = dt.timedelta(hours=1)
MINE = {"reference": "APP-1", "name": "Payment Hub", "purpose": "Pays claims and fees.", "team": "Payments"}
PAGE = "/workloads/import/"


def keep(by, *rows, at=NOW, data=None):
    teams = services.Options(make_teams=True)
    content = as_csv(*rows) if data is None else data
    return waiting.keep_import(data=content, name="register.csv", by=by, at=at, options=teams)


def checked(by, *rows, at=NOW):
    pending = keep(by, *rows, at=at)
    work(at)
    return fresh(pending, State.CHECKED)


def fresh(pending, state=None):
    found = PendingImport.objects.get(pk=pending.pk)
    assert state is None or found.state == state, (found.state, found.said)
    return found


def queue(pending, at=NOW, digest=None):
    read = pending.report.get("digest", "") if digest is None else digest
    waiting.queue_import(pending=pending, by=pending.owner, at=at, digest=read)


def in_state(by, state, at=NOW):
    """A file in this state, brought there as it happens."""
    pending = keep(by, PLAIN if state != State.UNREADABLE else ROW, at=at)
    if state == State.UNREADABLE:
        PendingImport.objects.update(data=b"name\nA\n")
    if state == State.CHECKING:
        sweep._claim(at)
    elif state != State.WAITING:
        work(at)
    if state in (State.QUEUED, State.IMPORTING, State.IMPORTED, State.FAILED):
        queue(fresh(pending), at)
    if state == State.IMPORTING:
        sweep._claim(at)
    if state == State.FAILED:
        for _ in range(sweep.LEASES_MAX):
            sweep._claim(at)
            lease_over()
    if state in (State.IMPORTED, State.FAILED):
        work(at)
    return fresh(pending, state)


def lease_over():
    PendingImport.objects.exclude(lease_until=None).update(lease_until=Now() - dt.timedelta(seconds=1))


# --- Every state ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("state", [s for s in State if s != State.CHECKED])
def test_an_import_is_asked_for_once_and_only_of_a_checked_file(cast, state):
    pending = in_state(cast.head, state)
    with pytest.raises(WrongState) as refused:
        queue(pending)
    begun = (State.QUEUED, State.IMPORTING, State.IMPORTED)
    assert isinstance(refused.value, waiting.UnderWay) is (state in begun)
    assert fresh(pending, state).agreed == (pending.agreed or "")


@pytest.mark.django_db
@pytest.mark.parametrize("state", [s for s in State if s not in (State.WAITING, State.QUEUED)])
def test_a_worker_takes_up_nothing_that_does_not_wait(cast, state):
    pending = in_state(cast.head, state)
    assert work(NOW) == 0
    assert fresh(pending, state).leases == pending.leases


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_page_and_only_its_owner_sees_it(cast, client, state):
    pending = in_state(cast.head, state, timezone.now())
    client.force_login(cast.head)
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.get(pending.get_absolute_url(), headers=headers)
        assert answer.status_code == 200
        assert (answer.headers.get("HX-Refresh") == "true") is bool(headers and not pending.is_under_way)
    assert client.post(pending.get_absolute_url(), {"digest": "x"})["Location"] == pending.get_absolute_url()
    assert "register.csv" in client.get(PAGE).content.decode()
    client.force_login(cast.platform)
    assert client.get(pending.get_absolute_url()).status_code == 404


@pytest.mark.django_db
def test_a_file_is_checked_agreed_to_imported_and_its_bytes_forgotten(cast):
    pending = checked(cast.head, ROW)
    assert (pending.report["sentence"], Workload.objects.count()) == ("1 new: nothing is written yet.", 1)
    queue(pending, NOW + HOUR / 2)
    assert fresh(pending).expires_at == NOW + HOUR / 2 + IMPORT_KEPT_FOR, "what came of it can be read for an hour"
    assert work(NOW + HOUR / 2) == 1
    pending = fresh(pending, State.IMPORTED)
    assert (pending.said, bytes(pending.data), pending.report["applied"]) == ("1 new: imported.", b"", True)
    line = Event.objects.get(kind=Kind.REGISTER_IMPORTED)
    assert (line.door, line.actor_id, line.subject_id) == ("page", cast.head.pk, str(pending.pk))


@pytest.mark.django_db
def test_a_file_that_cannot_be_read_ends_with_the_reason(cast):
    pending = keep(cast.head, data=b"name\nA\n")
    work(NOW)
    assert fresh(pending, State.UNREADABLE).said.startswith("Columns are missing: purpose, team.")


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["Something else.", "Pays claims and fees."])
def test_a_report_that_no_longer_holds_comes_back_anew_before_anything_is_written(cast, change):
    pending = checked(cast.head, ROW, MINE)
    workloads.change_workload(workload=cast.workload, by=cast.owner, at=NOW, purpose=change)
    queue(pending)
    work(NOW)
    again = fresh(pending, State.CHECKED)
    assert again.said.startswith("The register has changed since this report was made.")
    assert (again.report["digest"] == pending.report["digest"], Workload.objects.count()) == (False, 1)
    queue(again)
    work(NOW)
    assert (fresh(pending, State.IMPORTED).said.endswith("imported."), Workload.objects.count()) == (True, 2)


@pytest.mark.django_db
def test_rows_that_have_become_impossible_come_back_with_their_problems(cast):
    pending = checked(cast.head, ROW)
    workloads.add_workload(
        by=cast.head, at=NOW, name="Quote Engine", purpose="p", owner_team=cast.team, reference="X-1"
    )
    queue(pending)
    work(NOW)
    again = fresh(pending, State.CHECKED)
    assert again.said.startswith("1 row cannot come in")
    with pytest.raises(WrongState, match="nothing in this file that can be imported"):
        queue(again)


@pytest.mark.django_db
def test_another_report_than_the_one_read_is_not_imported(cast):
    pending = checked(cast.head, ROW)
    with pytest.raises(WrongState, match="newer report"):
        queue(pending, digest="0" * 64)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["owner", "auditor", "stranger", "platform"])
def test_who_may_not_or_did_not_choose_the_file_asks_for_nothing(cast, who):
    pending, by = checked(cast.head, ROW), getattr(cast, who)
    with pytest.raises(NotAllowed):
        waiting.queue_import(pending=pending, by=by, at=NOW, digest=pending.report["digest"])
    if who != "platform":
        with pytest.raises(NotAllowed):
            keep(by, ROW)


@pytest.mark.django_db
def test_who_has_lost_the_right_in_between_imports_nothing(cast):
    pending, unchecked = checked(cast.head, ROW), keep(cast.head, PLAIN)
    queue(pending)
    RoleAssignment.objects.filter(person=cast.head).delete()
    work(NOW)
    assert fresh(pending, State.CHECKED).said.startswith("Your roles do not include the right")
    assert fresh(unchecked, State.UNREADABLE).said.startswith("Your roles do not include the right")
    assert Workload.objects.count() == 1


# --- Its time, and room ---------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_an_expired_file_is_neither_worked_on_nor_imported(cast):
    pending, unchecked = checked(cast.head, ROW), keep(cast.head, PLAIN)
    with pytest.raises(WrongState, match="hour of this file is over"):
        queue(pending, NOW + HOUR)
    assert work(NOW + HOUR) == 0
    fresh(unchecked, State.WAITING)
    waiting.forget_expired(at=NOW + HOUR)
    assert [bytes(p.data) for p in PendingImport.objects.all()] == [b"", b""]
    waiting.forget_expired(at=NOW + HOUR + waiting.REMEMBERED_FOR)
    assert not PendingImport.objects.exists()


@pytest.mark.django_db
def test_the_page_of_an_expired_file_leads_to_where_another_is_chosen(cast, client):
    over = timezone.now() - HOUR
    client.force_login(cast.head)
    for state, place in ((State.CHECKED, PAGE), (State.IMPORTED, "/workloads/")):
        pending = in_state(cast.head, state, over - HOUR)
        PendingImport.objects.update(expires_at=over)
        for ask in (client.get, client.post):
            assert ask(pending.get_absolute_url())["Location"] == place


@pytest.mark.django_db
def test_of_one_person_only_the_newest_files_are_kept_but_never_less_than_was_asked_for(cast):
    first, asked = keep(cast.platform, PLAIN), in_state(cast.head, State.QUEUED)
    kept = [keep(cast.head, PLAIN, at=NOW + minutes * HOUR / 60).pk for minutes in range(8)]
    mine = set(PendingImport.objects.visible_to(cast.head).values_list("pk", flat=True))
    assert mine == {asked.pk, *kept[-waiting.KEPT_MAX :]}
    assert PendingImport.objects.filter(pk=first.pk).exists()


# --- Workers --------------------------------------------------------------------------------------------------------
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
    assert (fresh(pending, State.FAILED).said, Workload.objects.count()) == (sweep.GIVEN_UP, 1)
    assert work(NOW) == 0


@pytest.mark.django_db
def test_a_fault_of_our_own_rests_and_is_tried_again(cast, monkeypatch, caplog):
    pending = in_state(cast.head, State.QUEUED)
    with monkeypatch.context() as patched:
        patched.setattr(services, "plan_contents", lambda *args, **options: 1 / 0)
        assert work(NOW) == 1
    assert "ZeroDivisionError" in caplog.text
    assert work(NOW) == 0, "it rests"
    lease_over()
    work(NOW)
    fresh(pending, State.IMPORTED)


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
    assert late.report["summary"] == {"new": 0, "changed": 0, "unchanged": 2, "refused": 0}
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
