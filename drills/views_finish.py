"""Finishing a drill: looked at first, on a page that says what will be frozen, then done."""

from __future__ import annotations

import datetime as dt
from copy import copy
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Invalid
from drills import pictures, services
from drills.coordinators import may_run
from drills.forms import FinishForm
from drills.gaps import retestable
from drills.models import Drill
from drills.moments import odd_marks, odd_sentences
from drills.views import reader
from drills.views_drill import drill_of
from people.access import SIGNED_IN, rule


@rule(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """What was shown is what is finished: when the drill has changed meanwhile, it is shown anew, with what was chosen."""
    drill, user, at = drill_of(request, pk), reader(request), timezone.now()
    if drill.state != Drill.State.RUNNING:
        messages.error(
            request, f"This drill is {drill.get_state_display().lower()}. Only a running drill can be finished."
        )
        return redirect(drill)
    if request.method != "POST":
        if not may_run(drill, user, at=at):
            raise Http404("not for this person")
        return render(request, "drills/finish.html", _shown(drill, FinishForm(drill=drill), at))
    form, problem = FinishForm(request.POST, drill=drill), ""
    # An invalid choice is one that somebody settled meanwhile.
    retested = form.cleaned_data["retested"] if form.is_valid() else ()
    seen = request.POST.get("seen", "") if form.is_valid() else ""
    try:
        done = services.finish(drill=drill, by=user, at=at, retested=retested, seen=seen)
    except (services.DrillChanged, Invalid) as error:
        problem = error.message
    else:
        messages.success(request, "The drill is finished and its report is frozen.")
        return redirect(done)
    return render(request, "drills/finish.html", _shown(drill, form, at) | {"problem": problem}, status=409)


def _shown(drill: Drill, form: FinishForm, at: dt.datetime) -> dict[str, Any]:
    """The drill as it would be frozen."""
    found = services.preview(drill, at=at)
    marks = list(drill.marks.select_related("recorded_by", "corrected_by"))
    frozen = copy(drill)
    frozen.state = Drill.State.FINISHED
    for name, value in found.result.items():
        setattr(frozen, name, value)
    chosen = {int(pk) for pk in form["retested"].value() or () if str(pk).isdecimal()}
    return {
        "drill": drill,
        "form": form,
        "seen": found.seen,
        "headline": pictures.headline(frozen),
        "frozen": frozen,
        "rows": pictures.result_rows(frozen, marks),
        "down_for": found.verdicts.down_for,
        "marks": marks,
        "odd": odd_marks(drill, marks),
        "odd_sentences": odd_sentences(drill, marks),
        "missing": pictures.missing_times(drill, marks),
        "actions": drill.actions.select_related("owner"),
        "participants": drill.participants.all(),
        "retestable": retestable(drill).select_related("drill__workload"),
        "chosen": chosen,
    }
