"""A whole register comes in as one document: workloads and all that hangs on them, all of it or nothing."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from django.db.models import F

from audit.kinds import Kind
from audit.models import Event
from people.models import Confirmation, Role, RoleAssignment, User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, IT_OPERATIONS, Permission
from tests.cast import NOW, give, person, put_in_force
from tests.past import rewriting_history
from tests.workloads.catalogues import COUNT, as_json, as_yaml, contact, whole
from workloads.due_early import because_for
from workloads.models import (
    Classification,
    Component,
    Dependency,
    FailureMode,
    ImpactAnalysis,
    ImpactAnswer,
    Season,
    ThirdParty,
    UserFlow,
    Workload,
)
from workloads.register import services

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _duty_line():
    contact()


def check(cast, document, by=None, **options):
    data = document if isinstance(document, bytes) else as_json(document)
    return services.check_register(data=data, name="r", by=by or cast.head, at=NOW, **options)


def bring_in(cast, document, by=None, **options):
    data = document if isinstance(document, bytes) else as_json(document)
    return services.import_register(data=data, name="r", by=by or cast.head, at=NOW, **options)


def _impact(workload):
    answers = ImpactAnswer.objects.filter(analysis=workload.pk).count()
    return (
        ImpactAnalysis.objects.get(pk=workload.pk).currency,
        Season.objects.filter(analysis=workload.pk).count(),
        answers,
    )


def day(days):
    return (organisation_today(NOW) + dt.timedelta(days=days)).isoformat()


def problems(report):
    return [(row.kind, row.number, p.column, p.what) for row in report.rows for p in row.problems]


@pytest.mark.parametrize("write", [as_json, as_yaml])
def test_a_document_brings_everything_and_the_second_time_nothing(cast, write):
    data = write(whole())
    said = check(cast, data)
    assert problems(said) == []
    assert said.sentence == f"{COUNT} new: nothing is written yet."
    assert bring_in(cast, data).sentence == f"{COUNT} new: imported."
    app = Workload.objects.get(reference="APP-7")
    store = Component.objects.get(workload=app, name="Store")
    assert (store.own.reference, ThirdParty.objects.get().rto_seconds) == ("DB-1", 14_400)
    assert Dependency.objects.filter(workload=app).count() == 3
    flow = UserFlow.objects.get(workload=app)
    assert (flow.is_critical, flow.rto_seconds, flow.components.count(), flow.dependencies.count()) == (True, 300, 2, 3)
    disk, *slow = FailureMode.objects.filter(workload=app).order_by("pk")
    assert (disk.component, disk.severity, list(disk.flows.all()), len(slow)) == (store, 3, [flow], 2)
    assert app.own_rto_seconds == 360
    assert RoleAssignment.objects.filter(workload_id=app.pk).count() == 1
    assert _impact(app) == (
        "NOK",
        2,
        3,
    )
    events = Event.objects.count()
    again = bring_in(cast, data)
    assert again.sentence == f"{COUNT} unchanged: the register says all of this already."
    assert Event.objects.count() == events


def test_changes_say_what_changes_and_each_leaves_its_line(cast):
    bring_in(cast, whole())
    document = whole()
    document["components"][0]["note"] = "Three replicas."
    document["third_parties"][0]["rto"] = "2 h"
    document["dependencies"][0]["strength"] = "soft"
    document["dependencies"][0]["remains"] = "Old quotes."
    document["flows"][0]["components"] = ["Store"]
    document["failure_modes"][1]["mitigation"] = "A second machine."
    document["failure_modes"][2]["flows"] = ["Quote by phone"]
    document["workloads"][0]["own_rto"] = "7 min"
    document["roles"][0]["until"] = "2099-06-30"
    document["seasons"][0]["working_days"] = 4
    document["impact_answers"][0]["level"] = "slight"
    before = Event.objects.count()
    report = bring_in(cast, document)
    changed = {}
    for row in report.rows:
        if row.outcome == "changed":
            changed.setdefault(row.kind, []).extend((c.field, c.before, c.after) for c in row.changes)
    assert changed == {
        "workloads": [("own recovery time", "6\u00a0min", "7\u00a0min")],
        "failure_modes": [
            ("what softens or prevents it", "", "A second machine."),
            ("user flows", "", "Quote by phone"),
        ],
        "components": [("note", "+ two replicas", "Three replicas.")],
        "third_parties": [("promised RTO", "4\u00a0h", "2\u00a0h")],
        "dependencies": [("hard or soft", "hard", "soft"), ("what still works without it", "", "Old quotes.")],
        "flows": [("components", '"API; public";Store', "Store")],
        "roles": [("until", "31\u00a0Dec\u00a02099", "30\u00a0Jun\u00a02099")],
        "seasons": [("last working days of the month", "3", "4")],
        "impact_answers": [("level", "serious", "slight")],
    }
    kinds = sorted(Event.objects.order_by("id")[before:].values_list("kind", flat=True))
    assert kinds == [
        "component.changed", "dependency.changed", "failure_mode.changed", "failure_mode.changed", "flow.changed",
        "impact.answered", "register.imported", "role.ended",
        "season.changed", "third_party.changed", "workload.changed",
    ]  # fmt: skip
    app = Workload.objects.get(reference="APP-7")
    assert app.flows.get().components.count() == 1
    assert app.impact.revision == 3


FAILS = {
    "workload": "APP-7", "category": "shared fate", "what": "x", "effect": "y", "likelihood": "rare", "severity": "slight",
    "noticed": "soon",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "row", "column", "says"),
    [
        ("components", {"workload": "None such", "name": "A"}, "workload", "There is no workload “None such”"),
        ("components", {"workload": "APP-7", "name": ""}, "component", "Write what the component is called."),
        ("components", {"workload": "APP-7", "name": "x" * 121}, "component", "At most 120 characters"),
        ("components", {"workload": "APP-7", "name": "Other", "own": "DB-1"}, "registered as", "names “Quotes database” too"),
        ("dependencies", {"workload": "APP-7"}, "needs", "Write one workload that it needs, or one third party"),
        ("dependencies", {"workload": "APP-7", "needs": "APP-7"}, "needs", "does not depend on itself"),
        ("dependencies", {"workload": "APP-7", "needs": "APP-1", "strength": "soft"}, "what still works without it", "Write"),
        ("dependencies", {"workload": "APP-7", "needs": "APP-1", "strength": "firm"}, "hard or soft", "Write one of these: hard"),
        ("dependencies", {"workload": "APP-7", "needs": "DB-1"}, "row", "Row 1 is about the same dependency."),
        ("dependencies", {"workload": "APP-7", "third_party": "Nobody"}, "third party", "There is no third party “Nobody”"),
        ("failure_modes", FAILS | {"flows": ["None"]}, "user flows", "has none called “None”"),
        ("failure_modes", FAILS | {"component": "None"}, "component", "has none called “None”"),
        ("failure_modes", FAILS | {"likelihood": "never"}, "likelihood", "Write one of these: rare, unlikely, likely, frequent."),
        ("failure_modes", FAILS | {"category": "bad luck"}, "kind of failure", "Write one of these: shared fate,"),
        ("failure_modes", FAILS | {"severity": ""}, "how bad", "Write one of these: slight,"),
        ("flows", {"workload": "APP-7", "name": "B", "what": "x", "rto": "5"}, "own RTO", "Write the unit too"),
        ("flows", {"workload": "APP-7", "name": "B", "what": "x", "needs": ["APP-1"]}, "needs", "has none called “APP-1”"),
        ("third_parties", {"name": "B", "rto": "1 h"}, "where the promise stands", "Write where the promise stands"),
        ("third_parties", {"name": "B", "contact": "Ghost"}, "contact", "There is no contact “Ghost”"),
        ("roles", {"role": "king", "person": "priya.raman@example.org", "from": day(0)}, "role", "There is no role “king”"),
        ("roles", {"role": "auditor", "person": "x@y.z", "from": day(0)}, "person", "Nobody has the e-mail x@y.z."),
        ("roles", {"role": "auditor", "from": day(0)}, "person", "Write the e-mail"),
        ("roles", {"role": "auditor", "person": "priya.raman@example.org", "from": "1.2.2026"}, "from", "Write a date"),
        ("impact_answers", {"workload": "APP-7", "category": "money", "after": "3 h", "level": "none"}, "after", "Impact is"),
        ("impact_answers", {"workload": "APP-7", "category": "love", "after": "1 h", "level": "none"}, "category", "Write one"),
        ("impact_answers", {"workload": "APP-7", "category": "money", "after": "1 h", "level": "huge"}, "level", "Write one"),
        ("impact_answers", {"workload": "APP-7", "category": "trust", "after": "1 h", "level": "none", "amount": "5"},
         "amount per hour", "No amount is asked for"),
        ("impact_answers", {"workload": "APP-7", "season": "None", "category": "trust", "after": "1 h", "level": "none"},
         "season", "has no season “None”"),
        ("seasons", {"workload": "APP-7", "season": "X", "from_month": 1}, "season", "Write either the last working days"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_says_which_column_and_what_to_do(cast, kind, row, column, says):
    document = whole()
    document[kind].append(row)
    report = check(cast, document)
    ((of, number, at, what),) = problems(report)
    assert (of, number, at) == (kind, len(document[kind]), column)
    assert says in what
    with pytest.raises(services.RowsRefused):
        bring_in(cast, document)
    assert Workload.objects.count() == 1


def test_a_reference_wins_over_a_name_that_reads_the_same(cast):
    document = {
        "workloads": [
            {"reference": "X", "name": "First", "purpose": "p", "team": "Payments"},
            {"reference": "Z", "name": "X", "purpose": "p", "team": "Payments"},
        ],
        "components": [
            {"workload": "X", "name": "of the first"},
            {"workload": "X", "workload_reference": "", "name": "of the second"},
        ],
    }
    bring_in(cast, document)
    assert {c.name: c.workload.name for c in Component.objects.all()} == {"of the first": "First", "of the second": "X"}


def test_a_workload_known_by_its_name_gets_the_reference_of_the_file(cast):
    Workload.objects.update(reference="")
    row = {"reference": "NEW-1", "name": "payment hub", "purpose": "Pays claims.", "team": "Payments"}
    (found,) = check(cast, {"workloads": [row]}).rows
    assert (found.outcome, [c.field for c in found.changes]) == ("changed", ["name", "reference"])


def test_teams_that_do_not_exist_are_refused_unless_they_are_asked_for(cast):
    document = {"workloads": [{"name": "A", "purpose": "p", "team": "Pricing"}]}
    ((*_, what),) = problems(check(cast, document))
    assert what.startswith("There is no team “Pricing”.")
    report = check(cast, document, options=services.Options(make_teams=True))
    assert (report.teams, report.refused) == (["Pricing"], 0)


def test_nobody_gives_a_role_to_themselves_by_a_file(cast):
    with rewriting_history():
        RoleAssignment.objects.filter(person=cast.platform).update(role="continuity-planner")
    row = {"role": "head-of-operations", "person": cast.platform.email, "from": day(0)}
    ((*_, what),) = problems(check(cast, {"roles": [row]}, by=cast.platform))
    assert what.startswith("Nobody gives a role to themselves.")


def test_a_role_of_a_file_begins_today_or_yesterday_with_a_reason(cast):
    row = {"role": "auditor", "person": cast.owner.email}
    for days, more, refused in (
        (0, {}, None),
        (-1, {}, "why it began yesterday"),
        (-1, {"reason": "She acted."}, None),
        (-2, {}, "from"),
    ):
        found = problems(check(cast, {"roles": [row | {"from": day(days)} | more]}))
        assert [label for *_, label, _ in found] == ([refused] if refused else [])


def test_guarded_roles_of_a_file_wait_for_a_second_person_in_one_deed(cast):
    person("Aiko Plans", role="continuity-planner")
    bring_in(cast, whole())
    rows = [
        {"role": "executive-sponsor", "workload": place, "person": cast.owner.email, "from": day(0)}
        for place in ("APP-1", "APP-7")
    ]
    bring_in(cast, {"roles": [*rows, {"role": "communication-lead", "person": cast.owner.email, "from": day(0)}]})
    given = RoleAssignment.objects.filter(person=cast.owner, from_on=organisation_today(NOW))
    assert sorted(given.values_list("role", "standing")) == [
        ("communication-lead", "effective"), ("executive-sponsor", "waiting"), ("executive-sponsor", "waiting"),
    ]  # fmt: skip
    waiting = given.filter(standing="waiting").values_list("confirmation", flat=True)
    assert len(set(waiting)) == 1
    assert "Executive sponsor for 2 workloads: Tomas Reyes" in Confirmation.objects.get(pk=waiting[0]).title


OF_MINE = {
    "components": {"workload": "APP-1", "name": "API"},
    "dependencies": {"workload": "APP-1", "third_party": "CardGate"},
    "flows": {"workload": "APP-1", "name": "Pay", "what": "Somebody is paid."},
    "failure_modes": FAILS | {"workload": "APP-1"},
    "impact": {"workload": "APP-1", "currency": "NOK"},
    "seasons": {"workload": "APP-1", "season": "Month end", "working_days": 3},
    "impact_answers": {"workload": "APP-1", "category": "money", "after": "4 h", "level": "serious"},
}


@pytest.mark.parametrize("kind", OF_MINE)
def test_who_may_add_workloads_describes_none_but_her_own_and_those_of_her_roles(cast, kind):
    bring_in(cast, {"third_parties": whole()["third_parties"]})
    Role.objects.filter(pk=IT_OPERATIONS).update(rights=[Permission.ADD_WORKLOADS, Permission.VIEW_WORKLOADS])
    by, document = person("Ida Only", role=IT_OPERATIONS), {kind: [OF_MINE[kind]]}
    report = check(cast, document, by=by)
    ((*_, what),) = problems(report)
    assert what.startswith("You may not change this of “Payment Hub”.")
    assert report.rows[0].changes == []
    give(BUSINESS_STAKEHOLDER, by, workload=cast.workload)  # answers its impact analysis, and describes nothing else
    assert bool(problems(check(cast, document, by=by))) is (kind not in ("impact", "seasons", "impact_answers"))
    new = {"reference": "NEW-1", "name": "New", "purpose": "p", "team": "Payments"}
    assert problems(check(cast, {"workloads": [new], kind: [OF_MINE[kind] | {"workload": "NEW-1"}]}, by=by)) == []


AUDITS = {"role": "auditor", "person": "samuel.adeyemi@example.org", "from": "2024-01-01"}  # as she does


@pytest.mark.parametrize(
    ("ends", "row", "says"),
    [
        (None, {"until": day(-2)}, "The past cannot be changed. Write yesterday"),
        (-10, {"until": day(30)}, "already. The past cannot be changed."),
        (10, {"until": day(20)}, "A role is not lengthened."),
        (10, {"until": ""}, "A role is not lengthened."),
        (None, {"from": day(5), "until": day(4)}, "The last day is before the first one."),
        (None, {"from": day(5), "deputy": "samuel.adeyemi@example.org"}, "The deputy has to be somebody else."),
        (None, {"from": day(5), "deputy": "gone@example.org"}, "Gone can no longer sign in."),
    ],
)
def test_a_role_in_a_file_keeps_to_the_rules_of_its_page(cast, ends, row, says):
    person("Gone", is_active=False)
    if ends is not None:
        with rewriting_history():
            RoleAssignment.objects.filter(role="auditor").update(until_on=day(ends))
    ((*_, what),) = problems(check(cast, {"roles": [AUDITS | row]}))
    assert says in what


def test_a_role_is_ended_by_a_file_and_none_comes_in_as_past(cast):
    person("Gone", is_active=False)
    past = {"role": "auditor", "person": "gone@example.org", "from": "2024-01-01", "until": "2024-12-31"}
    assert [label for *_, label, _ in problems(check(cast, {"roles": [past]}))] == ["from"]
    report = bring_in(cast, {"roles": [AUDITS | {"until": day(-1)}]})
    assert report.sentence == "1 changed: imported."
    assert not RoleAssignment.objects.in_force(organisation_today(NOW)).filter(role="auditor").exists()


def test_a_role_for_one_workload_gives_its_rights_as_soon_as_it_came_in(cast):
    assert not cast.stranger.may(Permission.CHANGE_WORKLOADS, cast.workload)
    row = {"role": "workload-team", "workload": "APP-1", "person": cast.stranger.email, "from": day(0)}
    bring_in(cast, {"roles": [row]})
    assert User.objects.get(pk=cast.stranger.pk).may(Permission.CHANGE_WORKLOADS, cast.workload)


@pytest.mark.parametrize("bad", ["\x00", "\u202e"])
@pytest.mark.parametrize(
    ("kind", "row", "column"),
    [("components", {"name": "API", "note": "x{}"}, "note"),
     ("flows", {"name": "Pay", "what": "Pays.", "components": ["A{}"]}, "components")],
)  # fmt: skip
def test_a_character_that_cannot_be_seen_is_refused_in_every_text_and_list(cast, kind, row, column, bad):
    hidden = json.loads(json.dumps(row).replace("{}", json.dumps(bad)[1:-1]))
    ((*_, at, what),) = problems(check(cast, {kind: [{"workload": "APP-1"} | hidden]}))
    assert (at, "cannot be seen" in what) == (column, True)


def test_a_workload_is_the_entry_of_one_component_and_never_of_its_own(cast):
    bring_in(cast, whole())  # DB-1 is the entry of APP-7's store
    rows = [
        {"workload": "APP-1", "name": "Store", "own": "DB-1"},
        {"workload": "APP-1", "name": "Self", "own": "APP-1"},
    ]
    assert [what for *_, what in problems(check(cast, {"components": rows}))] == [
        "“Quotes database” is another component's entry already.", "A workload is not a component of itself.",
    ]  # fmt: skip


def test_cells_beside_the_last_column_are_refused_in_every_kind_of_table(cast):
    data = b"workload,component,what it is\nAPP-1,API,service,and more\n"
    assert [what[:48] for *_, what in problems(check(cast, data))] == [
        "There are more cells than columns. In CSV, put a"
    ]


def test_who_may_not_give_roles_imports_none(cast):
    row = {"role": "auditor", "person": cast.owner.email, "from": day(0)}
    ((*_, what),) = problems(check(cast, {"roles": [row]}, by=cast.platform))
    assert what.startswith("You may not give roles or end them.")


def test_answers_that_come_along_with_a_target_count_for_it(cast):
    bring_in(cast, whole())
    target = Classification.objects.get(workload__reference="APP-7")
    assert target.suggested_because.startswith("Money")
    assert target.differs_reason == "Each hour costs € 9,000."


def test_a_hard_dependency_makes_the_review_due_as_on_the_page(cast):
    put_in_force(cast)
    name = cast.workload.name
    document = {
        "workloads": [
            {"name": other, "purpose": "Keeps the books.", "team": cast.team.name} for other in ("Ledger", "Postbox")
        ],
        "dependencies": [{"workload": name, "needs": "Ledger"}, {"workload": name, "needs": "Postbox"}],
    }
    bring_in(cast, document)
    target = Classification.objects.get(state="signed_off")
    said = "It now depends on Ledger and Postbox, and nothing works without them."
    assert (because_for([target], cast.head)[target.pk], target.review_due_on) == (said, organisation_today(NOW))
    assert Event.objects.filter(kind=Kind.CLASSIFICATION_MADE_DUE).count() == 1
    document["dependencies"][0]["note"] = "The same database, another note."
    bring_in(cast, document)
    assert Event.objects.filter(kind=Kind.CLASSIFICATION_MADE_DUE).count() == 1


def test_a_file_of_workloads_does_not_ask_what_hangs_on_them(cast, django_assert_max_num_queries):
    bring_in(cast, whole())
    with django_assert_max_num_queries(9):
        check(cast, {"workloads": whole()["workloads"]})


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800", "\\udfff", "\\u202e"])
@pytest.mark.parametrize(
    "row",
    [
        '"workloads": [{"name": "A", "purpose": "B", "team": "C", "reference": "D"}]',
        '"components": [{"workload": "A", "name": "B", "own": "C"}]',
        '"third_parties": [{"name": "A", "contact": "B", "document": "C"}]',
        '"dependencies": [{"workload": "A", "workload_reference": "B", "needs": "C", "third_party": "D"}]',
        '"flows": [{"workload": "A", "name": "B", "what": "C", "needs": ["D"], "components": ["E"], "third_parties": ["F"]}]',
        '"failure_modes": [{"workload": "A", "component": "B", "category": "bug", "what": "C", "flows": ["D"]}]',
        '"roles": [{"role": "A", "workload": "B", "person": "C", "deputy": "D", "from": "2026-01-01"}]',
        '"impact": [{"workload": "A", "currency": "B"}]',
        '"seasons": [{"workload": "A", "season": "B"}]',
        '"impact_answers": [{"workload": "A", "season": "B", "category": "C", "after": "1 h", "level": "none"}]',
    ],
)
def test_what_no_database_holds_is_refused_and_never_looked_for(cast, row, bad):
    for letter in "ABCDEF":
        data = f"{{{row}}}".replace(f'"{letter}"', f'"x{bad}"').encode()
        report = check(cast, data)
        assert not re.search(r"\\u(?:d[89a-f]..|0000)", json.dumps(report.as_json()))  # jsonb would refuse it
        assert report.refused == 1


def test_what_the_import_keeps_of_a_target_is_what_the_trigger_would_keep(cast):
    def kept():
        names = ("tier_now", "state_now", "open_now", "rto_now", "rpo_now", "review_on")
        return list(Workload.objects.order_by("pk").values_list("name", *names))

    bring_in(cast, whole())
    before = kept()
    assert ("Quote Engine", 1, "proposed", "proposed", 600, 300, None) in before
    Workload.objects.update(tier_now=None, state_now="none", open_now="", rto_now=None, rpo_now=None)
    Classification.objects.update(slo=F("slo"))  # wakes the trigger
    assert kept() == before
