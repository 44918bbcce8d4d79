"""Pages of one drill: planned, running, finished; and the deeds that plan, start and stop it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from drills import pictures, queries, services
from drills.coordinators import coordinators, may_run
from drills.forms import DrillForm, ReasonForm, attempt, initial_of
from drills.models import Drill, Mark
from drills.moments import odd_marks
from drills.stand_ins import may_plan
from drills.views import only_for, reader
from people.access import SIGNED_IN, rule
from people.fields import clock_notes
from people.models import User, organisation_today
from people.permissions import Permission
from people.wall_clock import went_back_between
from signoffs.documents import canonical
from workloads.gates.queries import in_force
from workloads.models import Classification, Workload

TEMPLATES: dict[str, str] = {
    Drill.State.PLANNED: "drills/planned.html",
    Drill.State.RUNNING: "drills/running.html",
    Drill.State.FINISHED: "drills/finished.html",
    Drill.State.STOPPED: "drills/called_off.html",
    Drill.State.CANCELLED: "drills/called_off.html",
}
CHOICES = 20
TYPED_LATE = dt.timedelta(days=3)  # by then most times of a drill are typed
NEAR = dt.timedelta(days=1)  # from then on, starting is the one thing to do


@rule(SIGNED_IN)
def schedule(request: HttpRequest) -> HttpResponse:
    """Choose a workload, then say what, when and with whom."""
    user = reader(request)
    workload = _chosen(request, user)
    if workload is None:
        return _choose(request, user)
    only_for(request, Permission.SCHEDULE_DRILLS, workload)
    form = DrillForm(request.POST or None, **_people(workload, [user.pk]), initial={"coordinator": user.pk})
    if form.is_valid():
        drill = attempt(form, lambda: services.schedule(workload=workload, by=user, at=timezone.now(), **form.values()))
        if drill:
            messages.success(request, "The drill is scheduled. Everybody who takes part is told.")
            say_clock_notes(request, form, reverse("drills:change", args=[drill.pk]))
            return redirect(drill)
    return render(request, "drills/form.html", {"form": form} | _judged_by(workload))


def _people(workload: Workload, also: list[int]) -> dict[str, Any]:
    """Whom the form offers."""
    on = organisation_today(timezone.now())
    suggested = queries.people_suggested(workload, on=on, also=also)
    return {"suggested": suggested, "coordinators": coordinators(suggested, workload, on=on)}


def _chosen(request: HttpRequest, user: User) -> Workload | None:
    asked = request.GET.get("workload", "")
    if not (asked.isascii() and asked.isdigit()):
        return None
    return get_object_or_404(Workload.objects.visible_to(user).select_related("owner_team"), pk=asked)


def _choose(request: HttpRequest, user: User) -> HttpResponse:
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = Workload.objects.visible_to(user).active().select_related("owner_team")
    found = found.filter(name__says=text) if text else found.none()
    return render(request, "drills/choose.html", {"q": text, "workloads": found[:CHOICES]})


def _in_force(workload: Workload) -> Classification | None:
    signed = Classification.objects.filter(workload=workload, state=Classification.State.SIGNED_OFF)
    return signed.select_related("tier").first()


def _judged_by(workload: Workload) -> dict[str, Any]:
    """What a form shows beside its fields."""
    waivers = in_force(organisation_today(timezone.now())).filter(workload=workload)
    return {"workload": workload, "target": _in_force(workload), "waivers": waivers}


@rule(SIGNED_IN)
@require_safe
def drill_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What is planned, what runs, or what came of it. htmx asks for the clocks of a running drill alone."""
    drill, user, now = drill_of(request, pk), reader(request), timezone.now()
    marks = list(drill.marks.select_related("recorded_by", "corrected_by"))
    if request.headers.get("HX-Request") and drill.state == Drill.State.RUNNING:
        return render(
            request, "drills/_clocks.html", {"drill": drill, "clocks": pictures.clocks(drill, marks, now=now)}
        )
    seen = Workload.objects.visible_to(user).filter(pk=drill.workload_id).exists()
    context: dict[str, Any] = {
        "drill": drill,
        "marks": marks,
        "odd": odd_marks(drill, marks),
        "waivers": in_force(organisation_today(now)).filter(workload=drill.workload_id) if seen else (),
        "headline": pictures.headline(drill),
        "actions": drill.actions.select_related("owner", "closed_by_drill__workload"),
        "participants": drill.participants.all(),
        "sees_workload": seen,
        "may_schedule": user.may(Permission.SCHEDULE_DRILLS, on=drill.workload),
        "may_plan": may_plan(drill, user, at=now),
        "may_run": may_run(drill, user, at=now),
        "may_note": user.may(Permission.RUN_DRILLS, on=drill.workload),
    }
    return render(request, TEMPLATES[drill.state], context | _of_state(drill, marks, now))


