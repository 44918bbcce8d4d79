"""Home counts each tier by where the targets stand, as far as one may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from drportal.standing import standing_for
from people.models import Role, Team, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, COMMUNICATION_LEAD, Permission
from signoffs import services as signoffs
from tests.cast import NOW, give, open_gates, person, proof, propose, put_in_force
from tests.drills.play import finished
from workloads.models import Classification, Workload
from workloads.services import add_workload, send_for_signature

TODAY = organisation_today(NOW)


def another(cast, name):
    load = add_workload(by=cast.head, at=NOW, name=name, purpose="For tests.", owner_team=cast.team)
    give(BUSINESS_STAKEHOLDER, cast.stakeholder, workload=load)
    open_gates(load, cast.owner)
    return replace(cast, workload=load)


def tiers(user, today=TODAY):
    found = standing_for(user, today=today, on=TODAY)
    rows = {
        row.level: (row.workloads, row.signed, row.in_review, row.overdue, row.proven)
        for row in found.tiers
        if row.workloads
    }
    return rows, found.unclassified, found.never_proven


def test_each_tier_counts_what_is_signed_in_review_overdue_and_proven(cast):
    put_in_force(cast, tier=1)
    assert tiers(cast.head) == ({1: (1, 1, 0, 0, 0)}, 0, 1)
    # A change of tier in review counts with the tier in force.
    send_for_signature(classification=propose(cast, tier=2), by=cast.owner, at=NOW)
    # Proposed and not sent, and sent: with the tier that is proposed, without a signed target.
    propose(another(cast, "Draft"), tier=2)
    send_for_signature(classification=propose(another(cast, "Sent"), tier=2), by=cast.owner, at=NOW)
    Workload.objects.filter(pk=put_in_force(another(cast, "Gone"), tier=1).workload_id).update(lifecycle="retired")
    another(cast, "New")
    assert tiers(cast.head) == ({1: (1, 1, 1, 0, 0), 2: (2, 0, 1, 0, 0)}, 1, 1)
    finished(cast)
    rows, _, never = tiers(cast.head, today=Classification.objects.filter(state="signed_off")[0].review_due_on)
    assert (rows[1], never) == ((1, 1, 1, 0, 1), 0)
    late = Classification.objects.get(workload=cast.workload, state="signed_off").review_due_on + dt.timedelta(days=1)
    assert tiers(cast.head, today=late)[0][1] == (1, 1, 1, 1, 1)


def test_what_was_rejected_is_not_classified(cast):
    request = send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    signoffs.reject(request=request, by=cast.stakeholder, at=NOW, proof=proof(), reason="Too dear.")
    assert tiers(cast.head) == ({}, 1, 0)


def test_only_what_one_sees_is_counted(cast):
    put_in_force(cast, tier=1)
    elsewhere = another(cast, "Ledger")
    Workload.objects.filter(pk=elsewhere.workload.pk).update(owner_team=Team.objects.create(name="Books"))
    assert tiers(cast.owner) == ({1: (1, 1, 0, 0, 0)}, 0, 1)
    assert tiers(cast.stranger) == ({}, 0, 0)
    assert standing_for(cast.owner, today=TODAY, on=TODAY).vacancies is None


def test_vacancies_are_those_of_the_day_and_of_the_workloads_one_sees(cast):
    """For who sees everything the question is put together once: each day has its own answer all the same."""
    before = dt.date(2020, 1, 1)
    for on, lacking in ((TODAY, 0), (before, 1), (TODAY, 0)):
        found = standing_for(cast.head, today=TODAY, on=on).vacancies
        assert (found.no_stakeholder, found.no_team) == (lacking, lacking)
        assert (("Head of operations", "vacant") in found.roles) == bool(lacking)
    Role.objects.filter(pk=COMMUNICATION_LEAD).update(rights=[Permission.VIEW_PEOPLE.value])
    lead = person("Lena Fischer", role=COMMUNICATION_LEAD)
    assert standing_for(lead, today=TODAY, on=before).vacancies.no_team == 0
    lead.teams.add(cast.team)
    assert standing_for(lead, today=TODAY, on=before).vacancies.no_team == 1
    assert standing_for(lead, today=TODAY, on=TODAY).vacancies.no_team == 0
