"""A register comes in: choose a file, read what it would do, import it. A worker does both; the pages show how far it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from audit.errors import DeedError, WrongState
from audit.spreadsheets import TYPES
from people.access import SIGNED_IN, rule, signed_in
from people.models import Team, User
from people.permissions import Permission
from workloads.catalogue.kinds import KINDS
from workloads.models import ColumnMapping, PendingImport
from workloads.register import pictures, services, waiting
from workloads.register import template as templates
from workloads.register.sheet import FILE_MAX, MEGABYTE, ROWS_MAX, FileTooBig
from workloads.register.uploads import guard_size, uploaded
from workloads.views_workload import need

KEY_DIGITS = 19  # fewer than any number that a key cannot hold


def importer(request: HttpRequest) -> User:
    """Who asks, if she may bring anything in."""
    user = signed_in(request)
    need(user, Permission.ADD_WORKLOADS)
    return user


@rule(SIGNED_IN)
@csrf_exempt  # the size is guarded before the form is read; the inner view asks for the CSRF token
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a file."""
    importer(request)
    if request.method == "GET":
        return _form(request)
    guard_size(request)
    try:
        return _keep(request)
    except DeedError as error:
        # What was too big was not read, and must not be read for the other fields either.
        return _form(request, error.message, "" if isinstance(error, FileTooBig) else request.POST.get("read_as", ""))


@csrf_protect
def _keep(request: HttpRequest) -> HttpResponse:
    data, name = uploaded(request)
    user = signed_in(request)
    pending = waiting.keep_import(data=data, name=name, by=user, at=timezone.now(), options=_options(request))
    return redirect(pending)


def _options(request: HttpRequest) -> services.Options:
    """What is chosen beside the file: nothing, a kind of row, or a mapping as “mapping-7”."""
    read_as, mapping = request.POST.get("read_as", ""), None
    if read_as.startswith("mapping-") and read_as[8:].isascii() and read_as[8:].isdigit() and len(read_as) < 26:
        mapping = int(read_as[8:])
    kind = read_as if read_as in KINDS else ""
    said = request.POST.get("team", "")
    team = int(said) if said.isascii() and said.isdigit() and len(said) < KEY_DIGITS else None
    return services.Options("make_teams" in request.POST, "leave_out" in request.POST, team, kind, mapping)


def _form(request: HttpRequest, problem: str = "", read_as: str = "") -> HttpResponse:
    user = signed_in(request)
    context = {
        "rows_max": ROWS_MAX,
        "megabytes": FILE_MAX // MEGABYTE,
        "problem": problem,
        "kinds": KINDS.values(),
        "mappings": ColumnMapping.objects.visible_to(user),
        "read_as": read_as or request.GET.get("read_as", ""),
        "make_teams": "make_teams" in request.GET,
        "leave_out": "leave_out" in request.GET,
        "team": request.GET.get("team", ""),
        "teams": Team.objects.all(),
        "may_add_teams": user.may(Permission.ADD_PEOPLE),
        "files": pictures.files_of(user, timezone.now()),
    }
    return render(request, "workloads/import.html", context, status=422 if problem else 200)


@rule(SIGNED_IN)
@require_GET
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """The file to start from."""
    importer(request)
    if kind not in ("csv", "xlsx"):
        raise Http404
    content = templates.template_csv() if kind == "csv" else templates.template_xlsx()
    headers = {"Content-Disposition": f'attachment; filename="register-template.{kind}"'}
    return HttpResponse(content, content_type=TYPES[kind], headers=headers)


@rule(SIGNED_IN)
@cache_control(no_store=True, private=True)  # Back must not show a report whose file has been imported
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, pk: Any) -> HttpResponse:
    """How far the file is, what it would do, or what it has done; by POST, ask for exactly what the report says."""
    user = importer(request)
    pending = get_object_or_404(PendingImport.objects.visible_to(user).small(), pk=pk)
    if pending.expires_at <= timezone.now():
        return _gone(request, pending)
    if request.method == "POST":
        return _queue(request, pending, user)
    if pending.is_under_way:
        return _progress(request, pending)
    if request.headers.get("HX-Request"):  # the work it watched is over
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    context = pictures.report_of(pending, user, show=request.GET.get("show", ""), page=request.GET.get("page"))
    return render(request, pictures.template_of(pending), context)


def _queue(request: HttpRequest, pending: PendingImport, user: User) -> HttpResponse:
    if request.POST.get("do") == "leave-out":
        return redirect(waiting.leave_out(pending=pending, by=user, at=timezone.now()))
    try:
        waiting.queue_import(pending=pending, by=user, at=timezone.now(), digest=request.POST.get("digest", ""))
    except waiting.UnderWay:  # a double click, another tab, the way back: the page says what came of it
        pass
    except WrongState as error:
        messages.warning(request, error.message)
    return redirect(pending)


def _progress(request: HttpRequest, pending: PendingImport) -> HttpResponse:
    part = "workloads/_import_work.html" if request.headers.get("HX-Request") else "workloads/import_work.html"
    return render(request, part, {"pending": pending, "work": pictures.work_on(pending)})


def _gone(request: HttpRequest, pending: PendingImport) -> HttpResponse:
    """Its hour is over."""
    if pending.state == PendingImport.State.IMPORTED:
        messages.success(request, pending.said)
        return redirect("workloads:list")
    messages.warning(request, waiting.GONE)
    return redirect("workloads:import")
