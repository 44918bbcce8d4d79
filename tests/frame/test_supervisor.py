"""`make run`: says what is wrong in one line, keeps its programs running, leaves nothing behind."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from drportal import children, running, supervisor
from drportal.children import Child
from drportal.embedded import free_port
from drportal.supervisor import Refusal

ROOT = Path(__file__).resolve().parent.parent.parent


def wait_for(fact: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Runs, and is not a zombie that nobody has reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def belonging_to(place: Path) -> list[int]:
    """Every process whose environment or command line names the directory."""
    found = []
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            text = (proc / "environ").read_bytes() + (proc / "cmdline").read_bytes()
        except OSError:
            continue
        if str(place).encode() in text and alive(int(proc.name)):
            found.append(int(proc.name))
    return found


# --- before anything starts -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])  # noqa: S104
def test_a_taken_port_is_named_with_a_free_one(host: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as s:
        try:
            s.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        s.listen()
        port = s.getsockname()[1]
        with pytest.raises(Refusal, match=rf"^Port {port} is taken by another program.* PORT=\d+ make run$"):
            supervisor.check_port(port)


def test_a_port_that_the_killed_portal_still_holds_is_waited_for() -> None:
    program = "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', {})); s.listen(); print(); time.sleep(1)"
    port = free_port()
    command = [sys.executable, "-uc", program.format(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        supervisor.check_port(port, patience=10)


@pytest.mark.parametrize("value", ["80a", "0", "70000", "-1"])
def test_a_port_that_is_no_port_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(Refusal, match=f"PORT is '{value}'"):
        supervisor.read_port()


def test_a_second_portal_on_the_same_data_is_refused_and_a_killed_one_is_noticed(tmp_path: Path) -> None:
    with supervisor.hold(tmp_path, 8123) as was_killed:
        assert not was_killed
        with (
            pytest.raises(Refusal, match=rf"process {os.getpid()}, http://localhost:8123.* PORT=8124 PORTAL_VAR=") as e,
            supervisor.hold(tmp_path, 8123),
        ):
            pass
        assert "\n" not in str(e.value)
    with supervisor.hold(tmp_path, 8123) as was_killed:
        assert not was_killed
    (tmp_path / "portal.lock").write_text("process 1\n")
    with supervisor.hold(tmp_path, 8123) as was_killed:
        assert was_killed


def test_the_secret_key_is_private_and_stays(tmp_path: Path) -> None:
    key = supervisor.secret_key(tmp_path)
    assert len(key) >= 50
    assert supervisor.secret_key(tmp_path) == key
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


# --- children -------------------------------------------------------------------------------------------------------
def child(tmp_path: Path, program: str) -> Child:
    return Child("sample", [sys.executable, "-c", program], env={}, cwd=tmp_path, logs=tmp_path)


def test_a_child_that_ends_is_started_again_with_a_growing_pause(tmp_path: Path) -> None:
    sample = child(tmp_path, "raise SystemExit(3)")
    sample.start()
    news: list[str] = []
    deadline = time.monotonic() + 10
    while len(news) < 3 and time.monotonic() < deadline:
        if said := sample.tend():
            news.append(said)
        time.sleep(0.02)
    assert [text.partition(" See ")[0] for text in news] == [
        f"sample ended (exit 3); starting it again in {pause} s." for pause in (1, 2, 4)
    ]


def test_a_child_that_does_not_listen_is_killed_with_all_it_started(tmp_path: Path) -> None:
    sample = child(
        tmp_path,
        "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)",
    )
    sample.start()
    wait_for(lambda: sample.log.read_text().strip())
    started, grandchild = sample.pid, int(sample.log.read_text())
    assert started
    sample.ask_to_stop()
    sample.wait(time.monotonic() + 0.3, lambda: False)
    wait_for(lambda: not alive(started) and not alive(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own means are Linux's")
def test_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from drportal.children import Child;"
        "c = Child('sample', ['sleep', '60'], env={}, cwd=Path('/'), logs=Path(sys.argv[1]));"
        "c.start(); print(c.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    wait_for(lambda: not alive(pid))


def test_a_large_log_is_put_aside_while_its_program_writes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MAX_LOG", 1000)
    sample = child(tmp_path, "while True: print('x' * 99, flush=True); __import__('time').sleep(0.01)")
    sample.start()
    runs = supervisor.Supervisor(tmp_path, 1)
    runs.logs = tmp_path
    aside = tmp_path / "sample.log.1"

    def rotated() -> bool:
        runs.tend_logs()
        return aside.exists()

    wait_for(rotated)
    assert aside.stat().st_size > 1000
    wait_for(lambda: 0 < sample.log.stat().st_size < 1000 or rotated())
    assert not sample.log.read_bytes().startswith(b"\0"), "it goes on at the beginning, not where it was"
    sample.wait(time.monotonic(), lambda: True)


def test_logs_are_for_their_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MAX_LOG", 10)
    (tmp_path / "sample.log").write_text("x" * 11)
    (tmp_path / "sample.log").chmod(0o644)
    sample = child(tmp_path, "print('new')")
    sample.start()
    sample.wait(time.monotonic() + 10, lambda: False)
    assert (tmp_path / "sample.log.1").read_text() == "x" * 11
    assert (tmp_path / "sample.log").read_text() == "new\n"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("sample.log*")} == {0o600}


def test_a_child_that_cannot_be_started_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = child(tmp_path, "pass")
    full = OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patched:
        patched.setattr(children, "open_private", mock.Mock(side_effect=full))
        assert "No space left on device" in (sample.tend() or "")
        assert sample.tend() is None, "it pauses"
    sample._not_before = 0
    sample.tend()
    assert sample.pid
    sample.wait(time.monotonic() + 10, lambda: False)


def test_without_room_the_start_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = supervisor._no_room(tmp_path, OSError(errno.ENOSPC, "No space left on device"))
    assert "There is no room left on the disk" in str(said)


# --- the whole ------------------------------------------------------------------------------------------------------
class Portal:
    """`make run` without make, in an environment with nothing in it."""

    def __init__(self, var: Path) -> None:
        self.var, self.port = var, free_port()
        self.console = var.parent / "console.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = {"PATH": "/usr/bin:/bin", "HOME": "/", "PORT": str(self.port), "PORTAL_VAR": str(self.var)}
        with self.console.open("wb") as out:
            command = [sys.executable, "-m", "drportal.supervisor"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
        process = self.process
        wait_for(lambda: "Ctrl-C stops" in self.said() or process.poll() is not None, 300)
        assert process.poll() is None, self.said()

    def said(self) -> str:
        return self.console.read_text()

    def healthy(self) -> bool:
        return supervisor.answers(self.port)

    def end(self, number: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(40)


@pytest.fixture
def portal(place: Path) -> Iterator[Portal]:
    runs = Portal(place / "var")
    yield runs
    for pid in belonging_to(place):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.fault
def test_the_portal_runs_recovers_and_leaves_nothing_behind(portal: Portal, place: Path) -> None:
    portal.start()
    assert f"http://localhost:{portal.port}" in portal.said()
    beside = {"PORTAL_VAR": str(portal.var)}
    assert running.join(beside) == ""  # what a command in another terminal finds
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"} <= set(beside)
    postmaster = int((portal.var / "pgdata" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    wait_for(lambda: "Postgres is gone" in portal.said())
    web = next(p for p in belonging_to(place) if b"granian" in Path(f"/proc/{p}/cmdline").read_bytes())
    os.kill(web, signal.SIGKILL)
    wait_for(lambda: "web ended (SIGKILL)" in portal.said())
    wait_for(portal.healthy, 30)

    assert portal.end(signal.SIGKILL) == -signal.SIGKILL  # PostgreSQL and Valkey go on
    wait_for(lambda: not portal.healthy(), 30)
    portal.start()
    assert portal.healthy()
    assert portal.end(signal.SIGINT) == 0
    assert portal.said().endswith("Stopping …\nEverything has stopped.\n")
    assert belonging_to(place) == []
    assert running.join({"PORTAL_VAR": str(portal.var)}).startswith("No portal runs on ")
