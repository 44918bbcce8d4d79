"""What one more hard dependency would make of a workload's recovery, before it is written down."""

from __future__ import annotations

from people.models import User
from people.wording import duration
from workloads.chain.kernel import Edge, Key
from workloads.chain.queries import closure
from workloads.models import Workload


def supposing(workload: Workload, provider: Key, viewer: User) -> str:
    """In words for the form; `provider` as a key of the chain. Two or three questions, and two changes to what was read."""
    graph = closure([workload.pk, provider], viewer)
    if workload.pk not in graph.nodes or provider not in graph.nodes:
        return ""
    chain, promised = graph.chain, graph.faces[workload.pk].target_rto
    chain.update(edge=Edge(workload.pk, provider, parallel=False))
    after, cycle = chain[workload.pk], chain.cycle(workload.pk)
    chain.update(edge=Edge(workload.pk, provider, parallel=True))
    beside = chain[workload.pk]
    if provider in cycle:
        said = f"They need each other, so both recover at the same time: back in {duration(after.rto_seconds)} at best"
    elif after.rto_seconds == beside.rto_seconds:
        said = f"If nothing works without it, {workload.name} is back in {duration(after.rto_seconds)} at best"
    else:
        said = (
            f"If nothing works without it, {workload.name} is back in {duration(after.rto_seconds)} at best where it recovers "
            f"after it, in {duration(beside.rto_seconds)} where both recover at the same time"
        )
    said += f"; promised {duration(promised)}." if promised is not None else "."
    return said + (" Some times on the way are not known." if after.is_lower_bound else "")
