"""How long sealing and verifying a long trail takes. `python benchmarks/audit_verify.py [events]`, default one million.

Runs in a database of its own on the server of DATABASE_URL, dropped afterwards. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time

import django
import psycopg

EVENTS = """
    INSERT INTO audit_event (at, kind, actor_id, actor_name, door, subject_type, subject_id, subject_name, thread,
        before, after)
    SELECT now() - (%(count)s - n) * interval '1 second', 'workload.changed', n %% 50, 'Astrid Lunde', 'page',
        'workloads.workload', (n %% 400)::text, 'Claims intake ' || n %% 400, 'workload:' || n %% 400,
        jsonb_build_object('state', 'proposed', 'rto', n %% 3600, 'purpose', 'Takes in claims, “online” and by post'),
        jsonb_build_object('state', 'signed_off', 'rto', n %% 900, 'teams', jsonb_build_array('Claims', 'Platform'))
    FROM generate_series(1, %(count)s) AS n
"""


def own_database() -> tuple[str, str]:
    """An empty database and the address of the one it is made from."""
    server = os.environ["DATABASE_URL"]
    name = f"bench_audit_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    os.environ["DATABASE_URL"] = f"{server.rsplit('/', 1)[0]}/{name}"
    return server, name


def measure(count: int) -> dict[str, float]:
    from django.core.management import call_command  # noqa: PLC0415  (settings must be ready first)
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from audit import chain, sealing  # noqa: PLC0415
    from audit.queries import overdue_for_seal  # noqa: PLC0415

    call_command("migrate", "audit", verbosity=0)
    clock, seconds = time.perf_counter, {}
    begin = clock()
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, {"count": count})
    seconds["insert"], begin = clock() - begin, clock()
    sealed = 0
    while done := sealing.seal(at=timezone.now()):
        sealed += done
    seconds["seal"], begin = clock() - begin, clock()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    begin = clock()
    report = chain.verify(sealing.sealed_links())
    overdue = overdue_for_seal()
    seconds["verify"], begin = clock() - begin, clock()
    sealing.seal(at=timezone.now())
    seconds["seal_nothing"] = clock() - begin
    assert sealed == report.head.size == count
    assert report.broken is None
    assert overdue is None
    connection.close()
    return seconds


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    server, name = own_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")
    try:
        django.setup()
        seconds = measure(count)
        print(json.dumps({"events": count, **{f"{deed}_s": round(took, 3) for deed, took in seconds.items()}}))
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    main()
