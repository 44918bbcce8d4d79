"""Review: look at the target in force again, then keep it or propose another one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from audit.errors import DeedError, WrongState
from people.access import SIGNED_IN, rule, signed_in
from people.models import organisation_today
from people.permissions import Permission
from people.proof import NeedsProof
from people.reauthentication import proof_for_deed, prove_context
from signoffs.documents import compare, digest
from signoffs.models import Request
from workloads import reviews
from workloads.campaigns.changes import changes_since
from workloads.due_early import because_for
from workloads.gates.queries import in_force
from workloads.models import Classification
from workloads.queries import rights_on, targets_of
from workloads.signing import classification_document
from workloads.views_target import classification_for


@rule(SIGNED_IN)
@cache_control(no_store=True, private=True)
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Who cannot reaffirm reads the target instead; a target that is not in force has no review."""
    target = classification_for(request, pk)
    if target.state != Classification.State.SIGNED_OFF and request.method == "GET":
        return redirect(target)
    if request.method == "GET":
        return _page(request, target)
    try:
        _reaffirm(request, target)
    except NeedsProof as error:
        return _page(request, target, {"password": error.message}, 422)
    except DeedError as error:
        if getattr(error, "code", "") == "wrong-state":
            messages.error(request, error.message)
            return redirect(target.workload)
        return _page(request, target, {"decide": error.message}, error.status)
    messages.success(request, f"Reaffirmed. The next review is on {target.review_due_on:%-d %B %Y}.")
    return redirect(target.workload)


def _reaffirm(request: HttpRequest, target: Classification) -> None:
    """The time is taken after the proof, so that a proof is never from the future."""
    proof, user = proof_for_deed(request), signed_in(request)
    # What the reviewer saw: a second click on the same form finds another date and signs nothing, nor does who did not read
    # why the review is due.
    due = target.review_due_on.isoformat() if target.review_due_on is not None else request.POST.get("due", "")
    because = because_for([target], user)[target.pk]
    if (request.POST.get("due", ""), request.POST.get("because", "")) != (due, because):
        changed = f"Nothing has been signed, because something changed. {because} Look again, then decide."
        reviewed = "This target has been reviewed meanwhile. Nothing has been signed now."
        raise WrongState(changed if because else reviewed)
    reviews.reaffirm(
        classification=target, by=user, at=timezone.now(), proof=proof, digest=request.POST.get("digest", "")
    )
    target.refresh_from_db()


def _page(
    request: HttpRequest, target: Classification, problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    user, today = signed_in(request), organisation_today(timezone.now())
    present, last = classification_document(target), _last_signed(target)
    rights = rights_on(user, target.workload)
    open_proposal = targets_of(target.workload).open
    context: dict[str, Any] = {
        "target": target,
        "because": because_for([target], user)[target.pk],
        "workload": target.workload,
        "waivers": list(in_force(today).filter(workload=target.workload).order_by("ends_on", "pk")),
        "document": present,
        "digest": digest(present),
        "comparison": compare(present, last.document if last is not None else None),
        "last": last,
        "role": reviews.reviewing_role(target, user, today) if Permission.REVIEW in rights else None,
        "meaning": reviews.REAFFIRM_MEANING,
        "may_propose": Permission.PROPOSE in rights and open_proposal is None,
        "proposal": open_proposal,
        "changes": changes_since([target], today=today, viewer=user)[target.pk].said,
        "today": today,
        "problems": problems or {},
    }
    return render(request, "workloads/review.html", context | prove_context(request), status=status)


def _last_signed(target: Classification) -> Request | None:
    """What was signed last: the newest reaffirmation, else the target itself."""
    newest = target.reaffirmations.select_related("request").first()
    return newest.request if newest is not None else target.request
