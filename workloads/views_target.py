"""Targets: proposing one, its document, sending it to its signers, taking it back."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.errors import DeedError, Invalid
from people.access import SIGNED_IN, rule, signed_in
from people.models import User, organisation_today
from people.permissions import Permission
from signoffs.documents import compare, digest
from signoffs.queries import standing
from workloads import reviews, services
from workloads.due_early import because_for
from workloads.forms import SendForm, TargetForm, show_refusal
from workloads.gates.gate import Blocked
from workloads.gates.queries import standing_against, with_asked
from workloads.gates.signers import signers_of
from workloads.impact.queries import suggestion_for
from workloads.impact.suggestion import Suggestion
from workloads.impact.targets import unexplained
from workloads.models import Classification, Tier, Workload
from workloads.queries import (
    classifications_for,
    holders,
    rights_on,
    signers,
    target_waived_until,
    targets_of,
    waived_of,
)
from workloads.signing import classification_document
from workloads.views_workload import need, workload_for


def classification_for(request: HttpRequest, pk: int) -> Classification:
    """The target when this person may see its workload; not found otherwise."""
    related = ("workload__owner_team", "tier", "proposed_by", "request__previous", "request__requested_by", "closed_by")
    seen = classifications_for(signed_in(request)).select_related(*related)
    until = target_waived_until(organisation_today(timezone.now()))
    return get_object_or_404(seen.annotate(waived_until=until), pk=pk)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """A new target for a workload; kept as a draft, or sent to its signers at once."""
    workload, user = workload_for(request, pk), signed_in(request)
    need(user, Permission.PROPOSE, workload)
    targets = targets_of(workload)
    if targets.open is not None and request.method == "GET":
        return redirect(targets.open)
    suggested = suggestion_for(workload)
    form = TargetForm(request.POST or None, initial=_initial(request, targets.in_force, suggested), suggested=suggested)
    if request.method == "POST" and form.is_valid():
        try:
            proposal = services.propose(workload=workload, by=user, at=timezone.now(), **form.deed)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return _sent_or_kept(request, proposal)
    return _target_form(request, workload, form, None)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft, changed before it is sent."""
    proposal, user = classification_for(request, pk), signed_in(request)
    need(user, Permission.PROPOSE, proposal.workload)
    if proposal.state != Classification.State.PROPOSED and request.method == "GET":
        return redirect(proposal)
    suggested = suggestion_for(proposal.workload)
    initial = TargetForm.of_target(proposal) | _initial(request, None, suggested)
    form = TargetForm(request.POST or None, initial=initial, suggested=suggested)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_proposal(classification=proposal, by=user, at=timezone.now(), **form.deed)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return _sent_or_kept(request, proposal)
    return _target_form(request, proposal.workload, form, proposal)


REASONS = ("reason", "looser_reason", "differs_reason")


def _initial(request: HttpRequest, in_force: Classification | None, suggested: Suggestion | None) -> dict[str, Any]:
    """What the fields begin with: what the chosen tier allows, else what the impact analysis suggests where that was asked
    for, else the target in force."""
    level = request.GET.get("tier", "")
    chosen = Tier.objects.filter(pk=int(level)).first() if level.isdecimal() and len(level) < 5 else None
    written = {name: request.GET[name] for name in REASONS if name in request.GET}
    if chosen is not None:
        fits = suggested is not None and chosen.pk == suggested.tier
        needed = {"rto": suggested.rto_seconds, "rpo": suggested.rpo_seconds} if suggested is not None and fits else {}
        return TargetForm.of_tier(chosen) | needed | written
    if suggested is not None and request.GET.get("take") in ("as-is", "differ"):
        as_is = TargetForm.of_suggestion(suggested)
        return as_is if request.GET["take"] == "as-is" else as_is | {"reason": ""}
    return TargetForm.of_target(in_force) | dict.fromkeys(REASONS, "") if in_force is not None else {}


def _sent_or_kept(request: HttpRequest, proposal: Classification) -> HttpResponse:
    """The second button of the form. What cannot be sent stays a draft, and says why."""
    if "send" in request.POST:
        try:
            services.send_for_signature(classification=proposal, by=signed_in(request), at=timezone.now())
        except (Invalid, Blocked) as error:
            messages.warning(request, f"Kept as a draft, not sent. {error.message}")
        else:
            messages.success(request, "Sent. Everybody who signs has a message now.")
    return redirect(proposal)


