"""Pages of the way out: what can be had, and the files themselves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from people.access import SIGNED_IN, rule, signed_in
from people.permissions import Permission
from workloads.catalogue.exporting import KIND_FORMATS
from workloads.catalogue.going_out import kinds_for
from workloads.catalogue.kinds import KINDS
from workloads.catalogue.outgoing import answer


@rule(SIGNED_IN)
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Everything that can be taken along, and in which form."""
    user = signed_in(request)
    context = {
        "kinds": [KINDS[kind] for kind in kinds_for(user)],
        "forms": KIND_FORMATS,
        "without_roles": "roles" not in kinds_for(user),
        "may_import": user.may(Permission.ADD_WORKLOADS),
        "may_see_trail": user.may(Permission.VIEW_TRAIL),
    }
    return render(request, "workloads/catalogue/export.html", context)


@rule(SIGNED_IN)
@require_GET
def export_all(request: HttpRequest, form: str) -> HttpResponseBase:
    """The whole register that this person may see."""
    return answer(request, form)


@rule(SIGNED_IN)
@require_GET
def export_one(request: HttpRequest, kind: str, form: str) -> HttpResponseBase:
    """One kind of row."""
    return answer(request, form, kind)
