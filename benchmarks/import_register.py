"""How long a register takes to come in and go out, and reminders to be looked through, against a bare COPY in the same run.

`python benchmarks/import_register.py [rows]`, default 1,000. Runs in a database of its own on the server of DATABASE_URL,
dropped afterwards. Prints one line of JSON; each `_ratio` is to the COPY of as many rows with the same texts into one bare table,
`import_to_all_rows_ratio` to the COPY of all rows that the import writes (workloads, targets, trail) into the real tables.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
import psycopg

HEADER = ("reference", "name", "purpose", "team", "business unit", "tags", "tier wanted", "RTO", "RPO", "reason")
FIGURES = (("15 min", "5 min"), ("4 h", "1 h"), ("24 h", "24 h"))
TARGETS = 10_000
COPY = "COPY bare (reference, name, purpose, team, unit, tags, tier, rto, rpo, reason) FROM STDIN"
# Targets in force of which a third is due for a reminder; each workload has a business stakeholder of its own.
FILL = """
INSERT INTO workloads_workload (name, reference, purpose, owner_team_id, business_unit, lifecycle, tags, added_at, added_by_id,
    proof_rto, proof_rpo)
SELECT 'Filled ' || n, 'F-' || n, 'p', %(team)s, '', 'live', '{}', now(), %(user)s, 'unmeasured', 'unmeasured'
FROM generate_series(1, %(count)s) n;
INSERT INTO signoffs_request (subject_type, subject_id, workload_id, thread, title, document, text, digest, state,
    requested_at, requested_by_id, proposed_by_id, four_eyes, proposer_may_sign, one_per_person, closed_at, closed_by_id,
    closing_reason)
SELECT 'workloads.classification', 0, id, 'workload:' || id, 't', '{}', '', repeat('0', 64), 'completed', now(), %(user)s,
    %(user)s, true, true, true, now(), %(user)s, ''
FROM workloads_workload WHERE reference LIKE 'F-%%';
INSERT INTO workloads_classification (workload_id, tier_id, slo, rto_seconds, rpo_seconds, reason, looser_reason, state,
    suggested_because, differs_reason, findings, review_reasons, proposed_at, proposed_by_id, request_id, signed_off_at,
    signed_off_by_id, review_due_on)
SELECT r.workload_id, 2, 99.9, 14400, 14400, 'r', '', 'signed_off', '', '', '[]', '[]', now(), %(user)s, r.id, now(), %(user)s,
    %(today)s::date + (r.id %% 90)::int - 15
