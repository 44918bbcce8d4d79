"""A worker is killed with -9 in the middle of an import: nothing half written, and the next one imports it once."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.cache import caches
from django.db.models.functions import Now
from django.utils import timezone

from audit.kinds import Kind
from audit.models import Event
from benchmarks.import_register import register
from tests.cast import make_cast
from tests.frame.test_cache import close_caches
from tests.workers import surroundings
from tests.workloads.registers import work
from workloads.models import PendingImport, Workload
from workloads.register import services, telling, waiting

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).parents[2]
ROWS = 1500
State = PendingImport.State


def queued(by, rows=ROWS):
    now, teams = timezone.now(), services.Options(make_teams=True)
    pending = waiting.keep_import(data=register(rows)[1], name="r.csv", by=by, at=now, options=teams)
    work()
    pending.refresh_from_db()
    waiting.queue_import(pending=pending, by=by, at=now, digest=pending.report["digest"])
    return pending


@contextmanager
def worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "manage.py", "import_waiting", "--loop", "--every", "0.2"]
    process = subprocess.Popen(command, cwd=ROOT, env=surroundings(folder), stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


def until(what: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it does not come to pass"
        time.sleep(0.02)


@pytest.mark.parametrize("stage", ["checking", "writing"])
def test_an_import_whose_worker_is_killed_is_done_once_by_the_next(tmp_path, stage):
    cast = make_cast()
    pending = queued(cast.head)
    with worker(tmp_path) as first:
        until(lambda: (said := telling.told(pending.pk, "import")) and said.stage == stage)
        first.kill()
        first.wait(20)
    pending.refresh_from_db()
    assert (pending.state, pending.leases, Workload.objects.count()) == (State.IMPORTING, 1, 1)
    assert work() == 0, "its lease still runs"
    PendingImport.objects.update(lease_until=Now() - dt.timedelta(seconds=1))
    with worker(tmp_path):
        until(lambda: PendingImport.objects.get().state == State.IMPORTED)
    assert Workload.objects.count() == ROWS, "the cast had one of them"
    assert Event.objects.filter(kind=Kind.REGISTER_IMPORTED).count() == 1


def test_an_import_goes_on_while_the_cache_is_gone(settings, client):
    cast = make_cast()
    pending = queued(cast.head, 30)
    client.force_login(cast.head)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}}
    close_caches()
    try:
        assert "Waiting for its turn" in client.get(pending.get_absolute_url()).content.decode()
        work()
        assert "29 new, 1 changed: imported." in client.get(pending.get_absolute_url()).content.decode()
        assert caches["default"].get("anything") is None
    finally:
        close_caches()
