"""What stands against a target because of what the workload needs."""

from __future__ import annotations

import datetime as dt

import pytest

from people.models import Team
from tests.cast import NOW, put_in_force
from tests.workloads.chains import HOUR, MINUTE, needs, target, third_party, workload
from workloads.chain.findings import chain_findings
from workloads.chain.queries import affected, closure, whole
from workloads.models import Proof
from workloads.naming import HIDDEN

TODAY = NOW.date()


def found(of, *, tier=1, rto=15 * MINUTE, rpo=5 * MINUTE, viewer=None):
    return {
        f.key: f for f in chain_findings(of, tier=tier, rto_seconds=rto, rpo_seconds=rpo, today=TODAY, viewer=viewer)
    }


def test_a_workload_that_needs_nobody_has_none(cast):
    assert found(cast.workload) == {}


def test_a_hard_dependency_on_a_less_critical_workload_is_an_inversion(cast):
    ledger = workload(cast, "Ledger", tier=3, rto=60, rpo=60)
    needs(cast, cast.workload, ledger, order="parallel")
    inversion = found(cast.workload)[f"inversion:{ledger.pk}"]
    assert inversion.is_blocking
    assert inversion.title == "Needs Ledger, which is only tier 3"
    assert "Needed directly." in inversion.detail
    assert inversion.address == f"/workloads/{ledger.pk}/map/"
    assert found(cast.workload, tier=3) == {}


def test_an_inversion_through_others_names_its_path(cast):
    queue, disk = workload(cast, "Queue", tier=1), workload(cast, "Disk", tier=2)
    needs(cast, cast.workload, queue)
    needs(cast, queue, disk)
    assert "Needed through Payment Hub → Queue → Disk." in found(cast.workload)[f"inversion:{disk.pk}"].detail


def test_a_soft_dependency_is_no_finding(cast):
    needs(cast, cast.workload, workload(cast, "Ledger", tier=3, rto=99 * HOUR), workload(cast, "Old"), strength="soft")
    assert found(cast.workload) == {}


def test_times_that_add_up_make_a_promise_unreachable(cast):
    queue = workload(cast, "Queue", tier=1, rto=HOUR, rpo=0)
    disk = workload(cast, "Disk", tier=1, rto=3 * HOUR, rpo=HOUR)
    needs(cast, cast.workload, queue)
    needs(cast, queue, disk)
    all_of_it = found(cast.workload)
    assert all_of_it["rto-unreachable"].title == (
        "Back in 4\xa0h\xa015\xa0min at best, through Payment Hub → Queue → Disk; promised 15\xa0min"
    )
    assert all_of_it["rpo-unreachable"].title == (
        "1\xa0h of data lost at worst, through Payment Hub → Queue → Disk; promised 5\xa0min"
    )
    assert all_of_it["rto-unreachable"].is_blocking
    assert found(cast.workload, rto=5 * HOUR)["rto-unreachable"].title.startswith("Back in 9\xa0h at best")
    cast.workload.measured_rto_seconds, cast.workload.proof_rto = 10 * MINUTE, Proof.MET
    cast.workload.save()
    assert "rto-unreachable" not in found(cast.workload, rto=5 * HOUR)  # 10 min of its own after 4 h
    assert "rpo-unreachable" not in found(cast.workload, rpo=HOUR)


def test_a_promise_is_kept_where_only_the_own_time_is_added_to_what_comes_first(cast):
    needs(cast, cast.workload, workload(cast, "Queue", tier=1, rto=10 * MINUTE))
    whole_target = found(cast.workload)["rto-unreachable"]
    assert whole_target.title.startswith("Back in 25\xa0min at best")
    assert whole_target.address == f"/workloads/{cast.workload.pk}/change/#id_own_rto_seconds"
    cast.workload.own_rto_seconds = 5 * MINUTE
    cast.workload.save()
    assert found(cast.workload) == {}
    cast.workload.own_rto_seconds = 6 * MINUTE
    cast.workload.save()
    assert found(cast.workload)["rto-unreachable"].title.startswith("Back in 16\xa0min at best")


