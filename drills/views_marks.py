"""Times of a running drill: recorded by a click or typed, corrected, and asked about where they are odd."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from audit.errors import Invalid
from drills import marking
from drills.forms import CorrectForm, MarkForm, attempt
from drills.models import Drill, Mark, What
from drills.views import reader
from drills.views_drill import drill_of, say_clock_notes
from people.access import SIGNED_IN, rule

SALT = "drills.click"
ASKED_FOR = dt.timedelta(
    minutes=2
)  # how long a click waits for its confirmation; longer, and one could choose among clicks


@rule(SIGNED_IN)
@require_POST
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Now with an empty time, else as typed. What is odd is asked about on a page; a click keeps its moment meanwhile."""
    at, drill, form = timezone.now(), drill_of(request, pk), MarkForm(request.POST)
    if not form.is_valid():
        raise Invalid(" ".join(str(text) for errors in form.errors.values() for text in errors))
    values, by = dict(form.cleaned_data), reader(request)
    confirmed, clicked = values.pop("confirm"), values.pop("clicked")
    about = [drill.pk, values["what"], by.pk]
    if clicked and values["time"] is None:
        at = _moment_of(clicked, about)
    try:
        new = marking.mark(drill=drill, by=by, at=at, confirmed=confirmed, **values)
    except marking.NeedsConfirmation as error:
        click = "" if values["time"] else signing.dumps([*about, at.isoformat()], salt=SALT)
        context = {
            "drill": drill,
            "odd": error.odd,
            "time": values["time"] or at,
            "clicked": click,
            "label": What(values["what"]).label,
        }
        return render(request, "drills/confirm_mark.html", context | {"entered": _entered(request)}, status=422)
    messages.success(request, f"Recorded: {What(new.what).label.lower()}.")
    say_clock_notes(request, form, reverse("drills:correct", args=[new.pk]))
    return redirect(drill)


def _entered(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent, to be sent again."""
    return [(name, request.POST[name]) for name in ("what", "time", "time_which", "source") if name in request.POST]


def _moment_of(clicked: str, about: list[object]) -> dt.datetime:
    """When the button was pressed that the person has been asked about. Raises Invalid."""
    try:
        *of, moment = signing.loads(clicked, salt=SALT, max_age=ASKED_FOR)
    except signing.BadSignature:
        of, moment = [], ""
    if of != about:
        raise Invalid("This click is too old to be confirmed. Record the moment again, or type its time.")
    return dt.datetime.fromisoformat(moment)


@rule(SIGNED_IN)
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    marks = Mark.objects.filter(drill__in=Drill.objects.visible_to(reader(request)).values("pk"))
    wrong = get_object_or_404(marks.select_related("drill__workload", "recorded_by"), pk=pk)
    form = CorrectForm(request.POST or None, initial={"time": wrong.at})
    if form.is_valid() and (new := _correct(request, form, wrong)):
        messages.success(request, "The time is corrected. The old one stays readable.")
        say_clock_notes(request, form, reverse("drills:correct", args=[new.pk]))
        return redirect(wrong.drill)
    return render(request, "drills/correct.html", {"form": form, "mark": wrong, "drill": wrong.drill})


def _correct(request: HttpRequest, form: CorrectForm, wrong: Mark) -> Mark | None:
    """The corrected time; None when something stands in the way, which the form says then."""
    values = dict(form.cleaned_data)
    deed = {"mark": wrong, "by": reader(request), "at": timezone.now(), "confirmed": values.pop("confirm"), **values}
    try:
        return attempt(form, lambda: marking.correct_mark(**deed))
    except marking.NeedsConfirmation as error:
        form.ask(error.message)
        return None
