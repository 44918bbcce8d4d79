"""Reading a document that is frozen for signature, signing it, refusing to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.errors import DeedError
from audit.spreadsheets import in_batches, table_response
from people.access import SIGNED_IN, rule, signed_in
from people.models import User, organisation_today
from people.proof import NeedsProof
from people.reauthentication import proof_for_deed, prove_context
from signoffs import services
from signoffs.documents import canonical, compare
from signoffs.models import Request, Signature, Slot
from signoffs.queries import Standing, requests_for, signing_as, slots_waiting_for, standing, waived_until
from signoffs.subjects import subject_of

PER_PAGE = 50
VIEWS = ("waiting", "signed", "all")
EXPORT_HEADER = (
    "request", "document", "state", "asked at (UTC)", "asked by", "due on", "SHA-256", "signed by", "signatures missing",
    "closed at (UTC)",
)  # fmt: skip
# What is frozen and signed must not lie about in caches, nor may Back show a form whose request is closed.
unkept = cache_control(no_store=True, private=True)


@rule(SIGNED_IN)
@unkept
@require_GET
def list_requests(request: HttpRequest) -> HttpResponse:
    """What waits for my signature, what I have signed, all that I may see."""
    user, view = signed_in(request), request.GET.get("view", "waiting")
    view = view if view in VIEWS else "waiting"
    today = organisation_today(timezone.now())
    waiting = slots_waiting_for(user, on=today)
    signed = Signature.objects.filter(signer=user).select_related("slot__request").order_by("-signed_at", "-id")
    rows = {"waiting": waiting, "signed": signed, "all": _all(request, user)}[view]
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "view": view,
        "page": page,
        "rows": _waiting(user, page.object_list, today) if view == "waiting" else (),
        "waiting_count": waiting.count(),
        "today": today,
        "states": Request.State.choices,
        "state": request.GET.get("state", ""),
    }
    return render(request, "signoffs/list.html", context)


def _waiting(user: User, slots: Iterable[Slot], today: dt.date) -> list[tuple[Slot, dt.date | None]]:
    """Each beside until when something of its subject is waived."""
    found = signing_as(user, slots, on=today)
    until = waived_until([slot.request for slot in found], on=today)
    return [(slot, until.get(slot.request_id)) for slot in found]


@rule(SIGNED_IN)
@unkept
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """All requests that this person may see, as a table: what was asked of whom, and who signed when."""
    signatures = Prefetch("slots__signature", Signature.objects.select_related("signer"))
    found = _all(request, signed_in(request)).prefetch_related("slots", signatures).iterator(chunk_size=500)
    name = f"signatures-{organisation_today(timezone.now()):%Y-%m-%d}"
    return table_response(request, name, EXPORT_HEADER, in_batches(map(_line, found)))


def _line(asked: Request) -> list[Any]:
    slots = [(slot, getattr(slot, "signature", None)) for slot in asked.slots.all()]
    return [
        asked.pk, asked.title, asked.get_state_display(), asked.requested_at, str(asked.requested_by), asked.due_on,
        asked.digest, "; ".join(f"{given.signer}, {given.signed_at:%Y-%m-%d %H:%M} UTC" for _, given in slots if given),
        sum(given is None for _, given in slots), asked.closed_at,
    ]  # fmt: skip


def _all(request: HttpRequest, user: User) -> Any:
    found = requests_for(user, on=organisation_today(timezone.now())).select_related("requested_by")
    state = request.GET.get("state")
    return found.filter(state=state) if state in Request.State.values else found


@rule(SIGNED_IN)
@unkept
@require_GET
def show_request(request: HttpRequest, pk: int) -> HttpResponse:
    """The frozen document with its signatures; for who has just signed, what happened and what comes next."""
    signoff = _found(request, pk)
    return render(request, "signoffs/request.html", _context(request, signoff))


@rule(SIGNED_IN)
@unkept
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Read and sign. Who is not asked, or not any more, reads the request instead."""
    signoff = _found(request, pk)
    if request.method == "POST":
        return _deed(request, signoff, "sign")
    return _form(request, signoff)


