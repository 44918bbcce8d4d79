"""What one more hard dependency would make of a recovery, said before it is written down."""

from __future__ import annotations

from tests.workloads.chains import HOUR, MINUTE, needs, target, third_party, workload
from workloads.chain.queries import closure
from workloads.chain.supposing import supposing


def test_after_it_and_beside_it_are_both_said_with_the_promise(cast):
    target(cast.workload, cast.head, tier=1, rto=15 * MINUTE, rpo=0)
    queue = workload(cast, "Queue", tier=1, rto=10 * MINUTE)
    assert supposing(cast.workload, queue.pk, cast.head) == (
        "If nothing works without it, Payment Hub is back in 25\xa0min at best where it recovers after it, in 15\xa0min where "
        "both recover at the same time; promised 15\xa0min."
    )
    assert not closure([cast.workload.pk]).edges, "nothing is written down"


def test_a_cycle_is_said(cast):
    queue = workload(cast, "Queue", tier=1, rto=10 * MINUTE)
    needs(cast, queue, cast.workload)
    assert supposing(cast.workload, queue.pk, cast.head).startswith(
        "They need each other, so both recover at the same time"
    )


def test_a_third_party_counts_and_what_is_unknown_is_said(cast):
    vendor = third_party(cast, "Card scheme", rto_seconds=HOUR)
    said = supposing(cast.workload, -vendor.pk, cast.head)
    assert "back in 1\xa0h at best" in said
    assert said.endswith("Some times on the way are not known.")


def test_the_forms_say_it(cast, page):
    queue = workload(cast, "Queue", tier=1, rto=10 * MINUTE)
    client = page(cast.head)
    assert (
        "back in 10\xa0min at best"
        in client.get(f"/workloads/{cast.workload.pk}/dependencies/add/?needs={queue.pk}").text
    )
    needs(cast, cast.workload, queue)
    need = cast.workload.dependencies.get()
    assert "back in 10\xa0min at best" in client.get(f"/workloads/dependencies/{need.pk}/change/").text
