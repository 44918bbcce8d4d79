"""The whole chain at 10,000 workloads with 40,000 dependencies, against its limit in the same run.

The limit is what nobody can go below: the same rows fetched bare, and the kernel on arrays that stand ready. Also: what one
change costs beside computing everything anew, and how long the findings of the whole register take.

    python -m benchmarks.chain [--size 10000] [--edges 40000] [--var DIR]     with a database of its own
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import os
import random
import secrets
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from drportal.embedded import Postgres

if TYPE_CHECKING:
    from django.test import Client

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, CHANGES, AIM = 9, 300, 2.5
TODAY = dt.date(2026, 11, 21)
WORKLOADS = """
INSERT INTO workloads_workload (name, reference, purpose, owner_team_id, business_unit, lifecycle, tags, added_at, added_by_id,
    proof_rto, proof_rpo, measured_rto_seconds, measured_rpo_seconds)
SELECT 'Chain ' || n, '', 'For measuring.', t.id, '', 'live', '{}', now(), u.id,
    CASE WHEN mod(n, 3) = 0 THEN 'met' ELSE 'unmeasured' END, CASE WHEN mod(n, 3) = 0 THEN 'met' ELSE 'unmeasured' END,
    CASE WHEN mod(n, 3) = 0 THEN 60 + mod(n, 3000) END, CASE WHEN mod(n, 3) = 0 THEN mod(n, 600) END
FROM generate_series(1, %(size)s) n, (SELECT min(id) id FROM people_team) t, (SELECT min(id) id FROM people_user) u
"""
TARGETS = """
INSERT INTO workloads_classification (workload_id, tier_id, slo, rto_seconds, rpo_seconds, reason, looser_reason, state,
    proposed_at, proposed_by_id, suggested_because, differs_reason, findings, review_reasons)
SELECT w.id, mod(w.id, 4), 99, t.rto_seconds, t.rpo_seconds, 'For measuring.', '', 'proposed', now(), w.added_by_id, '', '',
    '[]', '[]'
