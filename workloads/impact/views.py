"""Pages of the impact analysis of a workload."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit.errors import DeedError, Invalid, WrongState
from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.permissions import Permission
from people.wording import duration
from workloads.forms import show_refusal
from workloads.impact import calendar, services
from workloads.impact.chart import chart, money, severity, whole
from workloads.impact.differing import cost_words, differs_words
from workloads.impact.forms import SeasonForm
from workloads.impact.queries import Picture, contributors, picture, seasons_for
from workloads.impact.suggestion import DATA, TIME, Answered, Cell
from workloads.models import Classification, Level, Loss, Season, Tier, Workload
from workloads.queries import Targets, rights_on, targets_of, waived_of
from workloads.views_workload import need, workload_for


@dataclass(frozen=True)
class Shown:
    """One answer of the table: its level (None: unanswered), in words, what it costs, and whether it decides."""

    level: int | None
    words: str
    amount: str
    decides: bool


@dataclass(frozen=True)
class ShownSeason:
    season: Season
    words: str
    window: calendar.Window
    is_on: bool
    changes: list[str]


@rule(SIGNED_IN)
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """What an outage costs, the longer it lasts, and what follows from it."""
    workload, user = workload_for(request, pk), signed_in(request)
    found, rights, targets = picture(workload), rights_on(user, workload), targets_of(workload)
    suggested, names, points = found.suggestion, found.names, found.asked.points
    today = organisation_today(timezone.now())
    context = {
        "workload": workload,
        "picture": found,
        "suggested": suggested,
        "severity": severity(suggested, names=names, points=points) if suggested else "",
        "chart": chart(found.answers, suggested, names=names, points=points) if suggested and points else None,
        "durations": [duration(seconds) for seconds in points],
        "tables": [_table(found, TIME), _table(found, DATA)],
        "seasons": [_shown(found, season, today) for season in found.seasons],
        "contributors": contributors(workload),
        "first_open": found.first_open or (found.asked.categories[0] if found.asked.categories else None),
        "beside": _beside(found, targets),
        "cost": _cost(found, suggested.rto_seconds) if suggested else "",
        "tier": Tier.objects.filter(pk=suggested.tier).first() if suggested else None,
        "missing": _missing(found),
        "target": targets.in_force,
        "proposal": targets.open,
        "waived_until": waived_of(workload.pk, on=today),
        "may_answer": Permission.ANSWER_IMPACT in rights,
        "may_propose": Permission.PROPOSE in rights,
    }
    return render(request, "workloads/impact/impact.html", context)


@dataclass(frozen=True)
class Beside:
    """A target beside the suggestion: how it differs, and what an outage as long as its RTO costs."""

    label: str
    target: Classification
    differs: str
    cost: str


def _beside(found: Picture, targets: Targets) -> list[Beside]:
    """The target in force and the open one."""
    there = [("In force", targets.in_force), ("Proposed", targets.open)]
    return [_compared(found, label, target) for label, target in there if target is not None]


def _compared(found: Picture, label: str, target: Classification) -> Beside:
    values = (target.tier_id, target.rto_seconds, target.rpo_seconds)
    differs = differs_words(found.suggestion.targets, values) if found.suggestion is not None else ""
    return Beside(label, target, differs, _cost(found, target.rto_seconds))


def _cost(found: Picture, seconds: int) -> str:
    return cost_words(found.rates, seconds, found.analysis.currency if found.analysis is not None else "")


def _table(found: Picture, loss: str) -> dict[str, Any]:
    decided = None
    if found.suggestion is not None:
        decided = found.suggestion.time if loss == TIME else found.suggestion.data
    rows = [
        (category, [_cell(found, Cell(loss, None, category.key, seconds), decided) for seconds in found.asked.points])
        for category in found.asked.categories
    ]
    return {"title": Loss(loss).label.capitalize(), "loss": loss, "rows": rows}


def _cell(found: Picture, cell: Cell, decided: Answered | None) -> Shown:
    stored = found.cells.get(cell)
    if stored is None:
        return Shown(None, "Unanswered", "", decides=False)
    currency = found.analysis.currency if found.analysis is not None else ""
    rate = stored.amount_per_hour
    amount = money(whole(rate, cell.seconds), currency) if rate is not None else ""
    return Shown(stored.level, Level(stored.level).label, amount, decided is not None and decided.cell == cell)


def _shown(found: Picture, season: Season, today: dt.date) -> ShownSeason:
    window = calendar.window(season, today)
    return ShownSeason(season, calendar.words(season), window, window.holds(today), _changes(found, season))


def _changes(found: Picture, season: Season) -> list[str]:
    """What a season answers otherwise, a sentence for each category and kind of loss."""
    by_level: dict[tuple[str, str], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for cell, stored in sorted(found.cells.items(), key=lambda item: item[0].seconds):
        if cell.season == season.pk:
            by_level[cell.loss, cell.category][stored.level].append(duration(cell.seconds))
    return [
        f"{category.name}{', lost data' if loss == DATA else ''}: "
        + "; ".join(f"{Level(level).label.lower()} at {', '.join(at)}" for level, at in sorted(levels.items()))
        for loss in (TIME, DATA)
        for category in found.asked.categories
        if (levels := by_level.get((loss, category.key)))
    ]


def _missing(found: Picture) -> str:
    """Which questions are open; of many only how many."""
    if found.suggestion is None or not found.suggestion.missing:
        return ""
    cells = found.suggestion.missing
    said = f"{len(cells)} answers are missing" if len(cells) > 1 else "One answer is missing"
    if len(cells) > 3:
        return f"{said}."
    return f"{said}: {'; '.join(services.question_words(cell, found.names) for cell in cells)}."


def _season(request: HttpRequest, pk: int) -> Season:
    return get_object_or_404(seasons_for(signed_in(request)), pk=pk)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def add_season(request: HttpRequest, pk: int) -> HttpResponse:
    """Afterwards its own answers are asked: a season without any changes nothing."""
    workload, user = workload_for(request, pk), signed_in(request)
    need(user, Permission.ANSWER_IMPACT, workload)
    form = SeasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            season = services.add_season(workload=workload, by=user, at=timezone.now(), **form.deed)
        except Invalid as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{season} added. Say now what is worse then.")
            return redirect(f"{reverse('workloads:answer-impact', args=[workload.pk])}?season={season.pk}")
    return _season_form(request, workload, form, None)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change_season(request: HttpRequest, pk: int) -> HttpResponse:
    season, user = _season(request, pk), signed_in(request)
    workload = season.analysis.workload
    need(user, Permission.ANSWER_IMPACT, workload)
    form = SeasonForm(request.POST or None, initial=SeasonForm.described(season))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_season(season=season, by=user, at=timezone.now(), **form.deed)
        except Invalid as error:
            show_refusal(form, error)
        except WrongState as error:
            messages.error(request, error.message)
            return redirect("workloads:impact", workload.pk)
        else:
            return redirect("workloads:impact", workload.pk)
    return _season_form(request, workload, form, season)


def _season_form(request: HttpRequest, workload: Workload, form: SeasonForm, season: Season | None) -> HttpResponse:
    context = {"workload": workload, "form": form, "season": season}
    return render(request, "workloads/impact/season.html", context, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def remove_season(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked on a page of its own: the answers for it go too."""
    season, user = _season(request, pk), signed_in(request)
    workload = season.analysis.workload
    need(user, Permission.ANSWER_IMPACT, workload)
    if request.method == "POST":
        try:
            services.remove_season(season=season, by=user, at=timezone.now())
        except DeedError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "Removed.")
        return redirect("workloads:impact", workload.pk)
    answers = season.answers.count()
    said = f"With it go its own answers: {answers}." if answers else "It has no answers of its own."
    context = {
        "workload": workload, "name": season.name, "what": "the season", "back": "workloads:impact", "back_label": "Impact",
        "said": f"{said} The trail keeps them.",
    }  # fmt: skip
    return render(request, "workloads/part_remove.html", context)
