"""What a second person has to confirm: the list, and one deed with the decision on it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from audit.errors import DeedError
from people import confirmations
from people.access import rule, signed_in
from people.confirmations import ROLES, edit_of, who_may_confirm, why_not
from people.estates import places
from people.models import Confirmation
from people.permissions import Permission
from people.proof import NeedsProof
from people.reauthentication import proof_for_deed, prove_context
from people.views import tabs

PER_PAGE = 50
DONE = {
    "confirm": "Confirmed: it is in effect now, and who gave it has been told.",
    "refuse": "Refused: nothing of it takes effect, and who gave it has been told.",
    "withdraw": "Taken back: nothing of it takes effect.",
}
SHOWN = 200  # roles of one deed on its page; all of them stand in the list of assignments


@rule(Permission.VIEW_PEOPLE)
@require_GET
def list_confirmations(request: HttpRequest) -> HttpResponse:
    """What waits, and what was decided, newest first."""
    user, found = signed_in(request), Confirmation.objects.select_related("given_by", "closed_by")
    waiting = list(found.waiting().order_by("given_at", "id")[:PER_PAGE])
    mine = set(Confirmation.objects.for_user(user, timezone.now()).values_list("pk", flat=True))
    closed = found.exclude(state=Confirmation.State.WAITING).order_by("-closed_at", "-id")
    page = Paginator(closed, PER_PAGE).get_page(request.GET.get("page"))
    context = {"tab": "confirmations", "waiting": [(one, one.pk in mine) for one in waiting], "page": page}
    return render(request, "people/confirmations.html", tabs(request) | context)


@rule(Permission.VIEW_PEOPLE)
@never_cache
@require_GET
def show_confirmation(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _found(pk))


@rule(Permission.VIEW_PEOPLE)
@never_cache
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it take effect."""
    return _deed(request, _found(pk), "confirm")


@rule(Permission.VIEW_PEOPLE)
@never_cache
@require_POST
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    return _deed(request, _found(pk), "refuse")


@rule(Permission.VIEW_PEOPLE)
@never_cache
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what one gave oneself."""
    return _deed(request, _found(pk), "withdraw")


def _found(pk: int) -> Confirmation:
    return get_object_or_404(Confirmation.objects.select_related("given_by", "closed_by"), pk=pk)


def _deed(request: HttpRequest, confirmation: Confirmation, verb: str) -> HttpResponse:
    """Do it, or show the page again with what stood in its way. The time is taken after the proof."""
    try:
        _decide(request, confirmation, verb)
    except NeedsProof as error:
        return _page(request, confirmation, {"password": error.message}, status=422)
    except DeedError as error:
        confirmation.refresh_from_db()
        fields = getattr(error, "fields", {}) or {"decide": error.message}
        return _page(request, confirmation, fields, status=error.status)
    messages.success(request, DONE[verb])
    return redirect("people:confirmation", pk=confirmation.pk)


def _decide(request: HttpRequest, confirmation: Confirmation, verb: str) -> None:
    user = signed_in(request)
    if verb == "withdraw":
        confirmations.withdraw(confirmation=confirmation, by=user, at=timezone.now())
        return
    proof = proof_for_deed(request)
    at = timezone.now()
    if verb == "confirm":
        confirmations.confirm(confirmation=confirmation, by=user, at=at, proof=proof)
    else:
        reason = request.POST.get("reason", "")[:2000]
        confirmations.refuse(confirmation=confirmation, by=user, at=at, proof=proof, reason=reason)


def _page(
    request: HttpRequest, confirmation: Confirmation, problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    waits = confirmation.state == Confirmation.State.WAITING
    given = confirmation.assignments.select_related("role", "person", "deputy").order_by("role__position", "id")
    shown = list(given[:SHOWN])
    numbers = {one.workload_id for one in shown if one.workload_id is not None}
    names = places().names(numbers) if user.may(Permission.VIEW_WORKLOADS) else dict.fromkeys(numbers, "a workload")
    refusal = why_not(confirmation, user, at) if waits else ""
    context: dict[str, Any] = {
        "confirmation": confirmation,
        "waits": waits,
        "refusal": refusal,
        "is_giver": user.pk == confirmation.given_by_id,
        "confirmers": who_may_confirm(confirmation, at) if waits else [],
        "assignments": [(one, names.get(one.workload_id or 0, "the whole organisation")) for one in shown],
        "more": given.count() - len(shown),
        "lines": [] if confirmation.deed == ROLES else edit_of(confirmation.deed).lines(confirmation.change),
        "problems": problems or {},
        "reason": request.POST.get("reason", ""),
    }
    if waits and not refusal:
        context |= prove_context(request)
    return render(request, "people/confirmation.html", context, status=status)