FROM workloads_workload w JOIN workloads_tier t ON t.level = mod(w.id, 4) WHERE mod(w.id, 10) > 0
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--edges", type=int, default=40_000)
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "bench-chain")
    options = parser.parse_args()
    postgres = Postgres(options.var).start()
    os.environ |= {
        "DATABASE_URL": postgres.url(), "SECRET_KEY": secrets.token_urlsafe(60), "PORTAL_VAR": str(options.var),
        "DJANGO_SETTINGS_MODULE": "drportal.settings", "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    try:
        import django  # noqa: PLC0415 (only once the environment above names the database)

        django.setup()
        _prepare(options.size, options.edges)
        _measure()
        _pages()
    finally:
        postgres.stop()
    return 0


def _prepare(size: int, edges: int) -> None:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from people.models import RoleAssignment, Team, User  # noqa: PLC0415
    from people.permissions import HEAD_OF_OPERATIONS  # noqa: PLC0415
    from workloads.models import Dependency, ThirdParty, Workload  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if Dependency.objects.exists():
        return
    at = timezone.now()
    user = User.objects.create_user("bench@example.org", None, name="Bench", added_at=at)
    RoleAssignment.objects.create(role_id=HEAD_OF_OPERATIONS, person=user, from_on=dt.date(2020, 1, 1))
    Team.objects.create(name="Bench")
    with connection.cursor() as cursor:
        cursor.execute(WORKLOADS, {"size": size})
        cursor.execute(TARGETS)
    vendors = ThirdParty.objects.bulk_create(
        ThirdParty(name=f"Vendor {n}", added_at=at, added_by=user, rto_seconds=3600) for n in range(100)
    )
    keys, some = list(Workload.objects.order_by("pk").values_list("pk", flat=True)), random.Random(7)
    pairs: set[tuple[int, int]] = set()
    # Downwards and not far, as real estates are, and fifty pairs that need each other.
    for high in some.sample(range(len(keys) - 3), 50):
        pairs |= {(keys[high], keys[high + 3]), (keys[high + 3], keys[high])}
    while len(pairs) < edges:
        high, low = sorted(some.sample(range(len(keys)), 2))
        pairs.add((keys[high], keys[min(low, high + 400)]))
    rows = [
        Dependency(
            workload_id=above, needs_id=below if at_random > 0.03 else None,
            third_party=None if at_random > 0.03 else vendors[below % 100], added_at=at, added_by=user,
            order="parallel" if some.random() < 0.5 else "sequential",
        )
        for above, below in sorted(pairs)
        for at_random in [some.random()]
    ]  # fmt: skip
    Dependency.objects.bulk_create(rows, batch_size=5000, ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _measure() -> None:
    from workloads.chain.across import in_order, spots, written  # noqa: PLC0415
    from workloads.chain.kernel import Chain  # noqa: PLC0415
    from workloads.chain.queries import EDGES, NODES, rows, whole  # noqa: PLC0415

    graph = whole()
    nodes, edges = list(graph.nodes.values()), list(graph.edges)
    cycles = graph.chain.cycles()
    print(f"{len(nodes)} hops, {len(edges)} hard dependencies, {len(cycles)} cycles, the longest of "
          f"{max(map(len, cycles), default=0)}")  # fmt: skip

    def fetched() -> None:
        rows(EDGES)
        rows(NODES, keys=None)

    names = ("whole chain from the database", "  limit: rows fetched bare", "  limit: kernel on ready arrays")
    took = _alternating([lambda: whole().chain, fetched, lambda: Chain(nodes, edges)])
    for name, seconds in zip(names, took, strict=True):
        print(f"{name:44}{seconds * 1000:9.1f} ms")
    ratio = took[0] / (took[1] + took[2])
    print(f"{'ratio to fetch and kernel':44}{ratio:9.2f}x   aim {AIM}x{'' if ratio <= AIM else '   above the aim'}")
    _changes(Chain(nodes, edges), took[2])
    found = _alternating([lambda: in_order(graph, spots(graph, TODAY))])[0]
    listed = in_order(graph, spots(graph, TODAY))
    page = _alternating([lambda: [written(graph, spot, TODAY) for spot in listed[:50]]])[0]
    print(
        f"{f'all {len(listed)} findings, sorted':44}{found * 1000:9.1f} ms, a page of them in words {page * 1000:.1f} ms"
    )


def _pages() -> None:
    """What a person waits for, without the network."""
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from people.models import User  # noqa: PLC0415
    from workloads.models import Workload  # noqa: PLC0415

    client, pk = Client(), Workload.objects.order_by("pk").values_list("pk", flat=True)[10]
    client.force_login(User.objects.get(), backend=settings.AUTHENTICATION_BACKENDS[0])
    for path in (
        "/workloads/findings/",
        f"/workloads/{pk}/map/?depth=2",
        f"/workloads/{pk}/map/?depth=4",
        f"/workloads/{pk}/",
    ):
        client.get(path)
        took = statistics.median(_once(partial(_get, client, path)) for _ in range(5))
        print(f"{path.replace(str(pk), 'n'):44}{took * 1000:9.1f} ms")


def _get(client: Client, path: str) -> None:
    status = client.get(path).status_code
    if status != 200:
        raise RuntimeError(f"{path} answered {status}")


def _changes(chain: object, anew: float) -> None:
    """One edge or one node at a time, taken in, against computing everything anew."""
    from workloads.chain.kernel import Chain, Edge  # noqa: PLC0415

    assert isinstance(chain, Chain)
    some, keys = random.Random(8), [key for key in chain.nodes if key > 0]
    edges = [(a, b) for a, below in chain.providers.items() for b in below]

    def own() -> object:
        return chain.update(node=chain.nodes[some.choice(keys)]._replace(rto=some.randrange(9000)))

    def order() -> object:
        above, below = some.choice(edges)
        return chain.update(edge=Edge(above, below, not chain.providers[above][below]))

    def without() -> object:
        return chain.update(without=edges.pop(some.randrange(len(edges))))

    # Numbers rise downwards here, so that the first closes no cycle and the second nearly always does.
    def edge() -> object:
        above, below = sorted(some.sample(keys, 2))
        return chain.update(edge=Edge(above, below))

    def cycle() -> object:
        above, below = sorted(some.sample(keys, 2))
        fresh.append((below, above))
        return chain.update(edge=Edge(below, above))

    fresh: list[tuple[int, int]] = []
    deeds = {"a node's own time": own, "the order of an edge": order, "an edge less": without, "a new edge": edge,
        "one that closes a cycle": cycle}  # fmt: skip
    for name, deed in deeds.items():
        took = []
        for _ in range(CHANGES if deed is not cycle else CHANGES // 10):
            took.append(_once(deed))
            if fresh:
                chain.update(without=fresh.pop())
        took.sort()
        p50, p99 = statistics.median(took), took[-max(1, len(took) // 100)]
        print(f"{'one change: ' + name:44}{p50 * 1000:9.3f} ms p50, {p99 * 1000:.1f} ms p99, "
              f"1/{anew / p50:.0f} of all anew (worst 1/{anew / took[-1]:.1f})")  # fmt: skip


def _alternating(deeds: list[Callable[[], object]]) -> list[float]:
    """p50 of each in seconds, in alternating rounds, so that a busy moment of the machine hits all."""
    took: list[list[float]] = [[] for _ in deeds]
    for round_ in range(ROUNDS + 2):
        for at, deed in enumerate(deeds):
            gc.collect()
            seconds = _once(deed)
            if round_ > 1:
                took[at].append(seconds)
    return [statistics.median(one) for one in took]


def _once(deed: Callable[[], object]) -> float:
    start = time.perf_counter()
    deed()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
