"""Files on their way into the register, brought to where a test wants them as it happens."""

from __future__ import annotations

import datetime as dt

from django.db.models.functions import Now

from tests.cast import NOW
from tests.workloads.registers import PLAIN, ROW, as_csv, work
from workloads.models import PendingImport
from workloads.register import services, sweep, waiting

State = PendingImport.State


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
