"""Many workloads at once: which, what they become, what that means, then the deed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import DeedError
from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from workloads.bulk.forms import ChangeForm
from workloads.bulk.services import MOST, change_many, plan
from workloads.models import Workload
from workloads.question import Question


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """The register's address chooses the workloads; GET shows what a change would do, POST does what was shown."""
    user = signed_in(request)
    question = Question(request.GET, user, organisation_today(timezone.now()))
    form = ChangeForm(request.GET if "what" in request.GET else None, user=user)
    if request.method == "POST":
        return _do(request, form)
    total = question.rows.count()
    numbers = question.sorted.values("pk")[:MOST]
    context: dict[str, Any] = {
        "form": form,
        "question": question,
        "total": total,
        "most": MOST,
        "kept": [(name, value) for name, values in _filters(request.GET).lists() for value in values],
        "back": f"{reverse('workloads:list')}?{_filters(request.GET).urlencode()}",
    }
    if form.is_bound and form.is_valid() and total <= MOST:
        chosen = Workload.objects.filter(pk__in=[row["pk"] for row in numbers]).select_related("owner_team")
        rows = plan(workloads=chosen.order_by("name", "pk"), change=form.change, by=user)
        context |= {
            "rows": [row for row in rows if row.changes],
            "unchanged": sum(not row.changes and not row.refused for row in rows),
            "refused": [row for row in rows if row.refused],
            "voids": sum(row.voids and row.changes for row in rows),
        }
    return render(request, "workloads/bulk/change.html", context, status=422 if form.errors else 200)


def _do(request: HttpRequest, form: ChangeForm) -> HttpResponse:
    if not form.is_valid():
        messages.error(request, "Say what changes, and look at the list again.")
        return redirect(request.get_full_path())
    pairs = (value.partition(":") for value in request.POST.getlist("row"))
    chosen = {int(number): seal for number, _, seal in pairs if number.isdecimal() and len(number) < 19}
    try:
        done = change_many(chosen=chosen, change=form.change, by=signed_in(request), at=timezone.now())
    except DeedError as error:
        messages.error(request, error.message)
        return redirect(request.get_full_path())
    messages.success(request, f"{len(done)} workload{'s' if len(done) != 1 else ''} changed.")
    return redirect(f"{reverse('workloads:list')}?{_filters(request.GET).urlencode()}")


def _filters(asked: QueryDict) -> QueryDict:
    """The register's part of the address."""
    kept = asked.copy()
    for name in ChangeForm.base_fields:
        kept.pop(name, None)
    kept.pop("page", None)
    return kept
