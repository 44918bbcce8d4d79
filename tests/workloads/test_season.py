"""Seasons of an impact analysis: added, changed, removed."""

from __future__ import annotations

import pytest

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from tests.cast import NOW
from tests.workloads.impact import answer, cells, month_end
from workloads.impact import services
from workloads.impact.queries import picture
from workloads.impact.services import SEASONS_MAX
from workloads.models import ImpactAnswer, Season

pytestmark = pytest.mark.usefixtures("unanswered")
STORM = {"from_day": 1, "from_month": 10, "to_day": 15, "to_month": 3}


def test_a_season_is_added_to_an_analysis_that_nobody_began(cast):
    season = month_end(cast)
    event = Event.objects.get(kind="season.added")
    assert event.after == {"name": "Month-end", "when": "Last 2 working days of the month"}
    assert event.thread == cast.workload.trail_thread
    assert picture(cast.workload).seasons == (season,)


def test_a_season_changes_its_name_and_time_and_keeps_its_answers(cast):
    season = month_end(cast)
    answer(cast, cells(levels="12", season=season.pk))
    services.change_season(season=season, by=cast.stakeholder, at=NOW, name="Storm season", **STORM)
    event = Event.objects.get(kind="season.changed")
    assert (event.before["name"], event.after["when"]) == ("Month-end", "1 Oct to 15 Mar")
    assert ImpactAnswer.objects.filter(season=season).count() == 2


def test_a_season_that_is_removed_takes_its_answers_with_it_and_the_trail_keeps_them(cast):
    season = month_end(cast)
    answer(cast, cells(levels="12") | cells(levels="23", season=season.pk))
    services.remove_season(season=season, by=cast.owner, at=NOW)
    assert ImpactAnswer.objects.count() == 2
    event = Event.objects.get(kind="season.removed")
    assert event.before["answers"][1] == "Customer trust, an outage of 1\xa0h, Month-end: Serious"
    with pytest.raises(WrongState, match="removed meanwhile"):
        services.remove_season(season=season, by=cast.owner, at=NOW)
    with pytest.raises(WrongState, match="removed meanwhile"):
        services.change_season(season=season, by=cast.owner, at=NOW, name="X", working_days=1)


def test_a_form_that_was_open_while_a_season_went_is_stale(cast):
    season = month_end(cast)
    revision = picture(cast.workload).revision
    services.remove_season(season=season, by=cast.owner, at=NOW)
    with pytest.raises(WrongState):
        answer(cast, cells(levels="12", season=season.pk), revision=revision)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " ", "working_days": 2}, "name"),
        ({"name": "Month-end", "working_days": 2}, "name"),
        ({"name": "X", "working_days": 0}, "working_days"),
        ({"name": "X", "working_days": 21}, "working_days"),
        ({"name": "X"}, "working_days"),
        ({"name": "X", "working_days": 2} | STORM, "working_days"),
        ({"name": "X", "from_day": 1, "from_month": 2}, "working_days"),
        ({"name": "X"} | STORM | {"to_month": 2, "to_day": 30}, "to_day"),
        ({"name": "X"} | STORM | {"from_month": 13}, "from_day"),
    ],
)
def test_a_time_that_does_not_exist_is_refused(cast, values, field):
    month_end(cast)
    with pytest.raises(Invalid) as refused:
        services.add_season(workload=cast.workload, by=cast.owner, at=NOW, **values)
    assert list(refused.value.fields) == [field]
    assert Season.objects.count() == 1


def test_there_are_not_more_seasons_than_months(cast):
    for number in range(SEASONS_MAX):
        services.add_season(workload=cast.workload, by=cast.owner, at=NOW, name=f"S{number}", working_days=1)
    with pytest.raises(Invalid, match="12 seasons already"):
        month_end(cast)


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("sponsor", 403), ("stranger", 404)])
def test_who_may_not_answer_may_not_touch_seasons(cast, page, who, status):
    season, user = month_end(cast), getattr(cast, who)
    for deed in (
        lambda: month_end(cast, by=user),
        lambda: services.change_season(season=season, by=user, at=NOW, name="X", working_days=1),
        lambda: services.remove_season(season=season, by=user, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            deed()
    for address in (
        f"{cast.workload.pk}/impact/add-season",
        f"seasons/{season.pk}/change",
        f"seasons/{season.pk}/remove",
    ):
        assert page(user).get(f"/workloads/{address}/").status_code == status
        assert page(user).post(f"/workloads/{address}/").status_code == status


def test_the_pages_add_answer_change_and_remove(cast, page):
    client, form = page(cast.owner), {"name": "Storm season", "kind": "range"} | STORM
    reply = client.post(f"/workloads/{cast.workload.pk}/impact/add-season/", form)
    season = Season.objects.get()
    assert reply.url == f"/workloads/{cast.workload.pk}/impact/answer/?season={season.pk}"
    text = client.get(reply.url).text
    assert "in Storm season?" in text
    assert "As usual: unanswered" in text
    client.post(reply.url, {"revision": 1, f"time-{season.pk}-trust-900": "3"})
    assert ImpactAnswer.objects.get().season == season
    text = client.get(f"/workloads/{cast.workload.pk}/impact/").text
    assert "Customer trust: serious at 15\xa0min" in text
    client.post(
        f"/workloads/seasons/{season.pk}/change/", {"name": "Month-end", "kind": "month-end", "working_days": 3}
    )
    season.refresh_from_db()
    assert (season.name, season.working_days, season.from_day) == ("Month-end", 3, None)
    assert "With it go its own answers: 1." in client.get(f"/workloads/seasons/{season.pk}/remove/").text
    client.post(f"/workloads/seasons/{season.pk}/remove/")
    assert not Season.objects.exists()


def test_the_form_says_what_is_missing_of_the_chosen_kind_only(cast, page):
    reply = page(cast.owner).post(
        f"/workloads/{cast.workload.pk}/impact/add-season/", {"name": "X", "kind": "range", "from_day": "1"}
    )
    assert reply.status_code == 422
    assert sorted(reply.context["form"].errors) == ["from_month", "to_day", "to_month"]
