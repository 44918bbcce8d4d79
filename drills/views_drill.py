"""Pages of one drill: planned, running, finished; and its deeds."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.errors import Invalid
from drills import marking, pictures, queries, services
from drills.forms import CorrectForm, DrillForm, FinishForm, MarkForm, ReasonForm, attempt, initial_of
from drills.gaps import retestable
from drills.models import Drill, Mark, What
from drills.views import only_for, reader
from people.access import SIGNED_IN, rule
from people.models import User, organisation_today
from people.permissions import Permission
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
NEAR = dt.timedelta(days=1)  # from then on, starting is the one thing to do


@rule(SIGNED_IN)
def schedule(request: HttpRequest) -> HttpResponse:
    """Choose a workload, then say what, when and with whom."""
    user = reader(request)
    workload = _chosen(request, user)
    if workload is None:
        return _choose(request, user)
    only_for(request, Permission.SCHEDULE_DRILLS, workload)
    suggested = queries.people_suggested(workload, on=organisation_today(timezone.now()), also=[user.pk])
    form = DrillForm(request.POST or None, suggested=suggested, initial={"coordinator": user.pk})
    if form.is_valid():
        drill = attempt(form, lambda: services.schedule(workload=workload, by=user, at=timezone.now(), **form.values()))
        if drill:
            messages.success(request, "The drill is scheduled. Everybody who takes part is told.")
            return redirect(drill)
    return render(request, "drills/form.html", {"form": form} | _judged_by(workload))


def _chosen(request: HttpRequest, user: User) -> Workload | None:
    asked = request.GET.get("workload", "")
    if not (asked.isascii() and asked.isdigit()):
        return None
    return get_object_or_404(Workload.objects.visible_to(user).select_related("owner_team"), pk=asked)


def _choose(request: HttpRequest, user: User) -> HttpResponse:
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = Workload.objects.visible_to(user).active().select_related("owner_team")
    found = found.filter(name__icontains=text) if text else found.none()
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
    drill, user, now = _get(request, pk), reader(request), timezone.now()
    marks = list(drill.marks.select_related("recorded_by", "corrected_by"))
    if request.headers.get("HX-Request") and drill.state == Drill.State.RUNNING:
        return render(
            request, "drills/_clocks.html", {"drill": drill, "clocks": pictures.clocks(drill, marks, now=now)}
        )
    seen = Workload.objects.visible_to(user).filter(pk=drill.workload_id).exists()
    context: dict[str, Any] = {
        "drill": drill,
        "marks": marks,
        "waivers": in_force(organisation_today(now)).filter(workload=drill.workload_id) if seen else (),
        "headline": pictures.headline(drill),
        "actions": drill.actions.select_related("owner", "closed_by_drill__workload"),
        "participants": drill.participants.all(),
        "sees_workload": seen,
        "may_schedule": user.may(Permission.SCHEDULE_DRILLS, on=drill.workload),
        "may_run": user.pk == drill.coordinator_id or user.may(Permission.RUN_DRILLS, on=drill.workload),
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
            "missing": pictures.missing_times(drill, marks),
            "retestable": retestable(drill).select_related("drill__workload"),
        }
    return {"rows": pictures.result_rows(drill, marks), "closed": drill.closed_actions.select_related("owner")}


def _get(request: HttpRequest, pk: int) -> Drill:
    related = ("workload__owner_team", "coordinator", "scheduled_by", "started_by", "finished_by", "called_off_by")
    drills = Drill.objects.visible_to(reader(request)).select_related(*related, "classification__tier")
    return get_object_or_404(drills, pk=pk)


@rule(SIGNED_IN)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    drill, user = _get(request, pk), reader(request)
    only_for(request, Permission.SCHEDULE_DRILLS, drill.workload)
    invited = [drill.coordinator_id, *drill.participants.values_list("pk", flat=True)]
    suggested = queries.people_suggested(drill.workload, on=organisation_today(timezone.now()), also=invited)
    form = DrillForm(request.POST or None, suggested=suggested, initial=initial_of(drill))
    if (
        form.is_valid()
        and attempt(form, lambda: services.change(drill=drill, by=user, at=timezone.now(), **form.values())) is not None
    ):
        messages.success(request, "The drill is changed. Everybody who takes part is told.")
        return redirect(drill)
    return render(request, "drills/form.html", {"form": form, "drill": drill} | _judged_by(drill.workload))


@rule(SIGNED_IN)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return _call_off(request, _get(request, pk), services.cancel, "cancel", "The drill is cancelled.")


@rule(SIGNED_IN)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    return _call_off(request, _get(request, pk), services.stop, "stop", "The drill is stopped. Everybody is told.")


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
    drill = _get(request, pk)
    services.start(drill=drill, by=reader(request), at=timezone.now())
    messages.success(request, "The drill has begun. Record each moment when it happens.")
    return redirect(drill)


@rule(SIGNED_IN)
@require_POST
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Now with an empty time, else as typed."""
    at, drill, form = timezone.now(), _get(request, pk), MarkForm(request.POST)
    if not form.is_valid():
        raise Invalid(" ".join(str(text) for errors in form.errors.values() for text in errors))
    values = form.cleaned_data
    new = marking.mark(drill=drill, by=reader(request), at=at, **values)
    messages.success(request, f"Recorded: {What(new.what).label.lower()}.")
    return redirect(drill)


@rule(SIGNED_IN)
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    marks = Mark.objects.filter(drill__in=Drill.objects.visible_to(reader(request)).values("pk"))
    wrong = get_object_or_404(marks.select_related("drill__workload", "recorded_by"), pk=pk)
    form = CorrectForm(request.POST or None, initial={"time": wrong.at})
    if (
        form.is_valid()
        and attempt(
            form,
            lambda: marking.correct_mark(mark=wrong, by=reader(request), at=timezone.now(), **form.cleaned_data),
        )
        is not None
    ):
        messages.success(request, "The time is corrected. The old one stays readable.")
        return redirect(wrong.drill)
    return render(request, "drills/correct.html", {"form": form, "mark": wrong, "drill": wrong.drill})


@rule(SIGNED_IN)
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    drill = _get(request, pk)
    form = FinishForm(request.POST, drill=drill)
    if not form.is_valid():
        raise Invalid("One of the gaps cannot be re-tested by this drill. Reload the page and choose again.")
    retested = form.cleaned_data["retested"]
    done = services.finish(drill=drill, by=reader(request), at=timezone.now(), retested=retested)
    messages.success(request, "The drill is finished and its report is frozen.")
    return redirect(done)


@rule(SIGNED_IN)
@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The frozen report as JSON, exactly the bytes that the digest covers."""
    drill = get_object_or_404(Drill.objects.visible_to(reader(request)), pk=pk, state=Drill.State.FINISHED)
    answer = HttpResponse(canonical(drill.report or {}), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="drill-{drill.pk}.json"'
    return answer
