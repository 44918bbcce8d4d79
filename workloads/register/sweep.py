"""The work behind files that wait: check them, import them. Any number of workers at once; each file is worked on by one.

A worker claims a file in a short transaction: its state says that it is at work, and it holds a lease by the database's clock.
Then one transaction does everything: it locks the row, reads, compares, writes the register and moves the file on. So an import
happened exactly if its file says so. Who dies leaves nothing but a lease that runs out; while somebody lives the lock on the row
keeps all others away, however long the work takes.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.errors import DeedError
from audit.models import Door
from audit.services import PORTAL, through
from audit.states import change_state
from people.permissions import Permission
from workloads.models import PendingImport
from workloads.register.report import Report
from workloads.register.services import Options, ReportChanged, RowsRefused, import_file, plan_file
from workloads.register.telling import Teller, forget

LEASE = dt.timedelta(seconds=30)  # until somebody else takes up the file of a worker that died
LEASES_MAX = 3  # a file of which so many workers died is given up
AT_ONCE = 1  # files in work: imports wait for each other anyway, and one process is left for messages
LOCK = 7_236_402  # advisory: one claim at a time
LONGEST = "10min"  # as long as Celery lets a task live; then a worker whose machine vanished gives the row back
RESTS = dt.timedelta(seconds=5)  # before something unforeseen is tried again
GIVEN_UP = (
    "The portal has tried this file three times, and each time its worker failed. Nothing was written. "
    "Ask who runs the portal to look into the worker's log; a smaller file may come through."
)

log = logging.getLogger(__name__)
State = PendingImport.State


def work(*, clock: Callable[[], dt.datetime], seconds: float = 60, stop: Callable[[], bool] = lambda: False) -> int:
    """Work on files while there are any, and begin none after so many seconds. How many there were."""
    until, count = time.monotonic() + seconds, 0
    while not stop() and time.monotonic() < until and work_on_next(at=clock()):
        count += 1
    return count


def work_on_next(*, at: dt.datetime) -> bool:
    """Check or import the file that has waited longest. False: there is none, or enough are in work."""
    pending = _claim(at)
    if pending is None:
        return False
    if pending.state == State.FAILED:
        return True
    try:
        _work_on(pending, at)
    except Exception:
        log.exception("a file on its way into the register: %s", pending.pk)
        _rest(pending)
    return True


@transaction.atomic
def _claim(at: dt.datetime) -> PendingImport | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if PendingImport.objects.filter(lease_until__gt=Now()).count() >= AT_ONCE:
        return None
    due = Q(state__in=list(PendingImport.TO_DO)) | Q(state__in=list(PendingImport.AT_WORK), lease_until__lte=Now())
    waiting = PendingImport.objects.filter(due, expires_at__gt=at).order_by("since", "pk")
    pending = waiting.select_for_update(skip_locked=True).small().first()
    if pending is None:
        return None
    if pending.leases >= LEASES_MAX:
        _move(pending, "fail", at, said=GIVEN_UP, data=b"")
        return pending
    verb = {**PendingImport.TO_DO, **PendingImport.AT_WORK}[pending.state]
    since: dict[str, Any] = {"since": Now()} if pending.state in PendingImport.TO_DO else {}
    forget(pending.pk)
    change_state(
        pending,
        verb,
        by=PORTAL,
        at=at,
        leases=pending.leases + 1,
        lease_token=uuid.uuid4(),
        lease_until=Now() + LEASE,
        **since,
    )
    return pending


@transaction.atomic
def _work_on(claimed: PendingImport, at: dt.datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [LONGEST])
    mine = PendingImport.objects.filter(pk=claimed.pk, lease_token=claimed.lease_token).select_related("owner")
    pending = mine.select_for_update(of=("self",)).defer("report").first()
    if pending is None:
        return  # we were away too long: somebody else has it, or it was thrown away
    if pending.state == State.CHECKING:
        _check(pending, at)
    else:
        _import(pending, at)


def _check(pending: PendingImport, at: dt.datetime) -> None:
    data, teller, by = bytes(pending.data), Teller(pending.pk), pending.owner
    options = Options(**pending.options)
    try:
        by.require(Permission.ADD_WORKLOADS)
        report = plan_file(data, pending.name, by=by, at=at, options=options, progress=teller)[1]
    except DeedError as error:
        _move(pending, "refuse", at, said=error.message, data=b"")
        return
    teller("finishing", 0, 0)
    _move(pending, "report", at, said="", report=_kept(report))


def _import(pending: PendingImport, at: dt.datetime) -> None:
    """Its owner pressed the button on a page, so that the trail says so."""
    data, teller, by = bytes(pending.data), Teller(pending.pk), pending.owner
    try:
        by.require(Permission.ADD_WORKLOADS)
        with through(Door.PAGE):
            report = import_file(pending, data, by=by, at=at, digest=pending.agreed, progress=teller)
    except (ReportChanged, RowsRefused) as error:
        _move(pending, "return", at, said=error.message, report=_kept(error.report))
    except DeedError as error:
        _move(pending, "return", at, said=error.message)
    else:
        teller("finishing", 0, 0)
        _move(pending, "finish", at, said=report.sentence, report=_kept(report), data=b"")


def _kept(report: Report) -> dict[str, Any]:
    """With how many rows there are of each kind, so that no page has to read all rows to count them."""
    return report.as_json() | {"kinds": Counter(row.kind for row in report.rows)}


def _move(pending: PendingImport, verb: str, at: dt.datetime, **columns: Any) -> None:
    change_state(pending, verb, by=PORTAL, at=at, since=Now(), leases=0, lease_token=None, lease_until=None, **columns)


def _rest(pending: PendingImport) -> None:
    """Something unforeseen; it may be over in a moment. The lease counts, so that it is not tried for ever."""
    mine = PendingImport.objects.filter(pk=pending.pk, lease_token=pending.lease_token)
    mine.update(lease_until=Now() + RESTS)
