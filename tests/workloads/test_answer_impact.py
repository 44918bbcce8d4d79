"""Answering the impact analysis of a workload."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from people.models import organisation_today
from tests.cast import NOW
from tests.workloads.impact import answer, cells, month_end, whole
from workloads.impact.queries import answered, contributors, picture
from workloads.impact.services import Given, remove_season
from workloads.impact.suggestion import DATA, TIME, Cell
from workloads.models import ImpactAnalysis, ImpactAnswer, ImpactCategory, ImpactPoint

HOUR = Cell(TIME, None, "trust", 3600)
pytestmark = pytest.mark.usefixtures("unanswered")


def test_answers_are_kept_and_what_is_not_named_stays_unanswered(cast):
    answer(cast, cells(levels="12"))
    assert ImpactAnswer.objects.count() == 2
    assert not answered(cast.workload)
    answer(cast, whole())
    assert answered(cast.workload)
    assert ImpactAnalysis.objects.get().revision == 2


def test_none_is_an_answer_and_unanswered_is_not(cast):
    answer(cast, {HOUR: Given(0)})
    assert picture(cast.workload).cells[HOUR].level == 0
    answer(cast, {HOUR: None})
    assert HOUR not in picture(cast.workload).cells


def test_the_trail_names_the_changed_answers_only(cast):
    answer(cast, cells(levels="12"))
    answer(cast, cells(levels="13"), note="Claims per hour of last year.")
    event = Event.objects.filter(kind="impact.answered").latest("pk")
    assert event.before == {"note": "", "answers": ["Customer trust, an outage of 1\xa0h: Noticeable"]}
    assert event.after["answers"] == ["Customer trust, an outage of 1\xa0h: Serious"]
    assert (event.thread, event.actor_id) == (cast.workload.trail_thread, cast.owner.pk)


def test_saving_what_stands_already_leaves_no_line(cast):
    answer(cast)
    answer(cast)
    assert Event.objects.filter(kind="impact.answered").count() == 1
    assert ImpactAnalysis.objects.get().revision == 1


def test_an_analysis_without_any_answer_is_not_begun(cast):
    with pytest.raises(Invalid, match="Nothing is answered yet"):
        answer(cast, {HOUR: None})
    assert not ImpactAnalysis.objects.exists()


@pytest.mark.parametrize("revision", [0, 2, 7])
def test_a_stale_form_is_refused(cast, revision):
    answer(cast, cells(levels="12"))
    with pytest.raises(WrongState, match="changed this analysis meanwhile"):
        answer(cast, cells(levels="34"), revision=revision)
    assert picture(cast.workload).cells[HOUR].level == 2


@pytest.mark.parametrize("who", ["owner", "stakeholder", "deputy", "head", "platform"])
def test_team_and_business_answer(cast, page, who):
    answer(cast, by=getattr(cast, who))
    assert page(getattr(cast, who)).get(f"/workloads/{cast.workload.pk}/impact/answer/").status_code == 200


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("sponsor", 403), ("stranger", 404)])
def test_who_may_not_answer_is_refused(cast, page, who, status):
    user, address = getattr(cast, who), f"/workloads/{cast.workload.pk}/impact/answer/"
    with pytest.raises(NotAllowed):
        answer(cast, by=user)
    assert page(user).get(address).status_code == status
    assert page(user).post(address, {"revision": 0, HOUR.name: "3"}).status_code == status
    assert page(user).get(f"/workloads/{cast.workload.pk}/impact/").status_code == (404 if status == 404 else 200)


def test_a_longer_outage_cannot_be_less_bad(cast):
    with pytest.raises(Invalid) as refused:
        answer(cast, cells(levels="131"))
    name = "time-0-trust-14400"
    assert list(refused.value.fields) == [name]
    assert "an outage of 1\xa0h: serious" in refused.value.fields[name]
    assert "an outage of 4\xa0h is slight" in refused.value.fields[name]
    assert not ImpactAnalysis.objects.exists()


def test_a_season_is_held_against_the_normal_day_it_stands_beside(cast):
    answer(cast, cells(levels="1223"))
    season = month_end(cast)
    with pytest.raises(
        Invalid, match=r"serious in Month-end\. A longer one cannot be better: .* is noticeable on a normal day"
    ):
        answer(cast, {Cell(TIME, season.pk, "trust", 3600): Given(3)})
    answer(cast, cells(levels=".33", season=season.pk))
    assert picture(cast.workload).suggestion.time.cell == Cell(TIME, season.pk, "trust", 3600)


@pytest.mark.parametrize(
    ("cell", "given", "field"),
    [
        (HOUR, Given(5), "time-0-trust-3600"),
        (HOUR, Given(3, Decimal(5)), "amount-time-0-trust-3600"),
        (Cell(DATA, None, "money", 3600), Given(3, Decimal(5)), "amount-data-0-money-3600"),
        (Cell(TIME, None, "money", 3600), Given(3, Decimal(-1)), "amount-time-0-money-3600"),
        (Cell(TIME, None, "money", 3600), Given(3, Decimal("0.001")), "amount-time-0-money-3600"),
    ],
)
def test_what_does_not_fit_names_its_question(cast, cell, given, field):
    with pytest.raises(Invalid) as refused:
        answer(cast, {cell: given})
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    "cell", [HOUR._replace(season=99), HOUR._replace(category="x"), HOUR._replace(seconds=5), HOUR._replace(loss="x")]
)
def test_what_nobody_asked_is_not_answered(cast, cell):
    with pytest.raises(Invalid, match="There is no question"):
        answer(cast, {cell: Given(1)})


def test_a_currency_is_one_of_the_known(cast):
    with pytest.raises(Invalid) as refused:
        answer(cast, currency="XXX")
    assert list(refused.value.fields) == ["currency"]


def _form(cast, page, asked="", **values):
    """What the page would send now."""
    form = page(cast.owner).get(f"/workloads/{cast.workload.pk}/impact/answer/{asked}").context["form"]
    said = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in said.items()} | values


def test_the_form_saves_part_of_the_answers(cast, page):
    address = f"/workloads/{cast.workload.pk}/impact/answer/"
    sent = _form(cast, page, **{HOUR.name: "3", "time-0-money-3600": "2", "amount-time-0-money-3600": "38,000"})
    reply = page(cast.owner).post(address, sent)
    assert reply.status_code == 302, reply.context["form"].errors
    assert reply.url == f"/workloads/{cast.workload.pk}/impact/"
    stored = picture(cast.workload).cells
    assert {cell.name: row.level for cell, row in stored.items()} == {HOUR.name: 3, "time-0-money-3600": 2}
    assert stored[Cell(TIME, None, "money", 3600)].amount_per_hour == 38000
    text = page(cast.owner).get(reply.url).text
    assert "€\xa038k" in text
    assert "58 answers are missing." in text


def test_an_amount_alone_is_no_answer(cast, page):
    sent = _form(cast, page, **{"amount-time-0-money-3600": "38000"})
    reply = page(cast.owner).post(f"/workloads/{cast.workload.pk}/impact/answer/", sent)
    assert reply.status_code == 422
    assert "Say how bad it is too" in reply.text
    assert 'value="38000"' in reply.text


def test_a_mistake_keeps_the_entries_and_stands_beside_its_question(cast, page):
    sent = _form(cast, page, **{HOUR.name: "3", "time-0-trust-14400": "1"})
    reply = page(cast.owner).post(f"/workloads/{cast.workload.pk}/impact/answer/", sent)
    assert reply.status_code == 422
    assert list(reply.context["form"].errors) == ["time-0-trust-14400"]
    assert "A longer one cannot be better" in reply.context["form"].errors["time-0-trust-14400"][0]
    assert not ImpactAnswer.objects.exists()


def test_who_comes_second_sees_what_changed_and_loses_nothing(cast, page):
    answer(cast, cells(levels="11"))
    address = f"/workloads/{cast.workload.pk}/impact/answer/"
    sent = _form(cast, page, **{"time-0-trust-900": "2", "time-0-safety-3600": "4", "time-0-trust-3600": "3"})
    theirs = {Cell(TIME, None, "trust", 900): Given(0), Cell(TIME, None, "operations", 3600): Given(2)}
    answer(cast, theirs, by=cast.stakeholder)
    reply = page(cast.owner).post(address, sent)
    assert reply.status_code == 409
    assert "Priya Raman has changed this analysis meanwhile" in reply.text
    form = reply.context["form"]
    assert [change.yours for change in reply.context["changes"]] == ["Noticeable", ""]
    kept = {name: form[name].value() for name in ("time-0-trust-900", "time-0-safety-3600", "time-0-operations-3600")}
    assert kept == {"time-0-trust-900": "2", "time-0-safety-3600": "4", "time-0-operations-3600": "2"}
    assert picture(cast.workload).cells[Cell(TIME, None, "trust", 900)].level == 0, "nothing is saved yet"
    again = {name: form[name].value() or "" for name in form.fields}
    assert page(cast.owner).post(address, again).status_code == 302
    stored = {cell.name: row.level for cell, row in picture(cast.workload).cells.items()}
    assert (stored["time-0-trust-900"], stored["time-0-safety-3600"], stored["time-0-operations-3600"]) == (2, 4, 2)


@pytest.mark.parametrize("seen", ["", "x", "[]", '{"a": 1}', "[" * 5000, json.dumps({HOUR.name: ["9", "x"]}), "\ud800"])
def test_a_form_that_carries_nonsense_is_still_only_late(cast, page, seen):
    answer(cast, cells(levels="11"))
    sent = _form(cast, page, revision=0, seen=seen.encode("utf-8", "replace").decode())
    assert page(cast.owner).post(f"/workloads/{cast.workload.pk}/impact/answer/", sent).status_code == 409


@pytest.mark.parametrize("season", ["x", "0", "99999999999999999999"])
def test_a_season_that_does_not_exist_is_not_found(cast, page, season):
    assert page(cast.owner).get(f"/workloads/{cast.workload.pk}/impact/answer/?season={season}").status_code == 404


def test_the_page_names_the_answer_that_decides(cast, page):
    answer(cast)
    text = page(cast.owner).get(f"/workloads/{cast.workload.pk}/impact/").text
    assert "Serious after 1\xa0h, intolerable after 1\xa0day." in text or "intolerable after 24\xa0h." in text
    assert "Customer trust is serious after 1\xa0h, so the next smaller step is taken: 15\xa0min." in text
    assert text.count("<br>decides</td>") == 2


def test_an_analysis_nobody_began_says_what_it_is_for(cast, page):
    text = page(cast.auditor).get(f"/workloads/{cast.workload.pk}/impact/").text
    assert "Nobody has answered yet" in text
    assert "answer/" not in text


def test_categories_and_durations_are_asked_as_the_administrator_wants_them(cast, page):
    ImpactCategory.objects.create(key="climate", name="Climate", question="What is wasted?", position=9)
    ImpactPoint.objects.create(seconds=30)
    fields = page(cast.owner).get(f"/workloads/{cast.workload.pk}/impact/answer/").context["form"].fields
    assert "time-0-climate-30" in fields
    answer(cast, at=NOW)
    assert not answered(cast.workload)


def test_note_and_currency_that_somebody_else_changed_are_said_and_kept(cast, page):
    answer(cast, cells(levels="11"), note="Old.")
    address = f"/workloads/{cast.workload.pk}/impact/answer/"
    sent = _form(cast, page, currency="GBP")
    answer(cast, {}, by=cast.stakeholder, note="Claims per hour.\nOf last year.", currency="USD")
    reply = page(cast.owner).post(address, sent)
    assert reply.status_code == 409
    said = [(change.question, change.before, change.now, change.yours) for change in reply.context["changes"]]
    assert said == [
        ("Where the figures come from", "“Old.”", "“Claims per hour. Of last year.”", ""),
        ("Currency", "“EUR”", "“USD”", "“GBP”"),
    ]
    form = reply.context["form"]
    again = {name: form[name].value() or "" for name in form.fields}
    assert page(cast.owner).post(address, again).status_code == 302
    analysis = ImpactAnalysis.objects.get()
    assert (analysis.note.split(), analysis.currency) == (["Claims", "per", "hour.", "Of", "last", "year."], "GBP")


@pytest.mark.parametrize(
    ("theirs", "mine", "yours"), [("4", "", ""), ("4", "2", "Noticeable"), ("", "2", "Noticeable")]
)
def test_every_kind_of_question_is_told_apart_when_somebody_else_saved(cast, page, theirs, mine, yours):
    """A normal day and a season, an outage and lost data: each question alone."""
    answer(cast, cells(levels="1"))
    season = month_end(cast)
    for cell, asked in (
        (Cell(TIME, None, "operations", 900), ""),
        (Cell(DATA, None, "safety", 3600), "?category=safety"),
        (Cell(TIME, season.pk, "money", 900), f"?season={season.pk}"),
        (Cell(DATA, season.pk, "trust", 900), f"?season={season.pk}&category=trust"),
    ):
        if not theirs:
            answer(cast, {cell: Given(1)})
        address = f"/workloads/{cast.workload.pk}/impact/answer/{asked}"
        sent = _form(cast, page, asked, **({cell.name: mine} if mine else {}))
        answer(cast, {cell: Given(int(theirs)) if theirs else None}, by=cast.stakeholder)
        reply = page(cast.owner).post(address, sent)
        assert reply.status_code == 409, cell
        assert [change.yours for change in reply.context["changes"]] == [yours]
        assert reply.context["form"][cell.name].value() == (mine or theirs)
        answer(cast, {cell: None})


def test_who_answered_other_questions_meanwhile_is_no_reason_to_ask_again(cast, page):
    answer(cast, cells(levels="11"))
    sent = _form(cast, page, "?category=money", **{"time-0-money-3600": "3"})
    answer(cast, {HOUR: Given(2)}, by=cast.stakeholder)
    reply = page(cast.owner).post(f"/workloads/{cast.workload.pk}/impact/answer/?category=money", sent)
    assert (reply.status_code, reply.url.partition("?")[2]) == (302, "category=trust")
    stored = {cell.name: row.level for cell, row in picture(cast.workload).cells.items()}
    assert (stored["time-0-money-3600"], stored[HOUR.name]) == (3, 2)


def test_one_category_after_the_other_is_saved_on_the_way(cast, page):
    client, address = page(cast.owner), f"/workloads/{cast.workload.pk}/impact/answer/"
    first = client.get(f"/workloads/{cast.workload.pk}/impact/").context["first_open"]
    assert first.key == "money"
    shown = client.get(f"{address}?category=money")
    assert "0 of 60 answered" in shown.text
    assert "Customer trust, an outage of" not in shown.text
    assert client.post(f"{address}?category=money", _form(cast, page, "?category=money")).url.endswith("category=trust")
    assert not ImpactAnalysis.objects.exists(), "nothing was said"
    sent = _form(cast, page, "?category=trust", **{HOUR.name: "3", "data-0-trust-900": "1"})
    on = client.post(f"{address}?category=trust", sent)
    assert on.url.endswith("category=regulation")
    assert "2 of 60 answered" in client.get(on.url).text
    last = _form(cast, page, "?category=operations", note="From the register of calls.")
    assert client.post(f"{address}?category=operations", last).url == f"/workloads/{cast.workload.pk}/impact/"
    assert ImpactAnalysis.objects.get().note == "From the register of calls."
    stop = _form(cast, page, "?category=money", stay="1", **{"time-0-money-900": "1"})
    assert client.post(f"{address}?category=money", stop).url == f"/workloads/{cast.workload.pk}/impact/"
    assert len(picture(cast.workload).cells) == 3


def test_what_is_written_to_a_season_that_is_gone_is_said_not_to_be_saved(cast, page):
    answer(cast, cells(levels="11"))
    season = month_end(cast)
    asked = f"?season={season.pk}"
    sent = _form(cast, page, asked, **{Cell(TIME, season.pk, "trust", 900).name: "3"})
    remove_season(season=season, by=cast.stakeholder, at=NOW)
    client, address = page(cast.owner), f"/workloads/{cast.workload.pk}/impact/answer/"
    reply = client.post(f"{address}{asked}", sent, follow=True)
    assert "This season has been removed meanwhile. What you answered for it is not saved." in reply.text
    assert client.get(f"{address}{asked}").status_code == 404
    assert client.get(f"{address}?category=climate").status_code == 404
    assert client.post(f"{address}?category=climate", sent, follow=True).status_code == 200


def test_everybody_who_answered_is_named_with_the_day(cast, page):
    answer(cast, cells(levels="11"))
    answer(cast, {HOUR: Given(2)}, by=cast.stakeholder, at=NOW + dt.timedelta(days=1))
    answer(cast, {HOUR: Given(1)}, at=NOW + dt.timedelta(days=2))
    found = contributors(cast.workload)
    assert [(one.name, one.times, one.last_on) for one in found] == [
        ("Tomas Reyes", 2, organisation_today(NOW + dt.timedelta(days=2))),
        ("Priya Raman", 1, organisation_today(NOW + dt.timedelta(days=1))),
    ]
    text = page(cast.auditor).get(f"/workloads/{cast.workload.pk}/impact/").text
    assert "Who answered" in text
    assert "2 times, last on" in text
