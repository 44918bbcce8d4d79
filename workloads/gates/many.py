"""What stands against many targets at once, in the same few questions for one and for a hundred."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from people.models import User
from people.permissions import WORKLOAD_OWNER
from people.queries import nobody_acts
from workloads.chain.judging import Promise, judge
from workloads.chain.queries import closure
from workloads.gates.known import Known, Waived, beside
from workloads.gates.queries import in_force, unwritten, waived
from workloads.impact.queries import answered_of
from workloads.impact.register import differing
from workloads.models import Classification, UserFlow, Workload


def against_many(
    targets: Sequence[Classification], *, today: dt.date, viewer: User | None = None
) -> dict[int, list[Known]]:
    """By target in force what `gates.queries.against` finds for it."""
    differs = differing(targets)
    numbers = [target.workload_id for target in targets]
    flows = set(UserFlow.objects.filter(workload__in=numbers).values_list("workload_id", flat=True))
    answered = answered_of(numbers)
    unheld = Workload.objects.filter(nobody_acts(WORKLOAD_OWNER, on=today), pk__in=numbers)
    without_owner = set(unheld.order_by().values_list("pk", flat=True))
    waivers: dict[int, dict[str, Waived]] = defaultdict(dict)
    for waiver in in_force(today).filter(workload__in=numbers):
        waivers[waiver.workload_id][waiver.finding] = waived(waiver)
    graph, found = closure(numbers, viewer), {}
    for target in targets:
        number = target.workload_id
        promise = Promise(target.tier_id, target.rto_seconds, target.rpo_seconds)
        findings = list(
            unwritten(
                number, has_flow=number in flows, is_answered=number in answered, has_owner=number not in without_owner
            )
        )
        findings += [*judge(graph, number, promise, today), *([differs[number]] if number in differs else [])]
        found[target.pk] = beside(findings, waivers[number])
    return found
