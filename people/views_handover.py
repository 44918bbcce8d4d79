"""Handing over what a person holds: chosen and looked at first, then done in one deed."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Invalid
from people import handover
from people.access import rule, signed_in
from people.assignments import DAY
from people.forms import HandOverForm, show_refusal
from people.models import User, organisation_today
from people.permissions import Permission


@rule(Permission.ASSIGN_ROLES)
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """The successor and the last day are in the address, so that everything can be looked at before it passes."""
    user, at = signed_in(request), timezone.now()
    person, today = get_object_or_404(User.objects.visible_to(user), pk=pk), organisation_today(at)
    asked = request.POST or request.GET
    form = HandOverForm(asked if "to" in asked else None, initial={"last_day": today}, person=person)
    chosen = form.is_valid()
    if request.method == "POST" and chosen:
        try:
            handover.hand_over(
                person=person, by=user, at=at, deactivate="deactivate" in request.POST, **form.cleaned_data
            )
        except Invalid as error:
            show_refusal(form, error)
        else:
            messages.success(
                request, f"Handed over to {form.cleaned_data['to']}. Both they and the head have been told."
            )
            return redirect("people:person", pk=person.pk)
    to = form.cleaned_data.get("to") if chosen else None
    last_day = form.cleaned_data.get("last_day", today) if chosen else today
    context = {
        "person": person,
        "form": form,
        "to": to,
        "last_day": last_day,
        "roles": handover.passing(person, to, first_day=last_day + DAY if to else today),
        "kept": handover.kept(person, on=today),
        "at_once": last_day < today,
        "may_deactivate": user.may(Permission.ADD_PEOPLE) and person.is_active and person.pk != user.pk,
        "yesterday": today - dt.timedelta(days=1),
    }
    return render(request, "people/hand_over.html", context, status=422 if request.method == "POST" else 200)
