"""Pages of one gap and its deeds."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from drills import gaps, queries
from drills.forms import ActionForm, AssignForm, DoneForm, ReasonForm, attempt
from drills.models import Action, Drill
from drills.stand_ins import may_pass_on
from drills.views import only_for, reader
from people.access import SIGNED_IN, rule
from people.models import organisation_today
from people.permissions import Permission


@rule(SIGNED_IN)
def open_action(request: HttpRequest, pk: int) -> HttpResponse:
    user = reader(request)
    drill = get_object_or_404(Drill.objects.visible_to(user).for_page(), pk=pk)
    only_for(request, Permission.RUN_DRILLS, drill.workload)
    invited = [drill.coordinator_id, *drill.participants.values_list("pk", flat=True)]
    suggested = queries.people_suggested(drill.workload, on=organisation_today(timezone.now()), also=invited)
    form = ActionForm(request.POST or None, suggested=suggested)
    if (
        form.is_valid()
        and attempt(form, lambda: gaps.open_action(drill=drill, by=user, at=timezone.now(), **form.cleaned_data))
        is not None
    ):
        messages.success(request, "The gap is written down and its owner is told.")
        return redirect(drill)
    return render(request, "drills/action_form.html", {"form": form, "drill": drill})


@rule(SIGNED_IN)
@require_safe
def action_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _get(request, pk), done=DoneForm(), reopen=ReasonForm())


def _page(request: HttpRequest, action: Action, *, done: DoneForm, reopen: ReasonForm) -> HttpResponse:
    user = reader(request)
    may_run = user.may(Permission.RUN_DRILLS, on=action.drill.workload)
    passes_on = may_pass_on(action, user, at=timezone.now())
    context = {
        "action": action,
        "drill": action.drill,
        "done_form": done if action.can("done") and (passes_on or user.pk == action.owner_id) else None,
        "reopen_form": reopen if action.can("reopen") and may_run else None,
        "may_change": passes_on and action.state != Action.State.CLOSED,
        "may_schedule": user.may(Permission.SCHEDULE_DRILLS, on=action.drill.workload),
        "next_drill": queries.next_drill(action.drill.workload_id),
    }
    return render(request, "drills/action.html", context)


def _get(request: HttpRequest, pk: int) -> Action:
    actions = Action.objects.visible_to(reader(request)).for_page().select_related("done_by", "opened_by", "closed_by")
    return get_object_or_404(
        actions.select_related("drill__workload__owner_team", "owner", "closed_by_drill__workload"), pk=pk
    )


@rule(SIGNED_IN)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    action, user = _get(request, pk), reader(request)
    if not may_pass_on(action, user, at=timezone.now()):
        only_for(request, Permission.RUN_DRILLS, action.drill.workload)
    suggested = queries.people_suggested(
        action.drill.workload,
        on=organisation_today(timezone.now()),
        also=[action.owner_id, action.drill.coordinator_id],
    )
    form = AssignForm(
        request.POST or None, suggested=suggested, initial={"owner": action.owner_id, "due_on": action.due_on}
    )
    if (
        form.is_valid()
        and attempt(form, lambda: gaps.change_action(action=action, by=user, at=timezone.now(), **form.cleaned_data))
        is not None
    ):
        messages.success(request, "The gap is changed.")
        return redirect(action)
    return render(request, "drills/action_form.html", {"form": form, "drill": action.drill, "action": action})


@rule(SIGNED_IN)
@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    action, form = _get(request, pk), DoneForm(request.POST)
    if not form.is_valid():
        return _page(request, action, done=form, reopen=ReasonForm())
    gaps.mark_action_done(action=action, by=reader(request), at=timezone.now(), how=form.cleaned_data["how"])
    messages.success(request, "Noted. A later drill that passes closes the gap.")
    return redirect(action)


@rule(SIGNED_IN)
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    action, form = _get(request, pk), ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, action, done=DoneForm(), reopen=form)
    gaps.reopen_action(action=action, by=reader(request), at=timezone.now(), reason=form.cleaned_data["reason"])
    messages.success(request, "The gap is open again.")
    return redirect(action)