def test_an_unreachable_promise_says_every_way_out(cast):
    queue, disk = workload(cast, "Queue", tier=1, rto=6 * MINUTE), workload(cast, "Disk", tier=1, rto=5 * MINUTE)
    needs(cast, cast.workload, queue)
    needs(cast, queue, disk)
    assert found(cast.workload)["rto-unreachable"].detail == (
        "What helps: say how long it and Queue take by themselves (until somebody does, a whole target is added to what comes "
        "first); say that it recovers at the same time as Queue, if it does; have Queue or Disk come back faster: a tighter "
        "promise, or a faster drill; drill it, so that a measured time counts; loosen the target to 26\xa0min; or ask "
        "for a waiver."
    )


def test_what_could_not_help_is_not_said(cast):
    """What it waits for is too slow by itself: its own time, and recovering beside it, would change nothing."""
    needs(cast, cast.workload, workload(cast, "Queue", tier=1, rto=HOUR))
    slow = found(cast.workload)["rto-unreachable"]
    assert slow.detail == (
        "What helps: have Queue come back faster: a tighter promise, or a faster drill; loosen the target to "
        "1\xa0h\xa015\xa0min; or ask for a waiver."
    )
    assert slow.address == f"/workloads/{cast.workload.pk}/map/"


def test_one_that_is_too_slow_on_its_own_gets_faster(cast):
    cast.workload.measured_rto_seconds, cast.workload.proof_rto = 20 * MINUTE, Proof.MISSED
    cast.workload.save()
    cast.workload.dependencies.all().delete()
    assert found(cast.workload)["rto-unreachable"].detail == (
        "What helps: make it faster and drill it again; loosen the target to 20\xa0min; or ask for a waiver."
    )


@pytest.mark.parametrize(
    ("proof", "measured", "own", "counts", "warns"),
    [
        (Proof.MET, 600, None, 600, False), (Proof.MET, 600, 120, 120, True), (Proof.MISSED, 600, 900, 600, False),
        (Proof.CLAIMED, 600, 120, 120, False), (Proof.UNMEASURED, None, 120, 120, False),
        (Proof.UNMEASURED, None, None, None, False), (Proof.MET, 600, 600, 600, False),
    ],
)  # fmt: skip
def test_an_own_time_is_never_longer_than_a_drill_and_warns_where_it_is_shorter(
    cast, proof, measured, own, counts, warns
):
    needs(cast, cast.workload, workload(cast, "Queue", tier=1, rto=60))
    cast.workload.proof_rto, cast.workload.measured_rto_seconds = proof, measured
    cast.workload.own_rto_seconds = own
    cast.workload.save()
    for graph in (closure([cast.workload.pk]), whole()):
        assert graph.nodes[cast.workload.pk].own == counts
    assert ("own-estimate" in found(cast.workload, rto=HOUR)) is warns


def test_beside_each_other_the_longer_counts(cast):
    needs(cast, cast.workload, workload(cast, "Queue", tier=1, rto=10 * MINUTE), order="parallel")
    assert found(cast.workload) == {}


def test_the_target_replaces_what_is_signed_but_not_what_was_measured(cast):
    put_in_force(cast, tier=1)
    assert found(cast.workload, rto=60) == {}
    cast.workload.measured_rto_seconds, cast.workload.proof_rto = 12 * MINUTE, Proof.MISSED
    cast.workload.save()
    assert found(cast.workload, rto=10 * MINUTE)["rto-unreachable"].title.startswith(
        "Back in 12\xa0min at best, on its own"
    )
    cast.workload.proof_rto = Proof.CLAIMED
    cast.workload.save()
    assert found(cast.workload, rto=10 * MINUTE) == {}


