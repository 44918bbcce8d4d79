"""Importing: all of it or nothing, once, with the same lines in the trail as the single deeds."""

from __future__ import annotations

import time
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError

from audit.errors import DeedError, NotAllowed, WrongState
from audit.kinds import Kind
from audit.models import Event
from people.models import Team
from people.permissions import BUSINESS_STAKEHOLDER
from signoffs.models import Request
from tests.cast import NOW, give, make_cast, open_gates, propose
from tests.races import at_once
from tests.workloads.registers import PLAIN, ROW, as_csv
from workloads import services as workloads
from workloads.catalogue import planning
from workloads.models import Classification, Tier, Workload
from workloads.register import services, writing

MINE = {"reference": "APP-1", "name": "Payment Hub", "purpose": "Pays claims and fees.", "team": "Payments"}


def bring_in(by, *rows, **options):
    teams = services.Options(make_teams=True)
    return services.import_register(data=as_csv(*rows), name="register.csv", by=by, at=NOW, options=teams, **options)


def refusals(outcomes):
    """The name of each refusal, None where the deed was done; `at_once` lets nothing else pass."""
    return [type(outcome).__name__ if isinstance(outcome, DeedError) else None for outcome in outcomes]


def kinds():
    return sorted(Event.objects.values_list("kind", flat=True))


@pytest.mark.django_db
def test_rows_become_workloads_with_proposals(cast):
    report = bring_in(cast.head, ROW | {"team": "Pricing"}, PLAIN, MINE)
    assert report.sentence == "2 new, 1 changed: imported."
    quote = Workload.objects.get(reference="APP-7")
    assert (quote.name, quote.owner_team.name, quote.business_unit) == ("Quote Engine", "Pricing", "Sales")
    assert (quote.tags, quote.added_by, quote.lifecycle) == (["money", "web"], cast.head, "live")
    proposal = Classification.objects.get(workload=quote)
    assert (proposal.state, proposal.tier_id, proposal.rto_seconds, proposal.rpo_seconds) == ("proposed", 1, 600, 300)
    assert (proposal.proposed_by, proposal.reason) == (cast.head, "Each hour costs € 9,000.")
    cast.workload.refresh_from_db()
    assert cast.workload.purpose == "Pays claims and fees."


@pytest.mark.django_db
def test_the_trail_tells_each_row_and_the_import(cast):
    before = len(kinds())
    bring_in(cast.head, ROW | {"team": "Pricing"}, PLAIN, MINE)
    new = list(Event.objects.order_by("id")[before:])
    assert sorted(event.kind for event in new) == [
        Kind.CLASSIFICATION_PROPOSED,
        Kind.REGISTER_IMPORTED,
        Kind.TEAM_ADDED,
        Kind.WORKLOAD_ADDED,
        Kind.WORKLOAD_ADDED,
        Kind.WORKLOAD_CHANGED,
    ]
    changed = next(event for event in new if event.kind == Kind.WORKLOAD_CHANGED)
    assert (changed.before, changed.after) == ({"purpose": "Pays claims."}, {"purpose": "Pays claims and fees."})
    assert {event.actor_name for event in new} == {cast.head.name}


@pytest.mark.django_db
def test_a_line_of_the_trail_reads_as_if_the_deed_had_been_done_on_the_page(cast):
    bring_in(cast.head, ROW)
    quote = Workload.objects.get(reference="APP-7")
    imported = {e.kind: e for e in Event.objects.filter(thread=quote.trail_thread)}
    other = workloads.add_workload(
        by=cast.head, at=NOW, name="Other", purpose="Quotes prices.", owner_team=cast.team, business_unit="Sales"
    )
    target = Classification.objects.get(workload=quote)
    workloads.propose(
        workload=other,
        by=cast.head,
        at=NOW,
        tier=target.tier,
        slo=target.slo,
        rto_seconds=600,
        rpo_seconds=300,
        reason="Why.",
    )
    by_hand = {e.kind: e for e in Event.objects.filter(thread=other.trail_thread)}
    assert imported.keys() == by_hand.keys()
    for kind, event in by_hand.items():
        assert event.after.keys() == imported[kind].after.keys()
        assert {k: type(v) for k, v in event.after.items()} == {k: type(v) for k, v in imported[kind].after.items()}


@pytest.mark.django_db
def test_the_same_file_twice_changes_nothing(cast):
    bring_in(cast.head, ROW | {"team": "Pricing"}, PLAIN, MINE)
    lines = len(kinds())
    report = bring_in(cast.head, ROW | {"team": "Pricing"}, PLAIN, MINE)
    assert (report.applied, report.count("unchanged")) == (False, 3)
    assert len(kinds()) == lines