FROM signoffs_request r;
INSERT INTO people_roleassignment (role_id, workload_id, person_id, deputy_id, from_on, standing)
SELECT 'business-stakeholder', id, %(user)s, %(other)s, '2020-01-01', 'effective'
FROM workloads_workload WHERE reference LIKE 'F-%%';
ANALYZE
"""


def register(count: int) -> tuple[list[tuple[str, ...]], bytes]:
    rows: list[tuple[str, ...]] = [
        (f"APP-{n}", f"Service {n}", f"Does what service {n} does, for the people who rely on it.", f"Team {n % 40}",
         f"Unit {n % 7}", "money, web", str(n % 3 + 1), *FIGURES[n % 3], f"An hour without service {n} costs a lot.")
        for n in range(count)
    ]  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    return rows, text.getvalue().encode()


@contextmanager
def own_database() -> Iterator[None]:
    server, name = os.environ["DATABASE_URL"], f"bench_import_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        os.environ["DATABASE_URL"] = f"{server.rsplit('/', 1)[0]}/{name}"
        try:
            yield
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def copied(connection: Any, rows: list[tuple[str, ...]]) -> float:
    """Seconds of a bare COPY into a table with the two unique indexes of the register."""
    columns = ", ".join(
        f"{name} text" for name in ("reference", "name", "purpose", "team", "unit", "tags", "tier", "rto")
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bare (id bigserial PRIMARY KEY, {columns}, rpo text, reason text)")
        cursor.execute("CREATE UNIQUE INDEX ON bare (lower(name)); CREATE UNIQUE INDEX ON bare (reference)")
        begin = time.perf_counter()
        with cursor.copy(COPY) as copy:
            for row in rows:
                copy.write_row(row)
        return time.perf_counter() - begin


# What an import of new workloads writes to: the same rows by COPY alone are the least that it can take.
WRITTEN = ("workloads_workload", "workloads_classification", "audit_event")


def rows_copied(connection: Any) -> float:
    """Seconds of a COPY of all that the import wrote, into the same tables with their indexes and triggers."""
    with connection.cursor() as cursor:
        kept = {}
        for table in WRITTEN:
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                kept[table] = b"".join(copy)
        cursor.execute("SET session_replication_role = replica")  # history is protected by triggers
        cursor.execute("DELETE FROM workloads_classification; DELETE FROM workloads_workload")
        cursor.execute("TRUNCATE audit_event, audit_unsealed, audit_seal CASCADE")
        cursor.execute("SET session_replication_role = origin")
        begin = time.perf_counter()
        cursor.execute("BEGIN")
        for table, rows in kept.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)
        cursor.execute("COMMIT")
        return time.perf_counter() - begin


def measure(count: int) -> dict[str, float]:
    from django.core.management import call_command  # noqa: PLC0415  (settings must be ready first)
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from people.models import User  # noqa: PLC0415
    from workloads.catalogue.exporting import FORMATS, export_register  # noqa: PLC0415
    from workloads.register.services import Options, check_register, import_register  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    head = User.objects.create_superuser("head@example.org", name="Head")
    rows, data = register(count)
    seconds = {"copy": copied(connection, rows)}
    options: dict[str, Any] = {"data": data, "name": "register.csv", "by": head, "options": Options(make_teams=True)}
    now = timezone.now()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for deed, run in (("check", check_register), ("import", import_register), ("import_again", import_register)):
        begin = time.perf_counter()
        report = run(**options, at=now)
        seconds[deed] = time.perf_counter() - begin
        assert report.count("unchanged" if deed == "import_again" else "new") == count
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    for form in FORMATS:
        begin = time.perf_counter()
        export_register(form=form, by=head, at=now).close()
        seconds[f"export_{form}"] = time.perf_counter() - begin
    seconds["copy_of_all_rows"] = rows_copied(connection)
    ratios = {f"{deed}_ratio": took / seconds["copy"] for deed, took in seconds.items() if deed != "copy"}
    to_rows = {"import_to_all_rows_ratio": seconds["import"] / seconds["copy_of_all_rows"]}
    reminded = reminders(connection, head, now)
    connection.close()
    return {f"{name}_s": took for name, took in seconds.items()} | ratios | to_rows | {"grown_mb": grown} | reminded


def reminders(connection: Any, head: Any, now: dt.datetime) -> dict[str, float]:
    """Looking through all targets in force for reminders that are due, twice."""
    from people.models import Team, User  # noqa: PLC0415  (settings must be ready first)
    from workloads.reminders import remind_of_reviews  # noqa: PLC0415

    other, team = User.objects.create_user("other@example.org", name="Other"), Team.objects.create(name="Filled")
    values = {"team": team.pk, "user": head.pk, "other": other.pk, "count": TARGETS, "today": now.date()}
    with connection.cursor() as cursor:
        cursor.execute(FILL, values)
    found: dict[str, float] = {}
    for deed in ("remind", "remind_again"):
        begin = time.perf_counter()
        found[f"{deed}_messages"] = remind_of_reviews(at=now + dt.timedelta(minutes=1))
        found[f"{deed}_s"] = time.perf_counter() - begin
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")
    with own_database():
        django.setup()
        found = measure(count)
    print(json.dumps({"rows": count, "targets": TARGETS, **{name: round(value, 3) for name, value in found.items()}}))


if __name__ == "__main__":
    main()