def _of_state(drill: Drill, marks: list[Mark], now: dt.datetime) -> dict[str, Any]:
    """What only the page of this state shows."""
    if drill.state == Drill.State.PLANNED:
        return {"target": _in_force(drill.workload), "now": now, "is_near": drill.window_start - now < NEAR}
    if drill.state == Drill.State.RUNNING:
        return {
            "clocks": pictures.clocks(drill, marks, now=now),
            "steps": pictures.steps(marks),
            "clocks_went_back": _clocks_went_back(drill, now),
            "missing": pictures.missing_times(drill, marks),
        }
    return {"rows": pictures.result_rows(drill, marks), "closed": drill.closed_actions.select_related("owner")}


def _clocks_went_back(drill: Drill, now: dt.datetime) -> bool:
    """Whether a time that is typed now may be one that the reader's clocks have shown twice."""
    since = max(drill.started_at or now, now - TYPED_LATE) - dt.timedelta(hours=1)
    return went_back_between(since, now, timezone.get_current_timezone())


def say_clock_notes(request: HttpRequest, form: forms.Form, address: str) -> None:
    """Say how a time was read at which the clocks change; where there is another one, with the way to choose it."""
    for said, is_twice in clock_notes(form):
        other = format_html(' <a href="{}">Choose the second</a>', address) if is_twice else ""
        messages.warning(request, format_html("{}{}", said, other))


def drill_of(request: HttpRequest, pk: int) -> Drill:
    related = ("workload__owner_team", "coordinator", "scheduled_by", "started_by", "finished_by", "called_off_by")
    drills = Drill.objects.visible_to(reader(request)).select_related(*related, "classification__tier")
    return get_object_or_404(drills, pk=pk)


@rule(SIGNED_IN)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    drill, user = drill_of(request, pk), reader(request)
    if not may_plan(drill, user, at=timezone.now()):
        only_for(request, Permission.SCHEDULE_DRILLS, drill.workload)
    invited = [drill.coordinator_id, *drill.participants.values_list("pk", flat=True)]
    form = DrillForm(request.POST or None, **_people(drill.workload, invited), initial=initial_of(drill))
    if (
        form.is_valid()
        and attempt(form, lambda: services.change(drill=drill, by=user, at=timezone.now(), **form.values())) is not None
    ):
        messages.success(request, "The drill is changed. Everybody who takes part is told.")
        say_clock_notes(request, form, reverse("drills:change", args=[drill.pk]))
        return redirect(drill)
    return render(request, "drills/form.html", {"form": form, "drill": drill} | _judged_by(drill.workload))


@rule(SIGNED_IN)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return _call_off(request, drill_of(request, pk), services.cancel, "cancel", "The drill is cancelled.")


@rule(SIGNED_IN)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    return _call_off(request, drill_of(request, pk), services.stop, "stop", "The drill is stopped. Everybody is told.")


def _call_off(request: HttpRequest, drill: Drill, deed: Any, verb: str, said: str) -> HttpResponse:
    form = ReasonForm(request.POST or None)
    user = reader(request)
    if form.is_valid():
        deed(drill=drill, by=user, at=timezone.now(), reason=form.cleaned_data["reason"])
        messages.success(request, said)
        return redirect(drill)
    return render(request, "drills/call_off.html", {"form": form, "drill": drill, "verb": verb})


@rule(SIGNED_IN)
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    drill = drill_of(request, pk)
    services.start(drill=drill, by=reader(request), at=timezone.now())
    messages.success(request, "The drill has begun. Record each moment when it happens.")
    return redirect(drill)


@rule(SIGNED_IN)
@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The frozen report as JSON, exactly the bytes that the digest covers."""
    drill = get_object_or_404(Drill.objects.visible_to(reader(request)), pk=pk, state=Drill.State.FINISHED)
    answer = HttpResponse(canonical(drill.report or {}), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="drill-{drill.pk}.json"'
    return answer
