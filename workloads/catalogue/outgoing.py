"""An export as an answer to a request: the same for page and API."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from audit.spreadsheets import TYPES, download, in_parts
from people.access import signed_in
from workloads.catalogue.exporting import export_register, forms_of


def answer(request: HttpRequest, form: str, kind: str = "") -> HttpResponseBase:
    """The file; not found for what there is not."""
    user, now = signed_in(request), timezone.now()
    if form not in forms_of(kind):
        raise Http404
    try:
        file = export_register(form=form, by=user, at=now, kind=kind)
    except KeyError:
        raise Http404 from None
    return download(request, f"{kind or 'register'}-{now:%Y-%m-%d}.{form}", TYPES[form], in_parts(file))