def test_doubtful_hops_warn(cast):
    unknown = workload(cast, "Old thing")
    vendor = third_party(cast, "Card scheme", has_failover=False, promised_until_on=TODAY - dt.timedelta(days=1))
    needs(cast, cast.workload, unknown, vendor)
    all_of_it = found(cast.workload)
    assert {key: f.is_blocking for key, f in all_of_it.items()} == dict.fromkeys(
        [f"unclassified:{unknown.pk}", f"no-failover:tp{vendor.pk}", f"promise-expired:tp{vendor.pk}"], False
    )
    vendor.has_failover, vendor.promised_until_on = True, TODAY
    vendor.save()
    assert set(found(cast.workload)) == {f"unclassified:{unknown.pk}"}


def test_a_cycle_warns_at_every_member(cast):
    queue = workload(cast, "Queue", tier=1)
    needs(cast, cast.workload, queue)
    needs(cast, queue, cast.workload)
    assert found(cast.workload)["cycle"].title == "2 workloads need each other: Payment Hub, Queue"
    assert "cycle" in found(queue)


def test_names_that_a_viewer_may_not_see_are_withheld(cast):
    other = workload(cast, "Secret ledger", tier=3, team=Team.objects.create(name="Other"))
    needs(cast, cast.workload, other)
    inversion = found(cast.workload, viewer=cast.owner)[f"inversion:{other.pk}"]
    assert HIDDEN in inversion.title
    assert "Secret" not in inversion.title + inversion.detail
    assert inversion.address == ""
    assert "Secret ledger" in found(cast.workload, viewer=cast.head)[f"inversion:{other.pk}"].title


@pytest.mark.parametrize(
    ("proof", "measured", "signed", "proposed", "expected"),
    [
        (Proof.MET, 60, True, True, (60, "measured")), (Proof.MISSED, 61, True, True, (61, "measured")),
        (Proof.CLAIMED, 62, True, True, (900, "signed")), (Proof.CLAIMED, 62, False, True, (62, "claimed")),
        (Proof.UNMEASURED, None, False, True, (14400, "claimed")), (Proof.UNMEASURED, None, False, False, (None, "none")),
        (Proof.MET, None, True, False, (900, "signed")),
    ],
)  # fmt: skip
def test_the_best_evidence_of_a_hop_counts(cast, proof, measured, signed, proposed, expected):
    if signed:
        put_in_force(cast, tier=1)
    if proposed:
        target(cast.workload, cast.head, tier=2, rto=4 * HOUR, rpo=4 * HOUR)
    cast.workload.proof_rto, cast.workload.measured_rto_seconds = proof, measured
    cast.workload.save()
    for graph in (closure([cast.workload.pk]), whole()):
        node = graph.nodes[cast.workload.pk]
        assert (node.rto, node.rto_evidence) == expected


def test_the_promise_of_a_vendor_is_a_claim(cast):
    vendor = third_party(cast, "Card scheme", rto_seconds=HOUR)
    needs(cast, cast.workload, vendor)
    node = closure([cast.workload.pk]).nodes[-vendor.pk]
    assert (node.rto, node.rto_evidence, node.rpo, node.rpo_evidence) == (HOUR, "claimed", None, "none")


def test_the_closure_and_who_is_affected_follow_hard_dependencies_around_cycles(cast, django_assert_num_queries):
    a, b, c, d = (workload(cast, name) for name in "ABCD")
    vendor = third_party(cast, "Card scheme")
    needs(cast, a, b)
    needs(cast, b, c, vendor)
    needs(cast, c, a)
    needs(cast, c, d, strength="soft")
    with django_assert_num_queries(2):
        graph = closure([b.pk])
    assert set(graph.nodes) == {a.pk, b.pk, c.pk, -vendor.pk}
    assert set(closure([d.pk]).nodes) == {d.pk}
    assert affected([c.pk]) == {a.pk, b.pk}
    assert affected([-vendor.pk]) == {a.pk, b.pk, c.pk}
    assert affected([d.pk]) == set()
    with django_assert_num_queries(2):
        everything = whole()
    assert len(everything.nodes) == 6
    assert {e[:2] for e in everything.edges} == {e[:2] for e in graph.edges}
