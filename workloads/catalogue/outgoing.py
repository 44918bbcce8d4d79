"""An export as an answer to a request: the same for page and API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from audit.spreadsheets import download
from people.access import signed_in
from workloads.catalogue.exporting import FORMATS, export_kind, export_register

CHUNK = 64 * 1024
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def answer(request: HttpRequest, form: str, kind: str = "") -> HttpResponseBase:
    """The file; not found for what there is not."""
    user, now = signed_in(request), timezone.now()
    if form not in (FORMATS if not kind else ("csv",)):
        raise Http404
    try:
        file = export_kind(kind=kind, by=user) if kind else export_register(form=form, by=user, at=now)
    except KeyError:
        raise Http404 from None
    return download(request, f"{kind or 'register'}-{now:%Y-%m-%d}.{form}", TYPES[form], _parts(file))


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(CHUNK):
            yield part
