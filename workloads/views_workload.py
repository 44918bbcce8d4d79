"""One workload: its page, and how it is described."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit.errors import Invalid
from audit.kinds import Kind
from audit.queries import history
from people.access import SIGNED_IN, rule, signed_in
from people.models import Role, RoleAssignment, User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER, Permission
from people.wording import duration
from signoffs.queries import standing
from workloads import reviews, services
from workloads.answers import next_step, risks
from workloads.chain.overview import through
from workloads.due_early import because_for
from workloads.flows.queries import counted
from workloads.forms import WorkloadForm, show_refusal
from workloads.gates.queries import against, in_force, name_outgrown
from workloads.impact.saying import in_words
from workloads.impact.targets import unexplained
from workloads.models import Classification, Workload
from workloads.queries import REVIEW_SOON, holders, rights_on, signers, targets_of
from workloads.roles.queries import gaps_of
from workloads.signing import percent, promise

HISTORY = 12
PAST = 20  # assignments that have ended
# Steps on the way to a line that says it all; the full trail has them.
STEPS = frozenset(
    {
        Kind.SIGNATURE_REQUESTED,
        Kind.REQUEST_COMPLETED,
        Kind.REQUEST_WITHDRAWN,
        Kind.REQUEST_REJECTED,
        Kind.MESSAGE_QUEUED,
    }
)
# Roles that every workload should have somebody of its own for; shown as vacant when it has not.
OWN_ROLES = (WORKLOAD_OWNER, BUSINESS_STAKEHOLDER)


def workload_for(request: HttpRequest, pk: int) -> Workload:
    """The workload when this person may see it; not found otherwise."""
    seen = Workload.objects.visible_to(signed_in(request)).select_related("owner_team")
    return get_object_or_404(seen, pk=pk)


def need(user: User, right: Permission, workload: Workload | None = None) -> None:
    """Who may not do it does not get the form either. The service asks again."""
    if not user.may(right, workload):
        raise PermissionDenied(f"Your roles do not include the right to {right.label[0].lower()}{right.label[1:]}.")


@rule(SIGNED_IN)
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer first, then who says so, what was measured and what happened."""
    workload, user = workload_for(request, pk), signed_in(request)
    return render(request, "workloads/workload.html", _picture(workload, user))


def _picture(workload: Workload, user: User) -> dict[str, Any]:
    today = organisation_today(timezone.now())
    targets, held = targets_of(workload), holders(workload, today)
    target, proposal = targets.in_force, targets.open
    tiers = {c.tier_id: c.tier for c in (target, proposal) if c is not None}
    asked = signers(list(tiers.values()), held)
    of_target, chain, impact = target or proposal, through(workload, user, today), in_words(workload)
    because = because_for([target], user)[target.pk] if target is not None else ""
    stands = {
        name: standing(c.request, user=user, on=today) if c is not None and c.request is not None else None
        for name, c in (("signed", target), ("review", proposal))
    }
    return {
        "workload": workload,
        "target": target,
        "because": because,
        "proposal": proposal,
        "targets": targets.everything,
        "impact": impact,
        "signed": stands["signed"],
        "review": stands["review"],
        "chain": chain,
        "risks": risks(workload, target, asked[of_target.tier_id] if of_target else [], chain.findings),
        "next": next_step(workload, target, proposal, stands["review"], because),
        "people": _people(
            held, [signer.role.pk for signer in asked.get(of_target.tier_id, [])] if of_target else [], today
        ),
        "past_people": _past_people(workload, today),
        "events": [event for event in history(workload.trail_thread, 4 * HISTORY) if event.kind not in STEPS][:HISTORY],
        "may": {right.name.lower(): True for right in rights_on(user, workload)},
        "waivers": name_outgrown(in_force(today).filter(workload=workload).order_by("ends_on", "pk"), chain.findings),
        "blocking": _blocking(proposal, user, today),
        "unsaid": proposal is not None and proposal.can("send") and bool(unexplained(proposal, impact.suggested)),
        "may_assign": user.may(Permission.ASSIGN_ROLES),
        "may_read_trail": user.may(Permission.VIEW_TRAIL),
        "may_sign": stands["review"] is not None and stands["review"].mine is not None,
        "reviewer": target is not None and reviews.reviewing_role(target, user, today) is not None,
        "counted": counted(workload),
        "today": today,
        **_in_words(target, proposal, today),
    }


def _blocking(proposal: Classification | None, user: User, today: dt.date) -> int:
    """How much keeps a draft from being sent."""
    if proposal is None or proposal.state != Classification.State.PROPOSED:
        return 0
    return sum(one.blocks for one in against(proposal, today=today, viewer=user))


def _in_words(target: Classification | None, proposal: Classification | None, today: dt.date) -> dict[str, Any]:
    said = {
        f"{name}_objectives": f"{duration(c.rto_seconds)} / {duration(c.rpo_seconds)}" if c is not None else ""
        for name, c in (("target", target), ("proposal", proposal))
    }
    return said | {
        "promise": promise(target) if target is not None else "",
        "target_slo": percent(target.slo) if target is not None else "",
        "soon": today + REVIEW_SOON,
    }


def _people(
    held: dict[str, list[RoleAssignment]], signing: list[str], today: dt.date
) -> list[tuple[str, RoleAssignment | None, list[str]]]:
    """Who acts for this workload, role by role: its own people, those who sign its target; each with what is missing."""
    own = [key for key, found in held.items() if found[0].workload_id is not None]
    wanted = dict.fromkeys([*OWN_ROLES, *own, *signing])
    names = dict(Role.objects.filter(pk__in=wanted).values_list("pk", "name"))
    return [
        (names[key], one, gaps_of(one, today) if one is not None else ["vacant"])
        for key in wanted
        if key in names
        for one in (*held.get(key, ()),) or (None,)
    ]


def _past_people(workload: Workload, today: dt.date) -> list[RoleAssignment]:
    """Who acted for it before, the latest first."""
    ended = RoleAssignment.objects.given().filter(workload_id=workload.pk, until_on__lt=today)
    return list(ended.select_related("role", "person", "deputy").order_by("-until_on", "-id")[:PAST])


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    need(user, Permission.ADD_WORKLOADS)
    form = WorkloadForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            workload = services.add_workload(by=user, at=timezone.now(), **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect(workload)
    return render(request, "workloads/add.html", {"form": form}, status=422 if form.errors else 200)


@rule(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    workload, user = workload_for(request, pk), signed_in(request)
    need(user, Permission.CHANGE_WORKLOADS, workload)
    form = WorkloadForm(request.POST or None, initial=WorkloadForm.described(workload), user=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_workload(workload=workload, by=user, at=timezone.now(), **form.cleaned_data)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect(workload)
    context = {"form": form, "workload": workload, "proposal": targets_of(workload).open}
    return render(request, "workloads/change.html", context, status=422 if form.errors else 200)
