"""Who hears what about drills and gaps."""

import datetime as dt

from communications.models import Message
from communications.purposes import Purpose
from drills import gaps, services
from drills.handover import Drills
from tests.cast import NOW, put_in_force
from tests.drills.play import START, WINDOW, finished, gap, plan, planned, running, told

HOUR = dt.timedelta(hours=1)


def test_everybody_but_the_planner_hears_of_a_new_drill(cast):
    drill = planned(cast, participants=[cast.platform, cast.head])
    assert told(Purpose.DRILL_SCHEDULED) == [{"Tomas Reyes", "Jonas Lindqvist"}]
    message = Message.objects.get()
    assert (message.path, message.thread) == (drill.get_absolute_url(), drill.trail_thread)
    assert "full failover drill of Payment Hub" in message.body
    assert "30 Nov 2026" in message.body.replace("\xa0", " ")


def test_a_change_reaches_who_stays_who_comes_and_who_goes(cast):
    drill = planned(cast)
    services.change(
        drill=drill, by=cast.head, at=NOW, **plan(cast, participants=[cast.sponsor], window_end=WINDOW[1] + HOUR)
    )
    assert told(Purpose.DRILL_CHANGED) == [{"Tomas Reyes"}]
    assert told(Purpose.DRILL_SCHEDULED)[1:] == [{"David Okafor"}]
    assert told(Purpose.DRILL_CANCELLED) == [{"Jonas Lindqvist"}]


def test_the_others_hear_of_a_new_coordinator_by_hand_over_and_of_nothing_where_she_only_took_part(cast):
    led, joined = planned(cast), planned(cast, coordinator=cast.head, participants=[cast.owner, cast.platform])
    cast.sponsor.teams.add(cast.team)
    Drills().hand_over(cast.owner, cast.sponsor, by=cast.head, at=NOW)
    assert told(Purpose.DRILL_CHANGED) == [{"Jonas Lindqvist"}]
    assert Message.objects.get(purpose=Purpose.DRILL_CHANGED.key).path == led.get_absolute_url()
    for drill in (led, joined):
        drill.refresh_from_db()
    assert (led.coordinator, joined.coordinator) == (cast.sponsor, cast.head)
    assert set(joined.participants.all()) == {cast.sponsor, cast.platform}


def test_everybody_hears_that_a_drill_is_off(cast):
    services.cancel(drill=planned(cast), by=cast.head, at=NOW, reason="Away.")
    services.stop(drill=running(cast), by=cast.owner, at=START + HOUR, reason="A real alarm.")
    assert told(Purpose.DRILL_CANCELLED) == [{"Tomas Reyes", "Jonas Lindqvist"}, {"Jonas Lindqvist"}]


def test_everybody_reads_the_result(cast):
    put_in_force(cast, tier=1)
    finished(cast, recovery=1085)
    assert told(Purpose.DRILL_FINISHED) == [{"Tomas Reyes", "Jonas Lindqvist"}]
    body = Message.objects.get(purpose=Purpose.DRILL_FINISHED.key).body.replace("\xa0", " ")
    assert "missed, 18 min 5 s instead of 15 min (machine)" in body
    assert "met, 1 min" in body or "met, 60 s, promised 5 min (machine)" in body
    assert "Gaps written down: 0" in body


def test_the_owner_of_a_gap_hears_of_it_and_a_new_owner_too(cast):
    action = gap(finished(cast), cast)
    gaps.change_action(action=action, by=cast.owner, at=START, owner=cast.sponsor, due_on=action.due_on)
    gaps.change_action(action=action, by=cast.owner, at=START, owner=cast.sponsor, due_on=START.date())
    assert told(Purpose.ACTION_ASSIGNED) == [{"Jonas Lindqvist"}, {"David Okafor"}]


def test_nobody_tells_herself(cast):
    gap(finished(cast), cast, owner=cast.owner)
    assert told(Purpose.ACTION_ASSIGNED) == []


def test_who_can_no_longer_sign_in_is_not_told(cast):
    drill = planned(cast)
    cast.platform.is_active = False
    cast.platform.save()
    services.cancel(drill=drill, by=cast.head, at=NOW, reason="Away.")
    assert told(Purpose.DRILL_CANCELLED) == [{"Tomas Reyes"}]