def _target_form(
    request: HttpRequest, workload: Workload, form: TargetForm, proposal: Classification | None
) -> HttpResponse:
    tiers, today = list(Tier.objects.all()), organisation_today(timezone.now())
    asked = signers(tiers, holders(workload, today))
    chosen = str(form["tier"].value() if form["tier"].value() is not None else "")
    context = {
        "workload": workload,
        "form": form,
        "proposal": proposal,
        "tiers": tiers,
        "chosen": next((tier for tier in tiers if str(tier.pk) == chosen), None),
        "signers": asked.get(int(chosen), []) if chosen.isdecimal() and len(chosen) < 5 else [],
        "target": targets_of(workload).in_force,
        "waived_until": waived_of(workload.pk, on=today),
        "suggested": form.suggested,
    }
    if request.headers.get("HX-Target", "").endswith("#values"):
        return render(request, "workloads/_values.html", context)
    return render(request, "workloads/propose.html", context, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The document as it was frozen, or as it would be, with its signatures."""
    target, user = classification_for(request, pk), signed_in(request)
    today, signoff = organisation_today(timezone.now()), target.request
    present = classification_document(target)
    document = present if signoff is None else signoff.document
    previous = signoff.previous if signoff is not None else _request_in_force(target)
    context = {
        "target": target,
        "because": because_for([target], user)[target.pk],
        "workload": target.workload,
        "signoff": signoff,
        "document": document,
        "comparison": compare(document, previous.document if previous is not None else None),
        "is_outdated": signoff is not None and signoff.state == "open" and digest(present) != signoff.digest,
        "standing": standing(signoff, user=user, on=today) if signoff is not None else None,
        **_before_sending(target, today),
        **_stands_against(target, user, today),
        "reaffirmations": target.reaffirmations.select_related("reaffirmed_by"),
        "may_propose": Permission.PROPOSE in rights_on(user, target.workload),
        "reviewer": target.can("supersede") and reviews.reviewing_role(target, user, today) is not None,
        "today": today,
    }
    return render(request, "workloads/classification.html", context)


def _stands_against(target: Classification, user: User, today: dt.date) -> dict[str, Any]:
    """What is found against it now, and how much of it blocks."""
    known = standing_against(target, today=today, viewer=user)
    return {"found": with_asked(known, target.workload), "blocking": sum(one.blocks for one in known)}


def _before_sending(target: Classification, today: dt.date) -> dict[str, Any]:
    """Of a draft: who would be asked in which role, who is missing, and whether it has to be said why it is as it is."""
    if target.state != Classification.State.PROPOSED:
        return {}
    asked = signers_of(target, on=today)
    unsaid = unexplained(target, suggestion_for(target.workload)).get("differs_reason", "")
    return {
        "asked": [(role, asked.asked(key)) for key, role in asked.roles.items()],
        "gaps": asked.gaps,
        "unsaid": unsaid,
        "send_form": SendForm(initial={"differs_reason": target.differs_reason}, is_needed=True) if unsaid else None,
    }


def _request_in_force(target: Classification) -> Any:
    """What a draft is compared with: the signed document of the target in force."""
    in_force = targets_of(target.workload).in_force
    return in_force.request if in_force is not None and in_force.pk != target.pk else None


@rule(SIGNED_IN)
@require_POST
def send(request: HttpRequest, pk: int) -> HttpResponse:
    target, user, form = classification_for(request, pk), signed_in(request), SendForm(request.POST)
    if not form.is_valid():
        need(user, Permission.PROPOSE, target.workload)
        messages.error(request, "The reason is too long: write at most 2,000 characters.")
        return redirect(target)
    deed = partial(services.send_for_signature, **form.cleaned_data)
    return _deed(request, target, deed, "Sent. Everybody who signs has a message now.", user)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked on a page of its own: signatures given so far end with it."""
    target, user = classification_for(request, pk), signed_in(request)
    if request.method == "POST":
        return _deed(request, target, services.withdraw, "Withdrawn. Who was asked to sign has been told.", user)
    need(user, Permission.PROPOSE, target.workload)
    if not target.can("withdraw"):
        return redirect(target)
    today = organisation_today(timezone.now())
    stands = standing(target.request, user=user, on=today) if target.request is not None else None
    context = {"target": target, "workload": target.workload, "standing": stands}
    return render(request, "workloads/withdraw.html", context)


def _deed(request: HttpRequest, target: Classification, deed: Any, done: str, user: Any) -> HttpResponse:
    """Do it and show where the target stands now, with what stood in the way."""
    need(user, Permission.PROPOSE, target.workload)
    try:
        deed(classification=target, by=user, at=timezone.now())
    except DeedError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect(target)