@pytest.mark.django_db
def test_one_refused_row_keeps_all_out(cast):
    with pytest.raises(services.RowsRefused) as refused:
        bring_in(cast.head, PLAIN, ROW | {"name": ""})
    assert (
        refused.value.message == "1 row cannot come in as they are, so nothing was written. Correct them and try again."
    )
    assert refused.value.report.refused == 1
    assert Workload.objects.count() == 1


@pytest.mark.django_db
def test_a_failure_in_the_middle_leaves_nothing(cast, monkeypatch):
    before = kinds()

    def fail(*args):
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(writing, "_add_proposals", fail)
    with pytest.raises(RuntimeError):
        bring_in(cast.head, ROW | {"team": "Pricing"}, PLAIN, MINE)
    assert (Workload.objects.count(), Team.objects.count()) == (1, 1)
    cast.workload.refresh_from_db()
    assert cast.workload.purpose == "Pays claims."
    assert kinds() == before


@pytest.mark.django_db
def test_an_open_proposal_is_changed_and_its_proposer_with_it(cast):
    proposal = propose(cast, tier=2)
    target = {"tier wanted": "1", "RTO": "15 min", "RPO": "5 min", "reason": "Dearer than we thought."}
    bring_in(cast.head, MINE | {"purpose": "Pays claims."} | target)
    proposal.refresh_from_db()
    assert (proposal.tier_id, proposal.proposed_by, proposal.reason) == (1, cast.head, "Dearer than we thought.")
    line = Event.objects.get(kind=Kind.CLASSIFICATION_CHANGED)
    assert (line.before["tier"], line.after["tier"], line.after["proposed_by"]) == (2, 1, cast.head.name)


@pytest.mark.django_db
def test_a_request_that_showed_the_old_description_becomes_void(cast):
    request = workloads.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    bring_in(cast.head, MINE)
    request.refresh_from_db()
    assert request.state == Request.State.VOIDED
    assert Classification.objects.get().state == Classification.State.PROPOSED


@pytest.mark.django_db
def test_a_workload_added_at_this_very_moment_stops_the_import(cast, monkeypatch):
    add = writing._add_workloads

    def just_before(rows, known, by, at, step):
        Workload.objects.create(name="quote engine", purpose="p", owner_team=cast.team, added_at=at, added_by=by)
        add(rows, known, by, at, step)

    monkeypatch.setattr(writing, "_add_workloads", just_before)
    with pytest.raises(WrongState, match="Somebody changed the same workloads"):
        bring_in(cast.head, ROW, PLAIN)
    assert Workload.objects.count() == 1


@pytest.mark.django_db
def test_an_error_of_our_own_is_not_blamed_on_others(cast, monkeypatch):
    def broken(*args):
        raise IntegrityError("some check of the database")

    monkeypatch.setattr(writing, "_add_workloads", broken)
    with pytest.raises(IntegrityError):
        bring_in(cast.head, ROW)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["owner", "auditor", "stranger"])
def test_who_may_not_add_workloads_imports_nothing(cast, who):
    by = getattr(cast, who)
    with pytest.raises(NotAllowed):
        bring_in(by, ROW)


