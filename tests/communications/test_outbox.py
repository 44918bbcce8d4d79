"""After a restore nothing leaves until a person says so; what may have left already is told apart."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from audit import outside, sealing
from audit.errors import NotAllowed, WrongState
from communications import outbox
from communications.delivery import deliver
from communications.models import Delivery, Outbox
from tests.cast import make_cast
from tests.communications.conftest import again, only, trail, write
from tests.past import rewriting_history

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def head_file(settings: Any, tmp_path: Path) -> Path:
    settings.HEAD_FILE = str(tmp_path / "outside" / "head.json")
    return Path(settings.HEAD_FILE)


def put_back(*deliveries: Delivery, rounds: int = 0) -> None:
    """As a database would be that was dumped before these left."""
    Outbox.objects.update(rounds=rounds)
    rows = Delivery.objects.filter(pk__in=[d.pk for d in deliveries])
    with rewriting_history():
        rows.update(state="queued", sent_at=None, attempts=0)


def test_what_left_after_the_backup_does_not_leave_again_by_itself(server):
    old = [only(write()) for _ in range(3)]
    assert deliver().sent == 3
    put_back(*old)
    assert deliver().sent == 0
    assert len(server.to) == 3
    assert "rounds of messages had left" in Outbox.objects.get().held_why
    assert trail("outbox.held")


def test_a_trail_that_is_shorter_than_this_machine_saw_it_holds(server):
    write()
    sealing.seal_all(at=timezone.now())
    size = sealing.head().size
    sealing.keep_head_outside()
    known = outside.known()
    outside._write(outside.Known(trail=f"{size + 5}:{'ab' * 32}", rounds=known.rounds))
    assert deliver().sent == 0
    assert "is shorter now" in Outbox.objects.get().held_why


def test_a_trail_with_another_line_at_the_end_holds_and_the_file_keeps_what_it_knew(server):
    write()
    sealing.seal_all(at=timezone.now())
    said = f"{sealing.head().size}:{'ab' * 32}"
    outside._write(outside.Known(trail=said))
    sealing.keep_head_outside()
    assert outside.known().trail == said
    assert deliver().sent == 0
    assert "another line" in Outbox.objects.get().held_why


def test_a_file_that_cannot_be_read_holds(server, head_file):
    head_file.parent.mkdir()
    head_file.write_text("{")
    write()
    assert deliver().sent == 0


def test_without_a_restore_nothing_is_held_and_the_file_is_private(server, head_file):
    for _ in range(2):
        write()
        sealing.seal_all(at=timezone.now())
        sealing.keep_head_outside()
        assert deliver().sent == 1
    assert outside.known().rounds == 2
    assert head_file.stat().st_mode & 0o777 == 0o600


def test_a_disk_that_takes_no_file_stops_no_message(server, settings):
    settings.HEAD_FILE = "/proc/nowhere/head.json"
    write()
    assert deliver().sent == 1


def test_a_person_lets_it_leave_again_without_what_had_left(server):
    cast = make_cast()
    old = only(write())
    assert deliver().sent == 1
    put_back(old)
    new = only(write(at=timezone.now() + dt.timedelta(seconds=1)))
    with rewriting_history():
        Delivery.objects.filter(pk=new.pk).update(next_try_at=timezone.now())
    assert deliver().sent == 0
    said = StringIO()
    with pytest.raises(CommandError, match="The outbox is held"):
        call_command("outbox", "status", stdout=said)
    assert [line.split("  ")[1].strip() for line in said.getvalue().splitlines()[:2]] == ["may have left", "new"]
    moment = outbox.may_have_left()
    assert moment is not None
    call_command("outbox", "release", by=cast.head.email, sent_before=moment.isoformat(), stdout=said)
    assert again(old).state == "sent"
    assert "Taken as sent" in again(old).last_error
    assert deliver().sent == 1
    assert again(new).state == "sent"
    assert trail("outbox.released")[0].actor_id == cast.head.pk


def test_what_was_released_is_not_held_again(server):
    cast = make_cast()
    old = only(write())
    deliver()
    put_back(old)
    deliver()
    outbox.release(by=cast.head, at=timezone.now())
    assert deliver().sent == 1


def test_only_who_may_send_again_holds_and_releases():
    cast = make_cast()
    for deed in (lambda: outbox.hold(by=cast.auditor, at=timezone.now(), why="x"),
                 lambda: outbox.release(by=cast.auditor, at=timezone.now())):  # fmt: skip
        with pytest.raises(NotAllowed):
            deed()
    with pytest.raises(WrongState):
        outbox.release(by=cast.head, at=timezone.now())
    outbox.hold(by=cast.head, at=timezone.now(), why="before the restore")
    with pytest.raises(WrongState):
        outbox.hold(by=cast.head, at=timezone.now(), why="again")


def test_while_it_is_held_nothing_is_gathered_or_taken_over(server):
    cast = make_cast()
    write()
    outbox.hold(by=cast.head, at=timezone.now(), why="before the restore")
    call_command("deliver", stdout=StringIO())
    assert server.to == []


def test_rounds_that_leave_while_one_looks_hold_nothing(server, monkeypatch):
    """Two workers: the other one counts its round in the database, then in the file, between the two looks of this one."""
    write()
    read, other = outside.known, iter([True])

    def known():
        if next(other, False):
            Outbox.objects.update(rounds=7)
            outside.note_round(7)
        return read()

    monkeypatch.setattr(outside, "known", known)
    assert not outbox.is_held(at=timezone.now())
    assert Outbox.objects.get().held_at is None
