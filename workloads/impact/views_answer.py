"""Answering: all questions on one page, or one category after the other, each saved before the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from audit.errors import Invalid, WrongState
from people.access import SIGNED_IN, rule, signed_in
from people.models import User
from people.permissions import Permission
from workloads.forms import show_refusal
from workloads.impact import services
from workloads.impact.forms import AnswerForm, Change
from workloads.impact.queries import Picture, picture
from workloads.models import ImpactCategory, Season, Workload
from workloads.views_workload import need, workload_for

TRIES = 3  # while others save answers to other questions


@dataclass(frozen=True)
class Place:
    """Where in the questions somebody is: of which season, in which category; both None on the page with all of them."""

    season: Season | None
    category: ImpactCategory | None

    def address(self, workload: Workload, category: ImpactCategory | None) -> str:
        asked = {"season": str(self.season.pk)} if self.season is not None else {}
        asked |= {"category": category.key} if category is not None else {}
        return reverse("workloads:answer-impact", args=[workload.pk]) + (f"?{urlencode(asked)}" if asked else "")


@dataclass(frozen=True)
class Step:
    """One category on the way, with how far it is."""

    name: str
    answered: int
    asked: int
    address: str
    is_here: bool
    first: float  # where it begins on a line of all categories, in per cent
    width: float

    @property
    def share(self) -> str:
        return f"{self.width * self.answered / self.asked:.1f}"

    @property
    def begins(self) -> str:
        return f"{self.first:.1f}"


class Gone(Exception):
    """What the address names is not asked any more."""


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """What is written to a season or category that was removed meanwhile has no place; who wrote it is told."""
    workload, user = workload_for(request, pk), signed_in(request)
    need(user, Permission.ANSWER_IMPACT, workload)
    found = picture(workload)
    try:
        place = _place(request, found)
    except Gone as error:
        if request.method == "GET":
            raise Http404 from None
        messages.error(request, f"{error} What you answered for it is not saved.")
        return redirect("workloads:impact", workload.pk)
    form = AnswerForm(request.POST or None, picture=found, season=place.season, only=place.category)
    if request.method == "GET" or not form.is_valid():
        return _page(request, workload, found, place, form)
    if place.category is not None and found.analysis is None and not form.says_anything:
        return redirect(_next(request, workload, found, place))
    try:
        form, found, changes = _save(workload, user, form, found)
    except Invalid as error:
        show_refusal(form, error)
        return _page(request, workload, found, place, form)
    if changes is not None:
        return _page(request, workload, found, place, form, changes)
    return redirect(_next(request, workload, found, place))


def _place(request: HttpRequest, found: Picture) -> Place:
    season, category = request.GET.get("season", ""), request.GET.get("category", "")
    seasons = {str(one.pk): one for one in found.seasons}
    categories = {one.key: one for one in found.asked.categories}
    if season and season not in seasons:
        raise Gone("This season has been removed meanwhile.")
    if category and category not in categories:
        raise Gone("This category is not asked any more.")
    return Place(seasons.get(season), categories.get(category))


def _save(
    workload: Workload, user: User, form: AnswerForm, found: Picture
) -> tuple[AnswerForm, Picture, list[Change] | None]:
    """Save; whoever saved meanwhile to other questions is no reason to ask again. Changes are None when it is saved.

    Raises Invalid.
    """
    revision = form.cleaned_data["revision"]
    said = {name: form.cleaned_data[name] for name in ("note", "currency") if name in form.cleaned_data}
    for _ in range(TRIES):
        at = timezone.now()
        try:
            services.answer(workload=workload, by=user, at=at, revision=revision, answers=form.given, **said)
        except WrongState:
            found = picture(workload)
            later, changes = form.caught_up(found)
            if changes:
                return later, found, changes
            revision = found.revision
        else:
            return form, found, None
    return later, found, []


def _next(request: HttpRequest, workload: Workload, found: Picture, place: Place) -> str:
    """Where saving leads: to the next category, after the last of them to what follows from it all."""
    categories = found.asked.categories
    if place.category is not None and "stay" not in request.POST:
        later = categories[categories.index(place.category) + 1 :]
        if later:
            return place.address(workload, later[0])
    return reverse("workloads:impact", args=[workload.pk])


def _steps(workload: Workload, found: Picture, place: Place) -> list[Step]:
    season, each = place.season.pk if place.season is not None else None, 2 * len(found.asked.points)
    width = 100 / max(1, len(found.asked.categories))
    return [
        Step(
            one.name, found.answered_in(one.key, season), each, place.address(workload, one), one == place.category,
            number * width, width,
        )
        for number, one in enumerate(found.asked.categories)
    ]  # fmt: skip


def _page(
    request: HttpRequest,
    workload: Workload,
    found: Picture,
    place: Place,
    form: AnswerForm,
    changes: list[Change] | None = None,
) -> HttpResponse:
    steps = _steps(workload, found, place)
    here = next((number for number, step in enumerate(steps, start=1) if step.is_here), 0)
    context: dict[str, Any] = {
        "workload": workload, "form": form, "picture": found, "season": place.season, "category": place.category,
        "changes": changes, "steps": steps, "all_at_once": place.address(workload, None), "here": here,
        "answered": sum(step.answered for step in steps), "asked": sum(step.asked for step in steps),
        "is_last": here == len(steps),
    }  # fmt: skip
    status = 422 if form.errors else 200 if changes is None else 409
    return render(request, "workloads/impact/answer.html", context, status=status)
