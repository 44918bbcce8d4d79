"""`make bench`: pages and API at 10,000 workloads as ratios to a bare-Django limit measured in the same run.

Everything is private to the run: PostgreSQL (with fsync), Valkey, two servers on loopback. Prints p50 in milliseconds, the ratio,
the aim and the queries per request. A ratio above its aim does not fail the run; it is printed as such.
"""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from drportal.embedded import Postgres, Valkey

ROOT = Path(__file__).resolve().parent.parent
WARM_UP, ROUNDS, PER_ROUND = 30, 8, 40


@dataclass(frozen=True)
class Case:
    name: str
    portal: str
    bare: str
    aim: float
    queries: int


CASES = (
    Case("list page, 50 rows, filtered and sorted", "/workloads/?tier=2&sort=review", "/list", 3.5, 8),
    Case("REST list of 50", "/api/v1/workloads/?page_size=50", "/api/list", 3.0, 8),
    Case("REST detail", "/api/v1/workloads/{pk}/", "/api/detail/{pk}", 2.5, 8),
    Case("home page", "/", "/home", 4.0, 10),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "bench")
    options = parser.parse_args()
    postgres, valkey = Postgres(options.var).start(), Valkey(options.var).start()
    os.environ |= {
        "DATABASE_URL": postgres.url(), "REDIS_URL": valkey.url(), "SECRET_KEY": secrets.token_urlsafe(60),
        "PORTAL_VAR": str(options.var), "DJANGO_SETTINGS_MODULE": "drportal.settings", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    servers: list[subprocess.Popen[bytes]] = []
    try:
        _prepare(options.size)
        ports = _free_port(), _free_port()
        servers = [_serve("drportal.asgi:application", ports[0]), _serve("benchmarks.bare:application", ports[1])]
        for port in ports:
            _wait(port)
        _report(ports, *_signed_in())
        print("messages a second, against bare SMTP:", flush=True)
        subprocess.run([sys.executable, "-m", "benchmarks.delivery"], cwd=ROOT, check=True)
        print("the chain of hard dependencies:", flush=True)
        chain = [sys.executable, "-m", "benchmarks.chain", "--var", str(options.var / "chain")]
        subprocess.run(chain, cwd=ROOT, check=True)
    finally:
        for server in servers:
            server.terminate()
            server.wait(15)
        valkey.stop()
        postgres.stop()
    return 0


def _prepare(size: int) -> None:
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--noinput", "-v0"], cwd=ROOT, check=True)
    subprocess.run([*manage, "demo", "--size", str(size)], cwd=ROOT, check=True)


def _signed_in() -> tuple[str, int, dict[str, int]]:
    """A session of the head of operations; (cookie, a workload's number, queries per path)."""
    import django  # noqa: PLC0415 (only once the environment above names the database)

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from people.models import User  # noqa: PLC0415
    from workloads.models import Workload  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    client = Client()
    client.force_login(User.objects.get(name="Maren Holt"), backend=settings.AUTHENTICATION_BACKENDS[0])
    pk = Workload.objects.order_by("-pk").values_list("pk", flat=True)[100]
    queries = {}
    for case in CASES:
        client.get(case.portal.format(pk=pk))
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(case.portal.format(pk=pk))
        if answer.status_code != 200:
            raise RuntimeError(f"{case.portal} answered {answer.status_code}")
        queries[case.name] = len(captured)
    return client.cookies[settings.SESSION_COOKIE_NAME].OutputString().split(";")[0], pk, queries


def _serve(application: str, port: int) -> subprocess.Popen[bytes]:
    command = [
        str(Path(sys.executable).with_name("granian")),
        "--interface",
        "asginl",
        "--host",
        "127.0.0.1",
        "--workers",
        "2",
    ]
    return subprocess.Popen(
        [*command, "--port", str(port), "--no-access-log", application], cwd=ROOT, stdout=subprocess.DEVNULL
    )


def _report(ports: tuple[int, int], cookie: str, pk: int, queries: dict[str, int]) -> None:
    print(f"{'':44}{'portal':>9}{'limit':>9}{'ratio':>8}{'aim':>7}{'queries':>9}{'aim':>5}")
    for case in CASES:
        portal, bare = _measure(ports, cookie, case.portal.format(pk=pk), case.bare.format(pk=pk))
        ratio = portal / bare
        fits = "" if ratio <= case.aim and queries[case.name] <= case.queries else "   above the aim"
        print(
            f"{case.name:44}{portal:7.2f}ms{bare:7.2f}ms{ratio:7.1f}x{case.aim:6.1f}x{queries[case.name]:9}{case.queries:5}{fits}"
        )


def _measure(ports: tuple[int, int], cookie: str, portal: str, bare: str) -> tuple[float, float]:
    """p50 of both in milliseconds, in alternating rounds, so that a busy moment of the machine hits both."""
    took: tuple[list[float], list[float]] = ([], [])
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for port in ports]
    for round_ in range(ROUNDS + 1):
        for side, path in ((0, portal), (1, bare)):
            for _ in range(WARM_UP if round_ == 0 else PER_ROUND):
                seconds = _get(connections[side], path, cookie)
                if round_:
                    took[side].append(seconds * 1000)
    return statistics.median(took[0]), statistics.median(took[1])


def _get(connection: http.client.HTTPConnection, path: str, cookie: str) -> float:
    start = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie, "Host": "localhost", "Accept": "*/*"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return time.perf_counter() - start


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"nothing listens on {port}")


if __name__ == "__main__":
    sys.exit(main())
