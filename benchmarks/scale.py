"""Does the register stay as fast with ten times the workloads? p50 of filtered, sorted lists at 10,000 and at 100,000.

Everything is private to the run, as in `benchmarks.bench`. Aim: a filtered, sorted list at most 1.3 times slower.
"""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import statistics
import sys
from pathlib import Path

from benchmarks.bench import ROOT, _free_port, _get, _prepare, _serve, _signed_in, _wait
from drportal.embedded import Postgres, Valkey

AIM = 1.3
WARM_UP, MEASURED = 20, 150
PATHS = (
    ("filtered by tier, by review date", "/workloads/?tier=2&sort=review"),
    ("filtered by tier, by name", "/workloads/?tier=1&sort=name"),
    ("one team, by tier", "/workloads/?team=3&sort=tier"),
    ("searched by a word", "/workloads/?q=ledger+hub"),
    ("everything, by tier", "/workloads/"),
    ("searched with a typing mistake", "/workloads/?q=ledgr+hbu"),
    ("my workloads", "/workloads/?view=mine"),
    ("by review date, downwards", "/workloads/?sort=-review"),
    ("by target", "/workloads/?sort=target"),
    ("in review, by team", "/workloads/?state=in_review&sort=team"),
    ("everything, page 150", "/workloads/?page=150"),
    ("API, filtered by tier", "/api/v1/workloads/?tier=2&page_size=50"),
    ("search over everything", "/search/?q=ledger"),
    ("the same with a typing mistake", "/search/?q=ledgr"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=[10_000, 100_000])
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "bench-scale")
    options = parser.parse_args()
    postgres, valkey = Postgres(options.var).start(), Valkey(options.var).start()
    os.environ |= {
        "DATABASE_URL": postgres.url(), "REDIS_URL": valkey.url(), "SECRET_KEY": secrets.token_urlsafe(60),
        "PORTAL_VAR": str(options.var), "DJANGO_SETTINGS_MODULE": "drportal.settings", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    try:
        small, large = (_p50(size) for size in options.sizes)
    finally:
        valkey.stop()
        postgres.stop()
    print(f"{'':36}{options.sizes[0]:>10,}{options.sizes[1]:>10,}   ratio, aim {AIM}")
    for (name, _), few, many in zip(PATHS, small, large, strict=True):
        print(f"{name:36}{few:8.1f}ms{many:8.1f}ms{many / few:7.2f}x{'   above the aim' if many / few > AIM else ''}")
    return 0


def _p50(size: int) -> list[float]:
    """Milliseconds, path by path, with so many workloads."""
    _prepare(size)
    cookie, _, _ = _signed_in()
    port = _free_port()
    server = _serve("drportal.asgi:application", port)
    try:
        _wait(port)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        found = []
        for _, path in PATHS:
            took = [_get(connection, path, cookie) * 1000 for _ in range(WARM_UP + MEASURED)]
            found.append(statistics.median(took[WARM_UP:]))
        return found
    finally:
        server.terminate()
        server.wait(15)


if __name__ == "__main__":
    sys.exit(main())
