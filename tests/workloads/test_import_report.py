"""What a file would do, said before anything is written: row by row, problem by problem."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.errors import NotAllowed
from people.models import Role, Team
from people.permissions import IT_OPERATIONS, Permission
from tests.cast import NOW, person, propose, put_in_force
from tests.workloads.registers import PLAIN, ROW, as_csv
from workloads import services as workloads
from workloads.models import Classification, Workload
from workloads.register.services import Options, check_register

pytestmark = pytest.mark.django_db
TEAMS = Options(make_teams=True)


def check(cast, *rows, by=None, **options):
    return check_register(data=as_csv(*rows, **options), name="register.csv", by=by or cast.head, at=NOW, options=TEAMS)


def problems(report):
    return [(p.column, p.what) for row in report.rows for p in row.problems]


def test_new_rows_are_announced_and_nothing_is_written(cast):
    report = check(cast, ROW, PLAIN)
    assert report.sentence == "2 new: nothing is written yet."
    assert [(row.number, row.outcome) for row in report.rows] == [(2, "new"), (3, "new")]
    assert Workload.objects.count() == 1
    assert not Classification.objects.exists()


def test_a_change_says_which_field_from_what_to_what(cast):
    row = {"reference": "APP-1", "name": "Payment Hub", "purpose": "Pays claims and fees.", "team": "Payments"}
    (found,) = check(cast, row).rows
    assert found.outcome == "changed"
    assert [(c.field, c.before, c.after) for c in found.changes] == [
        ("purpose", "Pays claims.", "Pays claims and fees.")
    ]


def test_without_a_reference_the_name_decides_whatever_its_capitals(cast):
    (found,) = check(cast, {"name": "PAYMENT hub", "purpose": "Pays claims.", "team": "Payments"}).rows
    assert found.outcome == "changed"
    assert [(c.field, c.after) for c in found.changes] == [("name", "PAYMENT hub")]


def test_a_known_workload_described_as_it_is_is_unchanged(cast):
    report = check(cast, {"reference": "APP-1", "name": "Payment Hub", "purpose": "Pays claims.", "team": "payments"})
    assert report.sentence == "1 unchanged: the register says all of this already."


def test_a_column_that_is_missing_changes_nothing_and_an_empty_cell_empties(cast):
    workloads.change_workload(workload=cast.workload, by=cast.head, at=NOW, business_unit="Claims", tags=["money"])
    row = {"reference": "APP-1", "name": "Payment Hub", "purpose": "Pays claims.", "team": "Payments"}
    assert check(cast, row).rows[0].outcome == "unchanged"
    (found,) = check(cast, row | {"tags": ""}).rows
    assert [(c.field, c.before, c.after) for c in found.changes] == [("tags", "money", "")]


@pytest.mark.parametrize(
    ("change", "column", "says"),
    [
        ({"name": ""}, "name", "Write what the workload is called."),
        ({"purpose": ""}, "purpose", "Write what it does and who relies on it."),
        ({"team": ""}, "team", "Write the team that owns it."),
        ({"name": "x" * 121}, "name", "At most 120 characters; these are 121. Shorten it."),
        ({"tags": "y" * 41}, "tags", "A tag has at most 40 characters. Separate tags by commas."),
        ({"tags": ",".join(map(str, range(21)))}, "tags", "At most 20 tags."),
        ({"tier wanted": "gold"}, "tier wanted", "Write one of the tiers: 0, 1, 2, 3. You wrote “gold”."),
        ({"tier wanted": "7"}, "tier wanted", "Write one of the tiers: 0, 1, 2, 3. You wrote “7”."),
        ({"tier wanted": ""}, "tier wanted", "Write a tier too, or leave RTO and RPO and reason empty."),
        ({"RTO": "15"}, "RTO", "Write the unit too: “15 s”, “15 min”, “15 h” or “15 days”."),
        ({"RTO": "fifteen"}, "RTO", "You wrote “fifteen”."),
        ({"RPO": "11 years"}, "RPO", "Write a number and a unit"),
        ({"reason": " "}, "reason", "Write why the business needs this: what an outage costs, and whom."),
        ({"RTO": "20 min"}, "RTO", "Tier 1 allows up to 15\u00a0min, this is 20\u00a0min."),
        ({"name": "Nul\x00l"}, "name", "holds a character that cannot be seen"),
        ({"name": "\u202egnp.exe"}, "name", "holds a character that cannot be seen"),
        ({"name": "Payment Hub"}, "name", "Another workload is called “Payment Hub” and has the reference APP-1."),
    ],
)
def test_a_row_that_does_not_fit_says_which_column_and_what_to_do(cast, change, column, says):
    report = check(cast, ROW | change)
    assert report.rows[0].outcome == "refused"
    ((at, what),) = problems(report)
    assert at == column
    assert says in what


def test_all_problems_of_a_row_are_said_at_once(cast):
    report = check(cast, ROW | {"name": "", "RTO": "15", "RPO": "5"})
    assert [column for column, _ in problems(report)] == ["RTO", "RPO", "name"]


def test_a_workload_that_is_meant_twice_is_refused_the_second_time(cast):
    again = [ROW, ROW | {"reference": "APP-8"}, ROW | {"name": "Other"}, PLAIN, PLAIN | {"name": "travel desk"}]
    assert [row.outcome for row in check(cast, *again).rows] == ["new", "refused", "refused", "new", "refused"]


def test_too_many_cells_in_a_row_point_to_a_comma_without_quotes(cast):
    data = b"name,purpose,team\nQuote Engine,Quotes, and binds,Payments\n"
    report = check_register(data=data, name="r.csv", by=cast.head, at=NOW)
    assert problems(report)[0][1].startswith("There are more cells than columns.")


@pytest.mark.parametrize(
    ("change", "lacks"),
    [({"RTO": "", "RPO": ""}, "RTO and no RPO"), ({"RTO": ""}, "RTO"), ({"RPO": "", "reason": ""}, "RPO")],
)
def test_a_target_is_never_made_of_the_ceiling_of_its_tier(cast, change, lacks):
    (found,) = check(cast, ROW | change).rows
    assert "proposed target" not in [change.field for change in found.changes]
    assert (found.outcome, found.notes) == ("new", [f"No target is proposed: there is no {lacks}."])


def test_a_looser_target_comes_in_with_its_reason(cast):
    header = (*ROW, "looser reason")
    (found,) = check(cast, ROW | {"RTO": "20 min", "looser reason": "The old tape robot."}, header=header).rows
    assert found.outcome == "new"


MINE = {"reference": "APP-1", "name": "Payment Hub", "purpose": "Pays claims.", "team": "Payments"}
TARGET = {"tier wanted": "1", "RTO": "15 min", "RPO": "5 min", "reason": "An hour costs a lot."}


def test_a_target_that_is_in_force_is_not_proposed_again(cast):
    put_in_force(cast, tier=1)
    assert check(cast, MINE | TARGET | {"reason": ""}).rows[0].outcome == "unchanged"
    assert check(cast, MINE | TARGET | {"RTO": "10 min"}).rows[0].outcome == "changed"


def test_an_empty_objective_stays_as_the_target_of_this_tier_has_it(cast):
    put_in_force(cast, tier=1)
    assert check(cast, MINE | TARGET | {"RTO": "", "RPO": ""}).rows[0].outcome == "unchanged"
    (found,) = check(cast, MINE | TARGET | {"RTO": "10 min", "RPO": ""}).rows
    assert found.changes[-1].after.endswith("RTO 10\u00a0min, RPO 5\u00a0min")


def test_an_open_proposal_would_be_changed(cast):
    propose(cast, tier=2)
    (found,) = check(cast, MINE | TARGET).rows
    assert [(c.field, c.before[:6], c.after[:6]) for c in found.changes] == [("proposed target", "tier 2", "tier 1")]


def test_a_target_out_for_signature_stands_in_the_way_of_another(cast):
    workloads.send_for_signature(classification=propose(cast, tier=1), by=cast.owner, at=NOW)
    assert check(cast, MINE | TARGET).rows[0].outcome == "unchanged"
    report = check(cast, MINE | TARGET | {"RTO": "10 min"})
    assert "Another target is out for signature." in problems(report)[0][1]


def test_a_change_that_makes_a_request_void_says_so(cast):
    workloads.send_for_signature(classification=propose(cast, tier=1), by=cast.owner, at=NOW)
    (found,) = check(cast, MINE | {"purpose": "Pays."}).rows
    assert found.notes == ["The open request for signatures becomes void: it shows what changes here."]
    (found,) = check(cast, MINE | {"lifecycle": "retiring"}, header=(*MINE, "lifecycle")).rows
    assert (found.outcome, found.notes) == ("changed", []), "no signer reads where in its life it is"


def test_a_retired_workload_gets_no_target(cast):
    workloads.change_workload(workload=cast.workload, by=cast.head, at=NOW, lifecycle="retired")
    assert "retired" in problems(check(cast, MINE | TARGET))[0][1]


def test_new_teams_are_named(cast):
    report = check(cast, ROW | {"team": "Pricing"}, PLAIN | {"team": "pricing"})
    assert report.teams == ["Pricing"]
    assert not Team.objects.filter(name="Pricing").exists()


def test_who_may_not_add_teams_has_to_name_an_existing_one(cast):
    Role.objects.filter(pk=IT_OPERATIONS).update(rights=[Permission.ADD_WORKLOADS, Permission.PROPOSE])
    by = person("Ida Only", role=IT_OPERATIONS)
    assert check(cast, ROW, by=by).rows[0].outcome == "new"
    assert "There is no team “Pricing”" in problems(check(cast, ROW | {"team": "Pricing"}, by=by))[0][1]
    report = check(cast, MINE | {"purpose": "Else."}, by=by)
    assert "You may not change" in problems(report)[0][1]
    assert report.rows[0].changes == [], "what stands there now is not hers to read"


def test_who_may_not_propose_leaves_the_tier_empty(cast):
    Role.objects.filter(pk=IT_OPERATIONS).update(rights=[Permission.ADD_WORKLOADS])
    by = person("Ida Only", role=IT_OPERATIONS)
    assert "You may not propose a target" in problems(check(cast, ROW, by=by))[0][1]
    by.teams.add(cast.team)  # members of the owner team may
    assert check(cast, ROW, by=by).rows[0].outcome == "new"


@pytest.mark.parametrize("who", ["owner", "auditor", "stranger", "stakeholder", "sponsor"])
def test_who_may_not_add_workloads_gets_no_report(cast, who):
    with pytest.raises(NotAllowed):
        check(cast, ROW, by=getattr(cast, who))


def test_the_number_of_queries_does_not_grow_with_the_rows(cast):
    costs = []
    for size in (3, 300):
        rows = [ROW | {"reference": f"APP-{n}", "name": f"Workload {n}"} for n in range(100, 100 + size)]
        with CaptureQueriesContext(connection) as captured:
            check_register(data=as_csv(*rows), name="r.csv", by=cast.head, at=NOW)
        costs.append(len(captured))
    assert costs[1] <= costs[0] <= 20