@pytest.mark.django_db(transaction=True)
def test_a_proposal_sent_during_the_import_has_one_outcome():
    cast = make_cast()
    give(BUSINESS_STAKEHOLDER, cast.stakeholder)
    target = {"tier wanted": "1", "RTO": "15 min", "RPO": "5 min", "reason": "Dearer than we thought."}
    for turn in range(6):
        name = f"W{turn}"
        cast.workload = workloads.add_workload(by=cast.head, at=NOW, name=name, purpose="p", owner_team=cast.team)
        open_gates(cast.workload, cast.owner)
        proposal = propose(cast, tier=3, by=cast.head)
        row = {"name": name, "purpose": "p", "team": "Payments"} | target
        found = at_once(
            partial(workloads.send_for_signature, classification=proposal, by=cast.head, at=NOW),
            partial(bring_in, cast.head, row),
        )
        proposal.refresh_from_db()
        if refusals(found)[1] is None:
            assert proposal.tier_id == 1
        else:
            assert (refusals(found), proposal.state, proposal.tier_id) == ([None, "RowsRefused"], "in_review", 3)


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_the_same_file_three_times_at_the_same_moment_comes_in_once():
    cast = make_cast()
    found = at_once(*[partial(bring_in, cast.head, ROW, PLAIN)] * 3)
    again = "2 unchanged: the register says all of this already."
    assert sorted(getattr(report, "sentence", repr(report)) for report in found) == ["2 new: imported.", again, again]


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_a_request_withdrawn_during_an_import_of_descriptions_stops_neither():
    cast = make_cast()
    for turn in range(6):
        proposal = propose(cast)
        workloads.send_for_signature(classification=proposal, by=cast.owner, at=NOW)
        imported, _ = at_once(
            partial(bring_in, cast.head, MINE | {"purpose": f"Pays, {turn}."}),
            partial(workloads.withdraw, classification=proposal, by=cast.owner, at=NOW),
        )
        assert getattr(imported, "sentence", repr(imported)) == "1 changed: imported."
        proposal.refresh_from_db()
        if proposal.state == Classification.State.PROPOSED:  # the import came first and the request became void
            workloads.withdraw(classification=proposal, by=cast.owner, at=NOW)


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_deeds_on_the_same_workloads_at_the_same_moment_never_end_in_a_deadlock():
    cast = make_cast()
    give(BUSINESS_STAKEHOLDER, cast.stakeholder)
    target = {"tier wanted": "1", "RTO": "15 min", "RPO": "5 min", "reason": "Dear."}
    plain = {"slo": Decimal(99), "rto_seconds": 60, "rpo_seconds": 60, "reason": "Why.", "differs_reason": "Cheap."}
    tier = Tier.objects.get(pk=3)
    for turn in range(8):
        made = [
            workloads.add_workload(by=cast.head, at=NOW, name=f"{turn}-{n}", purpose="p", owner_team=cast.team)
            for n in range(4)
        ]
        for workload in made:
            open_gates(workload, cast.owner)
        proposals = [workloads.propose(workload=w, by=cast.head, at=NOW, tier=tier, **plain) for w in made[:3]]
        rows = [{"name": w.name, "purpose": f"q{turn}", "team": "Payments"} | target for w in reversed(made)]
        found = at_once(
            partial(bring_in, cast.head, *rows),
            partial(workloads.withdraw, classification=proposals[0], by=cast.head, at=NOW),
            partial(workloads.send_for_signature, classification=proposals[1], by=cast.head, at=NOW),
            partial(workloads.change_workload, workload=made[2], by=cast.head, at=NOW, purpose="r"),
            partial(workloads.propose, workload=made[3], by=cast.head, at=NOW, tier=tier, **plain),
        )
        met = refusals(found)
        assert set(met) <= {None, "RowsRefused", "WrongState"}, met
        assert met[1:4] == [None, None, None] or met[0] is None


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pause_at", ["_import_alone", "write"])
def test_deeds_that_come_while_an_import_is_at_work_wait_for_it(monkeypatch, pause_at):
    cast = make_cast()
    tier = Tier.objects.get(pk=3)
    plain = {"slo": Decimal(99), "rto_seconds": 60, "rpo_seconds": 60, "reason": "Why."}
    made = [
        workloads.add_workload(by=cast.head, at=NOW, name=f"W{n}", purpose="p", owner_team=cast.team) for n in range(4)
    ]
    open_ones = [workloads.propose(workload=w, by=cast.head, at=NOW, tier=tier, **plain) for w in made[:2]]
    target = {"tier wanted": "1", "RTO": "15 min", "RPO": "5 min", "reason": "Dear."}
    rows = [{"name": w.name, "purpose": "q", "team": "Payments"} | target for w in reversed(made)]
    module = planning if pause_at == "write" else services
    real = getattr(module, pause_at)

    def slowly(*args, **options):
        time.sleep(0.5)
        return real(*args, **options)

    def later(deed, **options):
        time.sleep(0.2)
        deed(by=cast.head, at=NOW, **options)

    monkeypatch.setattr(module, pause_at, slowly)
    found = at_once(
        partial(bring_in, cast.head, *rows),
        partial(later, workloads.withdraw, classification=open_ones[0]),
        partial(later, workloads.change_workload, workload=made[1], purpose="r"),
        partial(later, workloads.propose, workload=made[2], tier=tier, **plain),
        partial(later, workloads.propose, workload=made[3], tier=tier, **plain),
    )
    assert refusals(found)[:3] == [None, None, None]
    refused = (
        "WrongState" if pause_at == "write" else None
    )  # there are open proposals now; or the import changed theirs
    assert refusals(found)[3:] == [refused, refused]
