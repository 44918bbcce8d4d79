"""How fast messages leave, against one bare SMTP connection to the same server in the same run.

`python -m benchmarks.delivery [messages]`, default 10,000. Runs in a database of its own on the server of DATABASE_URL, or on a
server of its own with durable commits. Prints one line of JSON; the rates are messages a second, the ratio is to the bare line.
"""

from __future__ import annotations

import json
import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from pathlib import Path
from statistics import median

import django
import psycopg

from drportal.embedded import Postgres, free_port

ROUNDS = 3
FILL = """
WITH someone AS (
    INSERT INTO people_contact (name, organisation, kind, email, phone, note)
    VALUES ('Duty line', 'Storage Ltd', 'vendor', 'duty@storage.example', '', '')
    ON CONFLICT (name, organisation) DO UPDATE SET note = '' RETURNING id
), message AS (
    INSERT INTO communications_message (purpose, subject_line, body, path, thread, created_at)
    SELECT 'review-due', 'Review in 30 days: Workload ' || n || ', tier 1', repeat('The target is due for its review. ', 12),
        '/workloads/' || n || '/', 'workload:' || n, now() FROM generate_series(1, %(count)s) n
    RETURNING id
)
INSERT INTO communications_delivery
    (message_id, contact_id, address, state, reference, attempts, next_try_at, flagged_copy, last_error)
SELECT message.id, someone.id, 'reader' || message.id || '@example.org', 'queued', gen_random_uuid(), 0, now(), false, ''
FROM message, someone
"""


@contextmanager
def sink() -> Iterator[int]:
    """A mail server in a process of its own; its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.sink", str(port)])
    try:
        for _ in range(100):
            time.sleep(0.05)
            try:
                smtplib.SMTP("127.0.0.1", port).quit()
            except OSError:
                continue
            break
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def own_database() -> Iterator[None]:
    """On the server given; without one, on a server that waits for its disk like a real one."""
    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True))
            server = Postgres(Path(folder)).start()
            stack.callback(server.stop)
            os.environ["DATABASE_URL"] = server.url()
        given, name = os.environ["DATABASE_URL"], f"bench_delivery_{os.getpid()}"
        with psycopg.connect(given, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
            os.environ["DATABASE_URL"] = f"{given.rsplit('/', 1)[0]}/{name}"
            try:
                yield
            finally:
                admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def bare(port: int, count: int) -> float:
    """Messages a second that smtplib gets rid of over one connection, each written and sent like any program would."""
    begin = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as line:
        for number in range(count):
            letter = EmailMessage()
            letter["From"], letter["To"] = "portal@example.org", f"reader{number}@example.org"
            letter["Subject"], letter["Message-ID"] = f"Review in 30 days: Workload {number}", f"<{number}@example.org>"
            letter.set_content("The target is due for its review. " * 12)
            line.sendmail("portal@example.org", [str(letter["To"])], letter.as_bytes())
    return count / (time.perf_counter() - begin)


def bare_ready(port: int, count: int) -> float:
    """The same with one letter that was written beforehand: nothing but the line."""
    letter = (
        b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Review\r\n\r\n" + b"It is due for its review. \r\n" * 16
    )
    begin = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as line:
        for _ in range(count):
            line.sendmail("portal@example.org", ["b@example.org"], letter)
    return count / (time.perf_counter() - begin)


def ours(count: int) -> float:
    from django.db import connection  # noqa: PLC0415  (settings must be ready first)

    from communications.delivery import deliver  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(FILL, {"count": count})
        cursor.execute("ANALYZE communications_delivery")
    begin = time.perf_counter()
    done = deliver(seconds=600)
    taken = time.perf_counter() - begin
    assert done.sent == count, done
    return count / taken


def measure(port: int, count: int) -> dict[str, float]:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    # Turn and turn about, so that a busy moment of the machine hits all of them.
    turns = [(bare_ready(port, count), bare(port, count), ours(count)) for _ in range(ROUNDS)]
    connections.close_all()
    line, program, portal = (median(column) for column in zip(*turns, strict=True))
    return {
        "messages": count,
        "bare_line": round(line),
        "bare_program": round(program),
        "portal": round(portal),
        "ratio": round(median(p / b for b, _, p in turns), 2),
        "ratio_to_program": round(median(p / b for _, b, p in turns), 2),
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with sink() as port, own_database():
        os.environ |= {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "LOG_LEVEL": "WARNING", "HEAD_FILE": ""}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")
        django.setup()
        print(json.dumps(measure(port, count)))


if __name__ == "__main__":
    main()
