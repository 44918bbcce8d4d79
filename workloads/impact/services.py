"""Deeds on the impact analysis of a workload: its answers and its seasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from audit.errors import Invalid, WrongState
from audit.kinds import Kind
from audit.services import difference, record
from people.columns import problems_of
from people.models import User
from people.permissions import Permission
from people.wording import duration
from workloads.impact import calendar
from workloads.impact.queries import Picture, pictures
from workloads.impact.suggestion import Answers, Cell, Names, drop_words, drops
from workloads.models import ImpactAnalysis, ImpactAnswer, Level, Loss, Season, Workload
from workloads.services import constraint_of

SEASONS_MAX = 12
AMOUNT_MAX = Decimal("999999999999.99")
CURRENCIES = ("EUR", "GBP", "USD", "CHF", "NOK", "SEK", "DKK", "PLN", "JPY")
STALE = "Somebody has changed this analysis meanwhile. Nothing of yours is saved yet: look at what changed, then save again."


class Given(NamedTuple):
    """One answer: how bad, and what an hour of it costs where that is asked."""

    level: int
    amount_per_hour: Decimal | None = None


@transaction.atomic
def answer(
    *,
    workload: Workload,
    by: User,
    at: dt.datetime,
    revision: int,
    answers: Mapping[Cell, Given | None],
    note: str | None = None,
    currency: str | None = None,
) -> ImpactAnalysis:
    """Answer the named questions; None takes an answer back, and what is not named stays as it is.

    `revision` is that of the analysis as it was read, 0 where there was none. Raises WrongState when it has moved on, Invalid
    for what cannot be, for example a longer outage that is less bad than a shorter one.
    """
    by.require(Permission.ANSWER_IMPACT, on=workload)
    analysis = _locked(workload, by=by, at=at, revision=revision)
    before = pictures([analysis])[workload.pk]
    changed = {cell: given for cell, given in answers.items() if _given(before, cell) != given}
    _check(before, changed)
    said = _described(analysis) | {"note": note, "currency": currency}
    old, new = difference(_described(analysis), {name: value for name, value in said.items() if value is not None})
    if new.get("currency", analysis.currency) not in CURRENCIES:
        raise Invalid("Some values need another look.", {"currency": f"Choose one of {', '.join(CURRENCIES)}."})
    if not changed and not new:
        if analysis.revision == 0:
            raise Invalid("Nothing is answered yet. Answer at least one question, then save.")
        return analysis
    _write(before, changed)
    if changed:
        old["answers"] = [_line(before, cell, _given(before, cell)) for cell in sorted(changed, key=_order)]
        new["answers"] = [_line(before, cell, changed[cell]) for cell in sorted(changed, key=_order)]
    for name in ("note", "currency"):
        setattr(analysis, name, new.get(name, getattr(analysis, name)))
    _move_on(analysis, by=by, at=at)
    record(Kind.IMPACT_ANSWERED, analysis, by=by, at=at, before=old, after=new)
    return analysis


def _locked(workload: Workload, *, by: User, at: dt.datetime, revision: int | None = None) -> ImpactAnalysis:
    """The analysis, held for this transaction; begun where there is none. Raises WrongState for one that was read too early."""
    analysis = ImpactAnalysis.objects.select_for_update(no_key=True).filter(workload=workload).first()
    if analysis is None and revision in (None, 0):
        analysis = ImpactAnalysis(workload=workload, revision=0, answered_at=at, answered_by=by)
        try:
            with transaction.atomic():
                analysis.save(force_insert=True)
        except IntegrityError:
            raise WrongState(STALE) from None  # two people began at once
    if analysis is None or (revision is not None and analysis.revision != revision):
        raise WrongState(STALE)
    analysis.workload = workload
    return analysis


def _move_on(analysis: ImpactAnalysis, *, by: User, at: dt.datetime) -> None:
    analysis.revision += 1
    analysis.answered_at, analysis.answered_by = at, by
    analysis.save()


def _given(picture: Picture, cell: Cell) -> Given | None:
    stored = picture.cells.get(cell)
    return Given(stored.level, stored.amount_per_hour) if stored is not None else None


def _check(before: Picture, changed: Mapping[Cell, Given | None]) -> None:
    """Raises Invalid with all that is wrong, by the name of the question."""
    problems: dict[str, str] = {}
    for cell, given in changed.items():
        if not _is_asked(before, cell):
            raise Invalid(f"There is no question “{cell.name}”. Reload the page to see what is asked now.")
        problems |= _amount_problem(before, cell, given) if given is not None else {}
        if given is not None and given.level not in Level.values:
            problems[cell.name] = "Choose one of the levels, or leave it unanswered."
    if not problems:
        found = drops(_after(before, changed))
        problems = {drop.later.cell.name: drop_words(drop, before.names) for drop in found}
    if problems:
        raise Invalid(" ".join(dict.fromkeys(problems.values())), problems)


def _is_asked(picture: Picture, cell: Cell) -> bool:
    known = cell.category in picture.names.categories and cell.seconds in picture.asked.points
    return known and cell.loss in Loss.values and (cell.season is None or cell.season in picture.names.seasons)


def _amount_problem(picture: Picture, cell: Cell, given: Given) -> dict[str, str]:
    amount, name = given.amount_per_hour, f"amount-{cell.name}"
    if amount is None:
        return {}
    counted = {category.key for category in picture.asked.categories if category.has_amount}
    if cell.loss != Loss.TIME or cell.category not in counted:
        return {name: "An amount per hour is asked only for outages, and only where the category has one."}
    if not 0 <= amount <= AMOUNT_MAX or amount != amount.quantize(Decimal("0.01")):
        return {name: "Write an amount from 0 up, with at most two decimals."}
    return {}


def _after(before: Picture, changed: Mapping[Cell, Given | None]) -> Answers:
    answers = before.answers
    for cell, given in changed.items():
        levels = answers.setdefault((cell.loss, cell.season, cell.category), {})
        if given is None:
            levels.pop(cell.seconds, None)
        else:
            levels[cell.seconds] = given.level
    return answers


def _write(before: Picture, changed: Mapping[Cell, Given | None]) -> None:
    assert before.analysis is not None  # noqa: S101 (just locked)
    stored = {cell: before.cells[cell] for cell in changed if cell in before.cells}
    ImpactAnswer.objects.filter(pk__in=[row.pk for row in stored.values()]).delete()
    ImpactAnswer.objects.bulk_create(
        ImpactAnswer(
            analysis=before.analysis,
            season_id=cell.season,
            loss=cell.loss,
            category_id=cell.category,
            point_id=cell.seconds,
            level=given.level,
            amount_per_hour=given.amount_per_hour,
        )
        for cell, given in changed.items()
        if given is not None
    )


def _described(analysis: ImpactAnalysis) -> dict[str, Any]:
    return {"note": analysis.note, "currency": analysis.currency}


def _order(cell: Cell) -> tuple[Any, ...]:
    return cell.season or 0, cell.loss == Loss.DATA, cell.category, cell.seconds


def _line(picture: Picture, cell: Cell, given: Given | None) -> str:
    return f"{question_words(cell, picture.names)}: {given_words(given)}"


def question_words(cell: Cell, names: Names) -> str:
    """ "Customer trust, an outage of 1 h", "Money, the data of the last 4 h, Month-end"."""
    season = f", {names.seasons.get(cell.season, 'season')}" if cell.season is not None else ""
    category = names.categories.get(cell.category, cell.category)
    return f"{category}, {Loss(cell.loss).label} {duration(cell.seconds)}{season}"


def given_words(given: Given | None) -> str:
    if given is None:
        return "unanswered"
    amount = f", {given.amount_per_hour} an hour" if given.amount_per_hour is not None else ""
    return f"{Level(given.level).label}{amount}"


@transaction.atomic
def add_season(*, workload: Workload, by: User, at: dt.datetime, name: str, **when: int | None) -> Season:
    """A time in which an outage is worse: `working_days`, or `from_month`, `from_day`, `to_month`, `to_day`. Raises Invalid."""
    by.require(Permission.ANSWER_IMPACT, on=workload)
    analysis = _locked(workload, by=by, at=at)
    if analysis.seasons.count() >= SEASONS_MAX:
        raise Invalid(f"There are {SEASONS_MAX} seasons already. Remove one that no longer counts.")
    season = Season(analysis=analysis)
    _save_season(season, name, when)
    _move_on(analysis, by=by, at=at)
    record(Kind.SEASON_ADDED, season, by=by, at=at, after=_season(season))
    return season


@transaction.atomic
def change_season(*, season: Season, by: User, at: dt.datetime, name: str, **when: int | None) -> Season:
    """Another name or another time; its answers stay. Raises Invalid, WrongState (it has been removed)."""
    workload = season.analysis.workload
    by.require(Permission.ANSWER_IMPACT, on=workload)
    analysis = _locked(workload, by=by, at=at)
    season = _fresh(season)
    before = _season(season)
    _save_season(season, name, when)
    old, new = difference(before, _season(season))
    if new:
        _move_on(analysis, by=by, at=at)
        record(Kind.SEASON_CHANGED, season, by=by, at=at, before=old, after=new)
    return season


@transaction.atomic
def remove_season(*, season: Season, by: User, at: dt.datetime) -> None:
    """Remove it with the answers that were given for it. Raises WrongState."""
    workload = season.analysis.workload
    by.require(Permission.ANSWER_IMPACT, on=workload)
    analysis = _locked(workload, by=by, at=at)
    season, picture = _fresh(season), pictures([analysis])[workload.pk]
    own = sorted((cell for cell in picture.cells if cell.season == season.pk), key=_order)
    lines = [_line(picture, cell, _given(picture, cell)) for cell in own]
    _move_on(analysis, by=by, at=at)
    record(Kind.SEASON_REMOVED, season, by=by, at=at, before=_season(season) | {"answers": lines})
    season.delete()


def _fresh(season: Season) -> Season:
    found = Season.objects.filter(pk=season.pk).first()
    if found is None:
        raise WrongState("This season has been removed meanwhile.")
    return found


def _save_season(season: Season, name: str, when: Mapping[str, int | None]) -> None:
    problems = {} if name.strip() else {"name": "Write something here."}
    problems |= problems_of(Season(name=name.strip()), "name")
    problems |= season_problems(when)
    if problems:
        raise Invalid("Some values need another look.", problems)
    season.name = name.strip()
    for field in WHEN:
        setattr(season, field, when.get(field))
    try:
        with transaction.atomic():
            season.save()
    except IntegrityError as error:
        if constraint_of(error) != "season_name_once":
            raise
        raise Invalid("Another season has this name.", {"name": "Another season has this name."}) from None


WHEN = ("working_days", "from_month", "from_day", "to_month", "to_day")


def season_problems(when: Mapping[str, int | None]) -> dict[str, str]:
    """What is wrong with a season's time, by field."""
    given = {name for name in WHEN if when.get(name) is not None}
    if given == {"working_days"}:
        days = when["working_days"] or 0
        return {} if 1 <= days <= 20 else {"working_days": "Write a number of days from 1 to 20."}
    if given != set(WHEN) - {"working_days"}:
        return {"working_days": "Write either the last working days of the month, or a first and a last day."}
    return {f"{end}_day": text for end in ("from", "to") if (text := _day_problem(when, end))}


def _day_problem(when: Mapping[str, int | None], end: str) -> str:
    month, day = when[f"{end}_month"] or 0, when[f"{end}_day"] or 0
    if not 1 <= month <= 12:
        return "Choose a month."
    last = calendar.days_in(month)
    return "" if 1 <= day <= last else f"{calendar.MONTHS[month]} has {last} days."


def _season(season: Season) -> dict[str, Any]:
    return {"name": season.name, "when": calendar.words(season)}
