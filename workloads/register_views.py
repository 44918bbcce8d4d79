"""A register comes in: choose a file, read what it would do, import it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from audit.errors import DeedError, WrongState
from people.access import SIGNED_IN, rule, signed_in
from people.models import User
from people.permissions import Permission
from workloads.catalogue.kinds import KINDS, WORKLOADS
from workloads.models import ColumnMapping, PendingImport
from workloads.register import services
from workloads.register import template as templates
from workloads.register.report import ORDER
from workloads.register.sheet import FILE_MAX, MEGABYTE, ROWS_MAX, FileTooBig
from workloads.register.uploads import guard_size, uploaded
from workloads.views_workload import need

PER_PAGE = 100
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _may_import(request: HttpRequest) -> User:
    user = signed_in(request)
    need(user, Permission.ADD_WORKLOADS)
    return user


@rule(SIGNED_IN)
@csrf_exempt  # the size is guarded before the form is read; the inner view asks for the CSRF token
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a file."""
    _may_import(request)
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
    pending = services.keep_import(data=data, name=name, by=user, at=timezone.now(), options=_options(request, user))
    return redirect("workloads:import-report", pk=pending.pk)


def _options(request: HttpRequest, user: User) -> services.Options:
    """What is chosen beside the file: nothing, a kind of row, or a mapping as “mapping-7”."""
    read_as, mapping = request.POST.get("read_as", ""), None
    if read_as.startswith("mapping-") and read_as[8:].isascii() and read_as[8:].isdigit() and len(read_as) < 26:
        mine = ColumnMapping.objects.visible_to(user)
        mapping = mine.filter(pk=int(read_as[8:])).values_list("pk", flat=True).first()
    kind = read_as if read_as in KINDS else ""
    return services.Options(make_teams="make_teams" in request.POST, kind=kind, mapping=mapping)


def _form(request: HttpRequest, problem: str = "", read_as: str = "") -> HttpResponse:
    user = signed_in(request)
    context = {
        "rows_max": ROWS_MAX,
        "megabytes": FILE_MAX // MEGABYTE,
        "problem": problem,
        "kinds": KINDS.values(),
        "mappings": ColumnMapping.objects.visible_to(user),
        "read_as": read_as or request.GET.get("read_as", ""),
        "may_add_teams": user.may(Permission.ADD_PEOPLE),
    }
    return render(request, "workloads/import.html", context, status=422 if problem else 200)


@rule(SIGNED_IN)
@require_GET
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """The file to start from."""
    _may_import(request)
    if kind not in ("csv", "xlsx"):
        raise Http404
    content = templates.template_csv() if kind == "csv" else templates.template_xlsx()
    headers = {"Content-Disposition": f'attachment; filename="register-template.{kind}"'}
    return HttpResponse(content, content_type=CSV_TYPE if kind == "csv" else XLSX_TYPE, headers=headers)


@rule(SIGNED_IN)
@cache_control(no_store=True, private=True)  # Back must not show a report whose file has been imported
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, pk: Any) -> HttpResponse:
    """What the file would do; by POST, do exactly that."""
    user = _may_import(request)
    if request.method == "POST":
        return _import(request, user, pk)
    pending = PendingImport.objects.filter(pk=pk, owner=user, expires_at__gt=timezone.now()).defer("data").first()
    if pending is None:
        return _gone(request, user, pk)
    return _show(request, pending)


def _import(request: HttpRequest, user: User, pk: Any) -> HttpResponse:
    try:
        done = services.import_kept(pending_id=pk, by=user, at=timezone.now(), digest=request.POST.get("digest", ""))
    except (services.ReportChanged, services.RowsRefused) as error:
        messages.warning(request, error.message)
        return redirect("workloads:import-report", pk=pk)
    except WrongState as error:
        return _gone(request, user, pk, error.message)
    messages.success(request, done.sentence)
    return redirect("workloads:list")


def _gone(request: HttpRequest, user: User, pk: Any, why: str = "") -> HttpResponse:
    """The file was imported, by this click's twin or in another tab, or its hour is over."""
    if sentence := services.imported_already(pending_id=pk, by=user):
        messages.success(request, sentence)
        return redirect("workloads:list")
    if PendingImport.objects.filter(pk=pk, owner=user, expires_at__gt=timezone.now()).exists():
        messages.warning(request, why)
        return redirect("workloads:import-report", pk=pk)
    messages.warning(request, why or "This report is gone: its hour is over. Choose the file again.")
    return redirect("workloads:import")


def _show(request: HttpRequest, pending: PendingImport) -> HttpResponse:
    said = pending.report
    only = request.GET.get("show", "")
    rows = [row for row in said["rows"] if row["outcome"] == only] if only in ORDER else said["rows"]
    summary = said["summary"]
    counted = Counter(row.get("kind", WORKLOADS.key) for row in said["rows"])
    context = {
        "pending": pending,
        "report": said,
        "summary": summary,
        "total": len(said["rows"]),
        "counts": [(kind.title, counted[kind.key]) for kind in KINDS.values() if counted[kind.key]],
        "noun": "workload" if set(counted) <= {WORKLOADS.key} else "row",
        "to_write": summary["new"] + summary["changed"],
        "tabs": [(outcome, summary[outcome]) for outcome in ORDER if summary[outcome]],
        "only": only if only in ORDER else "",
        "page": Paginator([_row(row) for row in rows], PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "workloads/import_report.html", context)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """With what it is, where that is no workload."""
    kind = row.get("kind", WORKLOADS.key)
    return row if kind == WORKLOADS.key else row | {"of": KINDS[kind].one}
