"""Pages of mappings: how another catalogue's file is read, tried on a file before it is saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from audit.errors import DeedError, Invalid
from people.access import SIGNED_IN, rule, signed_in
from workloads.catalogue import services
from workloads.catalogue.forms import MappingForm
from workloads.catalogue.looking import look
from workloads.catalogue.mapping import COLUMNS
from workloads.catalogue.reading import How, read_contents, read_documents
from workloads.forms import show_refusal
from workloads.models import ColumnMapping
from workloads.register.sheet import FileTooBig, shown
from workloads.register.uploads import guard_size, uploaded
from workloads.register_views import importer

PREVIEWED = 5


@rule(SIGNED_IN)
@require_GET
def mappings(request: HttpRequest) -> HttpResponse:
    user = importer(request)
    rows = ColumnMapping.objects.visible_to(user).select_related("owner")
    return render(request, "workloads/catalogue/mappings.html", {"mappings": rows})


@rule(SIGNED_IN)
@csrf_exempt  # the size is guarded before the form is read; the inner view asks for the CSRF token
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@rule(SIGNED_IN)
@csrf_exempt
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own can be changed; a colleague's can be read and tried."""
    user = importer(request)
    return _edit(request, get_object_or_404(ColumnMapping.objects.visible_to(user), pk=pk))


def _edit(request: HttpRequest, mapping: ColumnMapping | None) -> HttpResponse:
    importer(request)
    if request.method == "GET":
        return _page(request, MappingForm() if mapping is None else MappingForm.of(mapping), mapping)
    guard_size(request)
    try:
        return _posted(request, mapping)
    except FileTooBig as error:
        form = MappingForm() if mapping is None else MappingForm.of(mapping)
        return _page(request, form, mapping, problem=error.message)


@csrf_protect
def _posted(request: HttpRequest, mapping: ColumnMapping | None) -> HttpResponse:
    form = MappingForm(request.POST, tried=request.POST.get("do") != "save")
    if not form.is_valid():
        return _page(request, form, mapping)
    if request.POST.get("do") == "look":
        return _look(request, mapping)
    if request.POST.get("do") == "try":
        return _try(request, form, mapping)
    try:
        saved = services.save_mapping(by=signed_in(request), at=timezone.now(), mapping=mapping, **form.values)
    except Invalid as error:
        show_refusal(form, error)
        return _page(request, form, mapping)
    messages.success(request, f"Saved. Choose “{saved.name}” when you import.")
    return redirect("workloads:mappings")


def _look(request: HttpRequest, mapping: ColumnMapping | None) -> HttpResponse:
    """Fill what is still empty with what the file suggests, and show what stands in it."""
    try:
        found = look(read_documents(uploaded(request)[0]))
    except FileTooBig:
        raise
    except DeedError as error:
        return _page(request, MappingForm(request.POST, tried=True), mapping, problem=error.message)
    filled = request.POST.copy()
    suggested = {"rows": found.rows} | {f"path_{key}": path for key, path in found.guesses.items()}
    for field, path in suggested.items():
        filled[field] = filled.get(field, "").strip() or path
    form = MappingForm(filled, tried=True)
    return (
        _try(request, form, mapping, looked=found) if form.is_valid() else _page(request, form, mapping, looked=found)
    )


def _try(request: HttpRequest, form: MappingForm, mapping: ColumnMapping | None, **more: Any) -> HttpResponse:
    try:
        data, _ = uploaded(request)
        contents = read_contents(data, How(mapping=form.spec))
    except FileTooBig:
        raise
    except DeedError as error:
        return _page(request, form, mapping, problem=error.message, **more)
    except ValueError as error:  # a path
        return _page(request, form, mapping, problem=str(error), **more)
    lines = contents.lines.get("workloads", [])
    used = [key for key in COLUMNS if any(line.said.get(key) for line in lines[:PREVIEWED])]
    rows = [[_cell(line.said.get(key)) for key in used] for line in lines[:PREVIEWED]]
    tried = {
        "header": [COLUMNS[key] for key in used],
        "rows": rows,
        "count": len(lines),
        "needs": len(contents.lines.get("dependencies", [])),
        "notes": contents.notes,
    }
    return _page(request, form, mapping, tried=tried, **more)


def _cell(value: Any) -> str:
    return shown(", ".join(value) if isinstance(value, list) else str(value or ""), 80)


def _page(request: HttpRequest, form: MappingForm, mapping: ColumnMapping | None, **more: Any) -> HttpResponse:
    mine = mapping is None or mapping.owner_id == signed_in(request).pk
    context = {"form": form, "mapping": mapping, "mine": mine, **more}
    wrong = bool(form.errors or more.get("problem"))
    return render(request, "workloads/catalogue/mapping.html", context, status=422 if wrong else 200)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked once more on a page of its own."""
    user = importer(request)
    mapping = get_object_or_404(ColumnMapping.objects.visible_to(user), pk=pk)
    if request.method == "POST":
        services.remove_mapping(mapping=mapping, by=user, at=timezone.now())
        messages.success(request, f"“{mapping.name}” is removed. What was imported by it stays.")
        return redirect("workloads:mappings")
    return render(request, "workloads/catalogue/remove_mapping.html", {"mapping": mapping})
