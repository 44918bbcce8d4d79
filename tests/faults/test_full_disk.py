"""A disk that is full, and one killed web process: what can go on goes on, and the rest comes back by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from drportal import supervisor
from drportal.embedded import Postgres, Valkey, free_port
from tests.faults.standing import pids_in, standing, until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.xdist_group("standing")]


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own, with room for the servers and little more."""
    place = Path(tempfile.mkdtemp(prefix="portal-disk-"))
    place.chmod(0o755)
    mounted = ["mount", "-t", "tmpfs", "-o", "size=220m,mode=755", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mounted, capture_output=True, check=False).returncode:
        place.rmdir()
        pytest.skip("only root can mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
        place.rmdir()


def fill(place: Path) -> Path:
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2
    return filler


def test_servers_that_die_on_a_full_disk_come_back_when_there_is_room(small_disk: Path) -> None:
    postgres, valkey = Postgres(small_disk).start(), Valkey(small_disk).start()
    runs = supervisor.Supervisor(small_disk, free_port())
    runs.services, runs.env = [postgres, valkey], {}
    with psycopg.connect(postgres.url(), autocommit=True) as line:
        line.execute("CREATE TABLE kept AS SELECT 1 AS one")
    try:
        filler = fill(small_disk)
        for pid in [*pids_in(postgres.data), *pids_in(valkey.base)]:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not postgres.running() and not valkey.running())
        for _ in range(3):
            runs.not_before.clear()
            runs.tend_services()  # nothing is raised: the portal does not end because of it
        filler.unlink()

        def both_run() -> bool:
            runs.not_before.clear()
            runs.tend_services()
            return all(service.running() for service in runs.services)

        until(both_run)
        with psycopg.connect(postgres.url()) as line:
            assert line.execute("SELECT one FROM kept").fetchone() == (1,)
    finally:
        valkey.stop()
        postgres.stop()


def test_one_killed_web_process_does_not_take_the_other_down(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with standing(tmp_path) as portal:
        portal.start_web(workers=2)
        assert portal.web is not None
        first = portal.web.pid
        children = [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]
        os.kill(max(children), signal.SIGKILL)  # the one that was started last serves
        until(lambda: portal.get("/health/").status == 200)
        assert [portal.get("/").status for _ in range(20)] == [200] * 20
        assert portal.web.poll() is None
        until(lambda: len(Path(f"/proc/{first}/task/{first}/children").read_text().split()) >= len(children))
