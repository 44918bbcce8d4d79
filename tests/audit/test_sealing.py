from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event as Flag

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from audit import chain, sealing, tasks
from audit.kinds import Kind
from audit.models import Event, Seal, Unsealed
from audit.services import PORTAL, record, record_many
from people.models import Team

AT = dt.datetime(2026, 11, 21, 8, 30, tzinfo=dt.UTC)
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "verify_trail.py"


def write(count: int = 1, at: dt.datetime = AT) -> list[int]:
    team, _ = Team.objects.get_or_create(name="Åse’s “team” 😀\n")
    with transaction.atomic():
        record_many(Kind.TEAM_CHANGED, [(team, {"n": n}, {"n": -n}) for n in range(count)], by=PORTAL, at=at)
    return sorted(Event.objects.order_by("-id").values_list("id", flat=True)[:count])


def command(deed: str, *args: str) -> str:
    out = io.StringIO()
    call_command("audit", deed, *args, stdout=out, stderr=out)
    return out.getvalue().strip()


def tamper(sql: str) -> None:
    """What only a superuser at the database prompt can do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)


@pytest.mark.django_db
def test_events_are_sealed_in_order_and_the_chain_holds():
    events = write(7)
    assert sealing.seal(at=AT, limit=4) == 4
    assert sealing.seal(at=AT, limit=4) == 3
    assert sealing.seal(at=AT, limit=4) == 0
    assert list(Seal.objects.order_by("position").values_list("position", "event_id")) == list(enumerate(events, 1))
    assert not Unsealed.objects.exists()
    report = chain.verify(sealing.sealed_links())
    assert report == chain.Report(sealing.head(), None)
    assert report.head.size == 7


@pytest.mark.django_db
def test_the_task_seals_everything_that_waits(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sealing, "BATCH", 2)
    monkeypatch.setattr(sealing.seal, "__kwdefaults__", {"limit": 2})
    write(5)
    tasks.seal()
    assert Seal.objects.count() == 5


@pytest.mark.django_db
def test_an_event_with_values_the_portal_never_writes_is_sealed_all_the_same():
    write()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (at, kind, actor_name, door, subject_type, subject_id, subject_name, thread,"
            " before, after) VALUES (now(), 'x', 'x', 'page', 'x', '1', 'x', '', '[1.50, 1e30]', %s)",
            ["9" * 6000],
        )
    assert sealing.seal(at=AT) == 2
    assert chain.verify(sealing.sealed_links()).broken is None


@pytest.mark.django_db
def test_a_row_put_into_the_queue_by_hand_does_not_stop_the_sealer():
    [event] = write()
    sealing.seal(at=AT)
    Unsealed.objects.create(event_id=event)
    write()
    assert sealing.seal(at=AT) == 1
    assert sealing.head().size == 2


def refused_to_verify() -> str:
    with pytest.raises(CommandError) as refusal:
        command("verify")
    return str(refusal.value)


@pytest.mark.django_db
def test_an_event_taken_out_of_the_queue_is_reported_and_sealed_by_the_command():
    [event] = write()
    Unsealed.objects.all().delete()
    said = refused_to_verify()
    assert "1 event without a seal, longer than 5 minutes or past the queue" in said
    assert f"the first is event {event}" in said
    assert command("head").startswith("1:")
    assert command("verify").startswith("The trail is whole: 1 events sealed")


@pytest.mark.django_db
@pytest.mark.parametrize("at", [AT, timezone.now() + dt.timedelta(days=400)], ids=["past", "ahead"])
def test_an_event_that_waits_too_long_by_the_clock_of_the_database_fails_whatever_it_says_itself(at):
    write(at=at)
    tamper("UPDATE audit_event SET written_at = now() - interval '6 minutes'")
    assert "1 event without a seal" in refused_to_verify()
    tamper("UPDATE audit_event SET written_at = now() - interval '4 minutes'")
    assert "without a seal" not in (refused_to_verify() if at > timezone.now() else command("verify"))


@pytest.mark.django_db
@pytest.mark.parametrize("sealed", [True, False])
def test_an_event_that_is_dated_ahead_fails_sealed_or_not(sealed):
    write()
    [event] = write(at=timezone.now() + dt.timedelta(minutes=2))
    if sealed:
        sealing.seal_all(at=AT)
    assert f"1 event dated ahead of the database's clock, the first is event {event}" in refused_to_verify()


@pytest.mark.django_db
def test_a_moment_of_writing_that_somebody_made_up_fails_too():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (at, written_at, kind, actor_name, door, subject_type, subject_id, subject_name, thread,"
            " before, after) VALUES ('2030-01-01', '2030-01-01', 'x', 'x', 'page', 'x', '1', 'x', '', '{}', '{}')"
        )
    assert "dated ahead" in refused_to_verify()


@pytest.mark.django_db
def test_an_event_that_waits_for_less_than_five_minutes_is_no_news_nor_are_clocks_that_differ_by_seconds():
    write(at=timezone.now() - dt.timedelta(days=4))
    write(at=timezone.now() + dt.timedelta(seconds=30))
    assert command("verify") == f"The trail is whole: 0 events sealed, head 0:{'0' * 64}"


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_an_open_transaction_does_not_hold_up_the_sealer_and_its_event_comes_later():
    write()
    written, go_on = Flag(), Flag()

    def slow_deed() -> int:
        try:
            with transaction.atomic():
                event = record(Kind.TEAM_CHANGED, Team.objects.get(), by=PORTAL, at=AT)
                written.set()
                assert go_on.wait(30)
                return int(event.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(slow_deed)
        assert written.wait(30)
        [later] = write()
        assert sealing.seal(at=AT) == 2
        go_on.set()
        early = slow.result(30)
    assert early < later
    assert sealing.seal(at=AT) == 1
    assert Seal.objects.get(position=3).event_id == early
    assert chain.verify(sealing.sealed_links()).head.size == 3


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_sealers_and_writers_at_once_leave_a_chain_without_gaps():
    write()

    def write_some(n: int) -> None:
        try:
            for _ in range(10):
                write(5)
        finally:
            connection.close()

    def seal_some(n: int) -> None:
        try:
            for _ in range(30):
                sealing.seal(at=AT, limit=20)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(deed, n) for n in range(4) for deed in (write_some, seal_some)]:
            done.result(60)
    sealing.seal_all(at=AT)
    assert sorted(Seal.objects.values_list("position", flat=True)) == list(range(1, 202))
    assert chain.verify(sealing.sealed_links()) == chain.Report(sealing.head(), None)
    assert not Unsealed.objects.exists()


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_while_one_sealer_works_another_goes_home_at_once():
    write()
    locked, go_on = Flag(), Flag()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [sealing.SEALER_LOCK])
                locked.set()
                assert go_on.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        assert locked.wait(30)
        assert sealing.seal(at=AT) == 0
        go_on.set()
    assert sealing.seal(at=AT) == 1


TAMPERED = [
    ("UPDATE audit_event SET actor_name = 'X' WHERE id = {e[4]}", 5, "altered"),
    ("UPDATE audit_event SET after = '{{\"n\": 1}}' WHERE id = {e[4]}", 5, "altered"),
    ("UPDATE audit_event SET at = at + interval '1 microsecond' WHERE id = {e[4]}", 5, "altered"),
    ("UPDATE audit_seal SET digest = sha256('x') WHERE position = 5", 5, "altered"),
    ("UPDATE audit_seal SET encoding = 2 WHERE position = 5", 5, "altered"),
    ("DELETE FROM audit_event WHERE id = {e[4]}", 5, "missing"),
    ("DELETE FROM audit_seal WHERE position = 5", 5, "missing"),
    ("DELETE FROM audit_seal WHERE position = 5; UPDATE audit_seal SET position = position - 1 WHERE position > 5",
     5, "missing"),
    ("UPDATE audit_seal SET event_id = {e[4]} + {e[5]} - event_id WHERE position IN (5, 6)", 5, "out of order"),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("sql", "position", "fault"), TAMPERED)
def test_verify_names_the_first_broken_link(sql: str, position: int, fault: str):
    events = write(9)
    sealing.seal(at=AT)
    with connection.cursor() as cursor:  # the swap passes through a doubled number
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'audit_seal'::regclass AND contype = 'u'")
        [unique] = cursor.fetchone()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE audit_seal DROP CONSTRAINT {unique}")
    tamper(sql.format(e=events))
    with pytest.raises(CommandError) as broken:
        command("verify")
    assert broken.value.returncode == 1
    assert "The trail is broken. It holds up to 4:" in str(broken.value)
    assert f"Position {position}" in str(broken.value)
    assert f": {fault}. " in str(broken.value)


@pytest.mark.django_db
def test_a_cut_tail_is_found_with_the_head_that_was_kept_outside():
    write(9)
    outside = command("head").split()[0]
    assert "The trail is whole: 9 events" in command("verify", "--head", outside)
    tamper(
        "DELETE FROM audit_seal WHERE position > 7; DELETE FROM audit_event WHERE id NOT IN (SELECT event_id FROM audit_seal)"
    )
    assert "The trail is whole: 7 events" in command("verify")
    with pytest.raises(CommandError, match=r"Position 8: cut off\. The trail ends at position 7, but it had 9"):
        command("verify", "--head", outside)


@pytest.mark.django_db
def test_an_older_head_still_fits_a_longer_trail():
    write(3)
    outside = command("head").split()[0]
    write(3)
    sealing.seal(at=AT)
    assert "6 events sealed" in command("verify", "--head", outside)


@pytest.mark.django_db
@pytest.mark.parametrize("head", ["9", "x:00", "3:" + "0" * 63, "3:" + "g" * 64])
def test_a_head_that_is_none_is_refused_in_words(head: str):
    with pytest.raises(CommandError, match="Write the head as it was printed"):
        command("verify", "--head", head)


def offline(tmp_path: Path, dump: str, *args: str) -> tuple[int, str]:
    file = tmp_path / "trail.jsonl"
    file.write_text(dump, "ascii")
    run = subprocess.run([sys.executable, "-I", SCRIPT, file, *args], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


@pytest.mark.django_db
def test_the_second_verifier_agrees_offline(tmp_path: Path):
    write(5)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (at, kind, actor_name, door, subject_type, subject_id, subject_name, thread,"
            " before, after) VALUES (now(), 'x', E'\\u0001\\u007f', 'page', 'x', '1', 'x', '', '[1.50]', '{}')"
        )
    head = command("head").split()[0]
    dump = command("dump") + "\n"
    assert offline(tmp_path, dump, "--head", head) == (0, f"Whole: 6 lines, head {head}\n")
    rows = dump.splitlines(keepends=True)
    forged = json.loads(rows[3])
    forged["event"]["actor_name"] = "Somebody else"
    for broken, words in (
        ([*rows[:3], json.dumps(forged) + "\n", *rows[4:]], "position 4"),
        (rows[:3] + rows[4:], "after position 3 comes position 5"),
        ([rows[1], rows[0], *rows[2:]], "after position 0 comes position 2"),
    ):
        code, said = offline(tmp_path, "".join(broken))
        assert code == 1
        assert words in said
    code, said = offline(tmp_path, "".join(rows[:4]), "--head", head)
    assert code == 1
    assert "ends at position 4" in said
    assert offline(tmp_path, "".join(rows[:4]))[0] == 0
    assert offline(tmp_path, "not a dump\n")[0] == 2
