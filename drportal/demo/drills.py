"""A year of drills: met, missed, claimed, a tabletop that proves nothing, some ahead and one running."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from drills import gaps, marking, services
from drills.models import Drill, DrillKind
from drportal.demo import cast
from people.models import User, organisation_today
from people.queries import people_in_role
from workloads.models import Classification, Workload

if TYPE_CHECKING:
    from drportal.demo.build import Organisation

KINDS = {"t": DrillKind.TABLETOP, "r": DrillKind.RESTORE}
CRITERIA = (
    "The service answers its users from the second site within the signed RTO, and a sample of records is complete."
)
# Recovery time as a share of the RTO, by outcome.
SHARE = {"m": (0.55, 0.95), "r": (0.5, 0.9), "c": (0.6, 0.95), "x": (1.1, 1.7), "t": (0, 0)}


def past_drills(org: Organisation, load: cast.Load, workload: Workload, target: Classification) -> None:
    """The drills of this workload so far, oldest first; none before its target was signed."""
    if target.signed_off_at is None:
        return
    oldest = (org.now - target.signed_off_at).days - 2
    spacing = {0: 80, 1: 150}.get(load.tier, 190)
    for number, outcome in reversed(list(enumerate(load.drills))):
        days = min(org.random.randint(8, spacing) + number * spacing, oldest)
        if days > 1:
            _held(org, workload, target, outcome, org.ago(days - 0.5 * number))


def _held(org: Organisation, workload: Workload, target: Classification, outcome: str, at: dt.datetime) -> None:
    kind = KINDS.get(outcome) or org.random.choice(
        (DrillKind.FULL_FAILOVER, DrillKind.LIMITED_FAILOVER, DrillKind.FUNCTIONAL)
    )
    drill = _schedule(org, workload, kind, at, planned_at=at - dt.timedelta(days=21))
    by = drill.coordinator
    services.start(drill=drill, by=by, at=at)
    begun = at + dt.timedelta(minutes=2)
    low, high = SHARE[outcome]
    recovery = max(int(target.rto_seconds * org.random.uniform(low, high)), 5)
    loss = int(target.rpo_seconds * org.random.uniform(0.1, 0.8))
    moments = {
        "newest_data": begun - dt.timedelta(seconds=loss),
        "outage_began": begun,
        "declared": begun + dt.timedelta(seconds=recovery // 5),
        "service_healthy": begun + dt.timedelta(seconds=recovery),
    }
    end = begun + dt.timedelta(seconds=recovery + 1800)
    if drill.measures:
        for what, time in moments.items():
            _mark(drill, by, what, time, typed=outcome == "c" and what == "service_healthy", end=end)
    services.finish(drill=drill, by=by, at=end + dt.timedelta(minutes=5))
    if outcome in "xc":
        _gaps(org, drill, by, end + dt.timedelta(hours=1), 2 if outcome == "x" else 1)


def _mark(drill: Drill, by: User, what: str, time: dt.datetime, *, typed: bool, end: dt.datetime) -> None:
    if typed:
        marking.mark(drill=drill, what=what, by=by, at=end, time=time, source="From memory, after the debrief")
    elif what in ("newest_data", "service_healthy"):
        marking.mark(drill=drill, what=what, by=by, at=end, time=time, machine=True, source="Monitoring probe")
    else:
        marking.mark(drill=drill, what=what, by=by, at=time)


def _gaps(org: Organisation, drill: Drill, by: User, at: dt.datetime, count: int) -> None:
    for title, cause in org.random.sample(cast.GAPS, k=count):
        due = organisation_today(at) + dt.timedelta(days=org.random.randint(14, 80))
        action = gaps.open_action(
            drill=drill, by=by, at=at, title=title, cause=cause, owner=_lead(org, drill.workload), due_on=due,
            severity=org.random.choice(("low", "medium", "high")),
        )  # fmt: skip
        done_at = at + dt.timedelta(days=10)
        if done_at < org.now and org.random.random() < 0.4:
            gaps.mark_action_done(
                action=action, by=action.owner, at=done_at, how="Changed, and tried once in the test system."
            )


def _lead(org: Organisation, workload: Workload) -> User:
    return people_in_role("workload-team", workload_id=workload.pk, on=organisation_today(org.now))[0]


def _schedule(
    org: Organisation, workload: Workload, kind: str, start: dt.datetime, *, planned_at: dt.datetime, hours: float = 3
) -> Drill:
    jonas, aiko = org.people["jonas"], org.people["aiko"]
    lead = _lead(org, workload)
    return services.schedule(
        workload=workload, by=lead, at=planned_at, kind=kind, window_start=start,
        window_end=start + dt.timedelta(hours=hours), coordinator=lead, success_criteria=CRITERIA,
        scenario=org.random.choice(cast.SCENARIOS), participants=[jonas, aiko],
    )  # fmt: skip


def coming_drills(org: Organisation) -> None:
    """What is ahead: one running now, one cancelled, and a handful in the next weeks."""
    plan = (
        ("Claims Intake", DrillKind.FULL_FAILOVER, 5), ("Contact Centre Telephony", DrillKind.COMMUNICATION, 10),
        ("Document Store", DrillKind.RESTORE, 18), ("Payment Hub", DrillKind.FULL_FAILOVER, 34),
        ("General Ledger", DrillKind.RESTORE, 47), ("Core Network", DrillKind.LIMITED_FAILOVER, 61),
    )  # fmt: skip
    for name, kind, days in plan:
        start = (org.now + dt.timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
        while start.weekday() > 4 or (start.month, start.day // 8) in ((12, 3), (1, 0)):
            start += dt.timedelta(days=1)  # nobody drills at a weekend, or around Christmas
        _schedule(org, Workload.objects.get(name=name), kind, start, planned_at=org.ago(4))
    moved = _schedule(
        org, Workload.objects.get(name="Broker Portal"), DrillKind.FUNCTIONAL, org.now + dt.timedelta(days=12),
        planned_at=org.ago(9),
    )  # fmt: skip
    services.cancel(
        drill=moved, by=moved.coordinator, at=org.ago(1), reason="The brokers' busiest week; planned anew in January."
    )
    running = _schedule(
        org, Workload.objects.get(name="Monitoring"), DrillKind.FUNCTIONAL, org.now - dt.timedelta(minutes=30),
        planned_at=org.ago(8),
    )  # fmt: skip
    services.start(drill=running, by=running.coordinator, at=org.now - dt.timedelta(minutes=26))
    marking.mark(drill=running, what="outage_began", by=running.coordinator, at=org.now - dt.timedelta(minutes=24))
    marking.mark(drill=running, what="declared", by=running.coordinator, at=org.now - dt.timedelta(minutes=20))