@rule(SIGNED_IN)
@unkept
@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    return _deed(request, _found(request, pk), "reject")


def _deed(request: HttpRequest, signoff: Request, verb: str) -> HttpResponse:
    """Do the deed, or show the form again with what stood in its way."""
    try:
        _sign_or_reject(request, signoff, verb)
    except NeedsProof as error:
        return _form(request, signoff, {"password": error.message})
    except DeedError as error:
        signoff.refresh_from_db()
        fields = getattr(error, "fields", {}) or {"decide": error.message}
        return _form(request, signoff, fields, status=error.status)
    return redirect("signoffs:request", pk=signoff.pk)


def _sign_or_reject(request: HttpRequest, signoff: Request, verb: str) -> None:
    """One deed from the posted form. The time is taken after the proof, so that a proof is never from the future."""
    proof, user = proof_for_deed(request), signed_in(request)
    at = timezone.now()
    if verb == "sign":
        digest, role = request.POST.get("digest", ""), request.POST.get("role", "")
        services.sign(request=signoff, by=user, at=at, proof=proof, digest=digest, role=role)
    else:
        services.reject(request=signoff, by=user, at=at, proof=proof, reason=request.POST.get("reason", ""))


def _form(
    request: HttpRequest, signoff: Request, problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    """The signing page; the plain request, with the reason, when there is nothing (more) to sign for this person."""
    context = _context(request, signoff) | {"problems": problems or {}, "reason": request.POST.get("reason", "")}
    may_sign = signoff.state == Request.State.OPEN and context["standing"].mine is not None
    if problems and status == 200:
        status = 422
    if may_sign:
        return render(request, "signoffs/sign.html", context | prove_context(request), status=status)
    return render(request, "signoffs/request.html", context, status=status)


def _context(request: HttpRequest, signoff: Request) -> dict[str, Any]:
    user, today = signed_in(request), organisation_today(timezone.now())
    stands = standing(signoff, user=user, on=today)
    previous, subject = signoff.previous, subject_of(signoff.subject_type)
    is_open = signoff.state == Request.State.OPEN
    notices = subject.notices(signoff, user=user, on=today) if is_open else []
    return {
        "signoff": signoff,
        "comparison": compare(signoff.document, previous.document if previous else None),
        "seals": stands.seals,
        "standing": stands,
        "given": _given(stands, user),
        "next_slot": slots_waiting_for(user, on=today).exclude(request=signoff).first(),
        "subject_address": subject.address(signoff.subject_id),
        "notices": notices,
        "blocking": sum(one.blocks for one in notices),
        "is_own": is_open and signoff.proposed_by_id == user.pk,
        "waived_until": waived_until([signoff], on=today).get(signoff.pk) if is_open else None,
        "page_address": settings.BASE_URL + reverse("signoffs:request", args=[signoff.pk]),
        "today": today,
    }


def _given(stands: Standing, user: User) -> Signature | None:
    """The reader's own signature, the newest one."""
    mine = [seal.signature for seal in stands.seals if seal.signature and seal.signature.signer_id == user.pk]
    return max(mine, key=lambda signature: signature.signed_at, default=None)


@rule(SIGNED_IN)
@unkept
@require_GET
def document_json(request: HttpRequest, pk: int) -> HttpResponse:
    """Exactly the bytes whose SHA-256 is signed."""
    signoff = _found(request, pk)
    return _download(canonical(signoff.document), "application/json", f"signoff-{pk}.json")


@rule(SIGNED_IN)
@unkept
@require_GET
def document_text(request: HttpRequest, pk: int) -> HttpResponse:
    signoff = _found(request, pk)
    return _download(signoff.text.encode(), "text/plain; charset=utf-8", f"signoff-{pk}.txt")


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _found(request: HttpRequest, pk: int) -> Request:
    """The request when this person may read it; not found otherwise."""
    found = requests_for(signed_in(request), on=organisation_today(timezone.now()))
    return get_object_or_404(found.select_related("requested_by", "previous", "closed_by"), pk=pk)
