from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from audit import queries, sealing
from audit.filters import EventFilter
from audit.models import Event
from audit.spreadsheets import table_response

VIEW_TRAIL = "audit.view_event"


class TrailList(View):
    """The whole trail, newest first, with filters; the head of the chain at its foot."""

    rule = VIEW_TRAIL

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = EventFilter(request.GET, queryset=Event.objects.all())
        events = asked.qs if asked.is_valid() else Event.objects.none()
        page = queries.page(events, older=_number(request, "older"), newer=_number(request, "newer"))
        context: dict[str, Any] = {"form": asked.form, "page": page, "head": sealing.head()}
        return render(request, "audit/list.html", {**context, "question": _question(request)})


class TrailExport(View):
    """The same selection as a table."""

    rule = VIEW_TRAIL

    def get(self, request: HttpRequest) -> HttpResponseBase:
        asked = EventFilter(request.GET, queryset=Event.objects.all())
        if not asked.is_valid():
            return HttpResponse("One of the filters cannot be read.", status=400, content_type="text/plain")
        name = f"trail-{timezone.now():%Y-%m-%d}"
        return table_response(request, name, queries.EXPORT_HEADER, queries.export_batches(asked.qs))


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _question(request: HttpRequest) -> str:
    """The filters as they stand, without the place in the list."""
    asked = request.GET.copy()
    for name in ("older", "newer"):
        asked.pop(name, None)
    return asked.urlencode()
