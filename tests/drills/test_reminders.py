"""Reminders: each step once, by the reader's own calendar, also after a week off."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communications.models import Message, ReminderReceipt
from communications.purposes import Purpose
from drills import gaps, reminders, tasks
from drills.models import Action, Drill
from people.permissions import WORKLOAD_OWNER
from people.services import deactivate_person
from tests.cast import NOW, give, person, put_in_force
from tests.drills.play import START, WINDOW, finished, gap, mended, planned, running, told
from tests.past import rewriting_history
from workloads.models import Lifecycle, Workload

DAY = dt.timedelta(days=1)
BOTH = {"Tomas Reyes", "Jonas Lindqvist"}


def days_before(days: float) -> dt.datetime:
    return WINDOW[0] - days * DAY


def reminded(purpose: Purpose = Purpose.DRILL_REMINDER) -> set[str]:
    return {name for names in told(purpose) for name in names}


# --- Drills to come -------------------------------------------------------------------------------------------------
def test_everybody_is_reminded_a_week_and_a_day_before(cast):
    planned(cast)
    sent = [reminders.remind_of_drills(at=days_before(days)) for days in (9, 8, 7, 6, 2, 1, 0.5)]
    assert sent == [0, 0, 2, 0, 0, 2, 0]
    assert reminded() == BOTH
    subjects = {m.subject_line.replace("\xa0", " ") for m in Message.objects.filter(purpose="drill-reminder")}
    assert subjects == {"Drill in 7 days: Payment Hub", "Drill tomorrow: Payment Hub"}


def test_a_sweep_that_runs_twice_sends_once(cast):
    planned(cast)
    assert [reminders.remind_all(at=days_before(7)) for _ in range(3)] == [2, 0, 0]


def test_a_portal_that_was_off_for_a_week_sends_the_newest_step_only(cast):
    planned(cast)
    assert reminders.remind_of_drills(at=days_before(8)) == 0
    assert reminders.remind_of_drills(at=days_before(1)) == 2
    assert reminders.remind_of_drills(at=days_before(7)) == 0  # covered, even if a clock went back
    assert len(told(Purpose.DRILL_REMINDER)) == 2


def test_the_readers_own_calendar_decides_the_day(cast):
    away = person("Aiko Tanaka", team=cast.team, time_zone="Pacific/Auckland")  # 13 hours ahead of UTC
    planned(cast, coordinator=away, participants=[cast.platform], by=cast.head)
    # The window begins on 30 Nov at 09:30 UTC: 22:30 in Auckland, 10:30 in Oslo.
    at = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)  # 23 Nov in Auckland, still 22 Nov in Oslo
    assert reminders.remind_of_drills(at=at) == 1
    assert reminded() == {"Aiko Tanaka"}
    body = Message.objects.get(purpose="drill-reminder").body.replace("\xa0", " ")
    assert "30 Nov 2026, 22:30 to 31" not in body
    assert "22:30" in body
    assert reminders.remind_of_drills(at=at + DAY / 2) == 1


@pytest.mark.parametrize("state", ["running", "cancelled", "stopped"])
def test_only_planned_drills_are_announced(cast, state):
    drill = planned(cast)
    off = {} if state == "running" else {"called_off_at": NOW, "called_off_by": cast.head, "called_off_reason": "x"}
    began = {} if state == "cancelled" else {"started_at": NOW, "started_by": cast.head}
    with rewriting_history():
        Drill.objects.filter(pk=drill.pk).update(state=state, **off, **began)
    assert reminders.remind_of_drills(at=days_before(1)) == 0


def test_a_drill_that_was_moved_is_announced_anew(cast):
    drill = planned(cast)
    assert reminders.remind_of_drills(at=days_before(7)) == 2
    Drill.objects.filter(pk=drill.pk).update(window_start=WINDOW[0] + 20 * DAY, window_end=WINDOW[1] + 20 * DAY)
    assert reminders.remind_of_drills(at=days_before(6)) == 0
    assert reminders.remind_of_drills(at=days_before(-13)) == 2


def test_who_left_is_not_reminded(cast):
    planned(cast)
    deactivate_person(person=cast.platform, by=cast.head, at=NOW)
    assert reminders.remind_of_drills(at=days_before(7)) == 1


# --- Intervals that passed ------------------------------------------------------------------------------------------
def interval(cast) -> dt.timedelta:
    return dt.timedelta(days=cast.workload.classifications.get(state="signed_off").tier.drill_days)


def test_the_team_and_the_head_of_operations_hear_once_that_an_interval_passed(cast):
    put_in_force(cast, tier=1)
    due = NOW + interval(cast)
    assert reminders.remind_of_cadence(at=due) == 0
    assert reminders.remind_of_cadence(at=due + DAY) == 2
    assert reminded(Purpose.DRILL_CADENCE_MISSED) == {"Tomas Reyes", "Maren Holt"}
    assert [reminders.remind_of_cadence(at=due + n * DAY) for n in (1, 2, 30)] == [0, 0, 0]
    body = Message.objects.filter(purpose="drill-cadence-missed")[0].body
    assert "tier 1, to be drilled every" in body
    assert "none yet" in body


def test_who_holds_the_role_hears_instead_of_the_whole_team(cast):
    put_in_force(cast, tier=1)
    person("Mia Only-Member", team=cast.team)
    give(WORKLOAD_OWNER, cast.sponsor, deputy=cast.deputy, workload=cast.workload)
    reminders.remind_of_cadence(at=NOW + interval(cast) + DAY)
    assert reminded(Purpose.DRILL_CADENCE_MISSED) == {"Tomas Reyes", "David Okafor", "Oskar Berge", "Maren Holt"}


def test_a_drill_that_measures_moves_the_due_day_and_a_tabletop_does_not(cast):
    put_in_force(cast, tier=1)
    due = NOW + interval(cast)
    finished(cast, kind="tabletop")
    assert reminders.remind_of_cadence(at=due + DAY) == 2
    finished(cast, recovery=2000)  # a miss is a drill too
    assert reminders.remind_of_cadence(at=due + DAY) == 0
    assert reminders.remind_of_cadence(at=START + interval(cast) + DAY) == 2


def test_signing_a_new_target_does_not_put_the_drill_off(cast):
    put_in_force(cast, tier=1)
    due = NOW + interval(cast)
    put_in_force(cast, tier=1, at=due, rto_seconds=800)
    assert reminders.remind_of_cadence(at=due + DAY) == 2


def test_only_active_workloads_with_a_target_fall_due(cast):
    assert reminders.remind_of_cadence(at=NOW + 5000 * DAY) == 0
    put_in_force(cast, tier=1)
    Workload.objects.update(lifecycle=Lifecycle.RETIRED)
    assert reminders.remind_of_cadence(at=NOW + 5000 * DAY) == 0


def test_many_late_workloads_cost_the_same_queries(cast, django_assert_max_num_queries):
    put_in_force(cast, tier=1)
    with CaptureQueriesContext(connection) as one:
        reminders.remind_of_cadence(at=NOW + 2000 * DAY)
    with CaptureQueriesContext(connection) as nothing:
        reminders.remind_of_cadence(at=NOW + 2000 * DAY)
    assert len(nothing) <= 3 <= len(one)


# --- Gaps that are overdue ------------------------------------------------------------------------------------------
def test_an_owner_hears_the_day_after_and_every_week(cast):
    action = gap(finished(cast), cast)
    noon = dt.datetime.combine(action.due_on, dt.time(12), tzinfo=dt.UTC)
    sent = [reminders.remind_of_actions(at=noon + days * DAY) for days in (0, 1, 1, 2, 7, 8, 9, 15)]
    assert sent == [0, 1, 0, 0, 0, 1, 0, 1]
    assert reminded(Purpose.ACTION_OVERDUE) == {"Jonas Lindqvist"}


def test_after_weeks_off_an_owner_hears_once(cast):
    action = gap(finished(cast), cast)
    noon = dt.datetime.combine(action.due_on, dt.time(12), tzinfo=dt.UTC)
    assert [reminders.remind_of_actions(at=noon + days * DAY) for days in (40, 40, 41)] == [1, 0, 0]


def test_two_gaps_of_one_owner_are_two_reminders(cast):
    drill = finished(cast)
    due = {gap(drill, cast).due_on, gap(drill, cast, title="Images were cold").due_on}
    noon = dt.datetime.combine(due.pop(), dt.time(12), tzinfo=dt.UTC)
    assert reminders.remind_of_actions(at=noon + DAY) == 2


def test_what_is_overdue_of_who_left_is_said_to_each_who_stands_in_once(cast):
    action = gap(finished(cast), cast)
    deputy = person("Dora Deputy")
    give(WORKLOAD_OWNER, cast.platform, deputy=deputy, workload=cast.workload)
    give(WORKLOAD_OWNER, cast.sponsor, deputy=cast.platform, workload=cast.workload)
    deactivate_person(person=cast.platform, by=cast.head, at=NOW)
    noon = dt.datetime.combine(action.due_on, dt.time(12), tzinfo=dt.UTC)
    assert [reminders.remind_of_actions(at=noon + days * DAY) for days in (0, 1, 1, 2, 8, 8)] == [0, 2, 0, 0, 2, 0]
    assert reminded(Purpose.ACTION_OVERDUE) == {"Dora Deputy", "David Okafor"}
    body = Message.objects.filter(purpose="action-overdue").first().body
    assert body.startswith("You stand in here: this was Jonas Lindqvist's, who cannot sign in any more.")
    receipts = ReminderReceipt.objects.filter(purpose="action-overdue", step="week-0")
    assert sorted(one.recipient.name for one in receipts) == ["David Okafor", "Dora Deputy"]


def test_many_actions_of_who_left_cost_the_same_queries(cast):
    drill = finished(cast)
    gap(drill, cast)
    deactivate_person(person=cast.platform, by=cast.head, at=NOW)
    at = NOW + 100 * DAY

    def questions() -> int:
        reminders.remind_of_actions(at=at)
        with CaptureQueriesContext(connection) as captured:
            assert reminders.remind_of_actions(at=at) == 0
        return len(captured)

    one = questions()
    for n in range(5):
        gap(drill, cast, title=f"Gap {n}", owner=cast.owner)
    Action.objects.update(owner=cast.platform)
    assert questions() == one


def test_a_drill_of_a_coordinator_who_left_is_announced_to_who_stands_in(cast):
    planned(cast)
    person("Mia Member", team=cast.team)
    deactivate_person(person=cast.owner, by=cast.head, at=NOW)
    assert [reminders.remind_of_drills(at=days_before(7)) for _ in range(2)] == [2, 0]
    assert reminded() == {"Mia Member", "Jonas Lindqvist"}
    bodies = {m.deliveries.get().user.name: m.body for m in Message.objects.filter(purpose="drill-reminder")}
    assert bodies["Mia Member"].startswith("You stand in here: this was Tomas Reyes's")
    assert "stand in" not in bodies["Jonas Lindqvist"]


def test_an_interval_reaches_the_team_when_its_role_is_held_by_who_left(cast):
    put_in_force(cast, tier=1)
    person("Mia Member", team=cast.team)
    deactivate_person(person=cast.owner, by=cast.head, at=NOW)
    reminders.remind_of_cadence(at=NOW + interval(cast) + DAY)
    assert reminded(Purpose.DRILL_CADENCE_MISSED) == {"Mia Member", "Maren Holt"}


def test_work_that_is_done_is_not_overdue(cast):
    action = mended(finished(cast), cast)
    noon = dt.datetime.combine(action.due_on, dt.time(12), tzinfo=dt.UTC)
    assert reminders.remind_of_actions(at=noon + 3 * DAY) == 0
    gaps.reopen_action(action=action, by=cast.owner, at=noon, reason="Still slow.")
    assert reminders.remind_of_actions(at=noon + 3 * DAY) == 1


def test_a_new_owner_hears_too(cast):
    action = gap(finished(cast), cast)
    noon = dt.datetime.combine(action.due_on, dt.time(12), tzinfo=dt.UTC)
    reminders.remind_of_actions(at=noon + DAY)
    gaps.change_action(action=action, by=cast.owner, at=noon, owner=cast.sponsor, due_on=action.due_on)
    assert reminders.remind_of_actions(at=noon + DAY) == 1
    assert reminded(Purpose.ACTION_OVERDUE) == {"Jonas Lindqvist", "David Okafor"}


def test_the_timetable_wakes_all_of_them(cast):
    now = dt.datetime.now(dt.UTC)
    planned(cast, at=now - 10 * DAY, window_start=now + DAY, window_end=now + DAY * 1.1)
    running(cast)
    tasks.remind()
    assert reminded() == BOTH
