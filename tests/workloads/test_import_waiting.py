"""A file on its way into the register: who moves it from where, how long it is kept, and what its page says."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.errors import NotAllowed, WrongState
from audit.kinds import Kind
from audit.models import Event
from people.models import RoleAssignment
from tests.cast import NOW
from tests.past import rewriting_history
from tests.workloads.pending import State, checked, fresh, in_state, keep, lease_over, queue
from tests.workloads.registers import PLAIN, ROW, work
from workloads import services as workloads
from workloads.models import IMPORT_KEPT_FOR, PendingImport, Workload
from workloads.register import waiting

HOUR = dt.timedelta(hours=1)
MINE = {"reference": "APP-1", "name": "Payment Hub", "purpose": "Pays claims and fees.", "team": "Payments"}
PAGE = "/workloads/import/"


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
    assert pending.report["kinds"] == {"workloads": 1}
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
    pending = fresh(pending, State.UNREADABLE)
    assert pending.said.startswith("Columns are missing: purpose, team.")
    assert bytes(pending.data) == b""


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
@pytest.mark.parametrize("rows", [[PLAIN, ROW | {"RTO": "15"}], [MINE | {"purpose": "Pays claims."}]])
def test_a_file_with_a_refused_row_or_with_nothing_new_is_not_imported(cast, rows):
    with pytest.raises(WrongState, match="nothing in this file that can be imported"):
        queue(checked(cast.head, *rows))


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
    with rewriting_history():
        RoleAssignment.objects.filter(person=cast.head).delete()
    work(NOW)
    assert fresh(pending, State.CHECKED).said.startswith("Your roles do not include the right")
    assert fresh(unchecked, State.UNREADABLE).said.startswith("Your roles do not include the right")
    assert Workload.objects.count() == 1


@pytest.mark.django_db
def test_who_has_lost_the_right_no_longer_asks_for_the_import_of_her_own_file(cast):
    pending = checked(cast.head, ROW)
    with rewriting_history():
        RoleAssignment.objects.filter(person=cast.head).delete()
    with pytest.raises(NotAllowed):
        queue(fresh(pending))
    fresh(pending, State.CHECKED)


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
def test_who_chooses_a_file_throws_away_what_nobody_came_back_for(cast):
    old = keep(cast.platform, PLAIN)
    keep(cast.head, PLAIN, at=NOW + HOUR + waiting.REMEMBERED_FOR)
    assert not PendingImport.objects.filter(pk=old.pk).exists()


@pytest.mark.django_db
def test_a_file_that_a_worker_has_just_taken_is_not_thrown_away(cast):
    pending = in_state(cast.head, State.CHECKING)
    later = NOW + HOUR + waiting.REMEMBERED_FOR
    waiting.forget_expired(at=later)
    assert bytes(fresh(pending).data)
    lease_over()
    waiting.forget_expired(at=later)
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
