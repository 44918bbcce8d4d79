"""Deeds on workloads and their targets."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from audit.errors import Invalid, WrongState
from audit.kinds import Kind
from audit.services import difference, record
from audit.states import change_state
from people.columns import problems_of
from people.models import Team, User, organisation_today
from people.permissions import Permission
from people.wording import MAX_SECONDS, duration
from signoffs import services as signoffs
from signoffs.models import Request
from workloads import telling
from workloads.gates.gate import known_when_sent
from workloads.impact.queries import suggestion_for
from workloads.impact.suggestion import Suggestion
from workloads.impact.targets import SUGGESTED, differs_problems, note_suggestion, reason_given, suggestion_noted
from workloads.models import Classification, Lifecycle, SigningRule, Tier, Workload, looser_than
from workloads.queries import teams_named_to
from workloads.signing import CLASSIFICATION, classification_document, percent

NO_TEAM = "There is no such team for you to choose. Ask the head of operations to give the workload to another team."
SIGN_WITHIN = dt.timedelta(days=14)
SLO_STEP = Decimal("0.0001")  # as the column stores it; anything finer would be frozen differently from what is kept
WORKLOAD_FIELDS = (
    "name",
    "reference",
    "purpose",
    "owner_team",
    "business_unit",
    "lifecycle",
    "tags",
    "own_rto_seconds",
    "is_shared",
)


@transaction.atomic
def add_workload(
    *,
    by: User,
    at: dt.datetime,
    name: str,
    purpose: str,
    owner_team: Team,
    reference: str = "",
    business_unit: str = "",
    lifecycle: str = Lifecycle.LIVE,
    tags: list[str] | None = None,
    own_rto_seconds: int | None = None,
    is_shared: bool = False,
) -> Workload:
    """Register a workload. Raises Invalid for a name or reference that is taken."""
    by.require(Permission.ADD_WORKLOADS)
    workload = Workload(
        name=name.strip(),
        purpose=purpose.strip(),
        owner_team=owner_team,
        reference=reference.strip(),
        business_unit=business_unit.strip(),
        lifecycle=lifecycle,
        tags=tags or [],
        own_rto_seconds=own_rto_seconds,
        is_shared=is_shared,
        added_at=at,
        added_by=by,
    )
    enter(workload, by=by, at=at)
    return workload


def enter(workload: Workload, *, by: User, at: dt.datetime) -> None:
    """Insert it with its line in the trail; for deeds that have asked for their right. Raises Invalid."""
    _save(workload, by)
    record(Kind.WORKLOAD_ADDED, workload, by=by, at=at, after=_described(workload))


@transaction.atomic
def change_workload(*, workload: Workload, by: User, at: dt.datetime, **values: Any) -> Workload:
    """Change the description; returns it as it is now. An open request that showed the old one becomes void.

    Raises Invalid, NotAllowed.
    """
    by.require(Permission.CHANGE_WORKLOADS, on=workload)
    # Requests are locked before anything else (see signoffs.services).
    open_request = (
        Request.objects.select_for_update()
        .filter(subject_type=CLASSIFICATION, workload_id=workload.pk, state=Request.State.OPEN)
        .first()
    )
    workload = Workload.objects.select_for_update(no_key=True).get(pk=workload.pk)
    before = _described(workload)
    for name in WORKLOAD_FIELDS:
        if name in values:
            value = values[name]
            setattr(workload, name, value.strip() if isinstance(value, str) else value)
    old, new = difference(before, _described(workload))
    if not new:
        return workload
    if "owner_team" in new and not teams_named_to(by).filter(pk=workload.owner_team_id).exists():
        raise Invalid(NO_TEAM, {"owner_team": NO_TEAM})
    _save(workload, by)
    record(Kind.WORKLOAD_CHANGED, workload, by=by, at=at, before=old, after=new)
    if open_request is not None:
        signoffs.void_if_changed(request=open_request, by=by, at=at)
    return workload


def _save(workload: Workload, by: User) -> None:
    """Insert it, or write what people may change; the proof of the last drill belongs to `workloads.reviews.note_proof`."""
    problems = {name: "Write something here." for name in ("name", "purpose") if not getattr(workload, name)}
    problems |= problems_of(workload, "name")
    if workload.lifecycle not in Lifecycle.values:
        problems["lifecycle"] = f"Choose one of {', '.join(Lifecycle.values)}."
    if not 0 <= (workload.own_rto_seconds or 0) <= MAX_SECONDS:
        problems["own_rto_seconds"] = "Write at most 10 years."
    if problems:
        raise Invalid("Some values need another look.", problems)
    try:
        with transaction.atomic():
            workload.save(update_fields=None if workload.pk is None else WORKLOAD_FIELDS)
    except IntegrityError as error:
        field = _TAKEN.get(constraint_of(error))
        if field is None:
            raise
        said = taken_words(field, by)
        raise Invalid(said, {field: said}) from None


def taken_words(field: str, by: User) -> str:
    """That a name or reference is taken, for this person: who may not see every workload is not told that there is one
    (docs/decisions/0030)."""
    if by.may(Permission.VIEW_WORKLOADS):
        return f"Another workload has this {field}."
    return f"This {field} cannot be used here. Choose another one, for example with the name of your team in it."


_TAKEN = {"workload_name_once": "name", "workload_reference_once": "reference"}


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that refused; texts of errors also hold what people wrote."""
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or "")


def _described(workload: Workload) -> dict[str, Any]:
    return {name: getattr(workload, name) for name in WORKLOAD_FIELDS} | {"owner_team": workload.owner_team.name}


@transaction.atomic
def propose(
    *,
    workload: Workload,
    by: User,
    at: dt.datetime,
    tier: Tier,
    slo: Decimal,
    rto_seconds: int,
    rpo_seconds: int,
    reason: str,
    looser_reason: str = "",
    differs_reason: str = "",
) -> Classification:
    """Propose a target beside what the impact analysis suggests at this moment.

    Raises Invalid (looser than the tier, or other than suggested, without a reason), WrongState (there is an open one).
    """
    by.require(Permission.PROPOSE, on=workload)
    suggested = suggestion_for(workload)
    _check_target(workload, tier, slo, rto_seconds, rpo_seconds, reason, looser_reason, suggested, differs_reason)
    classification = Classification(
        workload=workload,
        tier=tier,
        slo=slo,
        rto_seconds=rto_seconds,
        rpo_seconds=rpo_seconds,
        reason=reason.strip(),
        looser_reason=looser_reason.strip(),
        proposed_at=at,
        proposed_by=by,
    )
    note_suggestion(classification, suggested, differs_reason)
    try:
        with transaction.atomic():
            classification.save()
    except IntegrityError as error:
        if constraint_of(error) != "classification_one_open":
            raise
        raise WrongState(
            f"{workload.name} has an open proposal already. Change, send or withdraw that one first."
        ) from None
    record(Kind.CLASSIFICATION_PROPOSED, classification, by=by, at=at, after=_target(classification))
    return classification


@transaction.atomic
def change_proposal(
    *,
    classification: Classification,
    by: User,
    at: dt.datetime,
    tier: Tier,
    slo: Decimal,
    rto_seconds: int,
    rpo_seconds: int,
    reason: str,
    looser_reason: str = "",
    differs_reason: str = "",
) -> Classification:
    """Change a proposal that has not been sent. Who changes it becomes its proposer. Raises Invalid, WrongState."""
    by.require(Permission.PROPOSE, on=classification.workload)
    lock(classification)
    if classification.state != Classification.State.PROPOSED:
        raise WrongState("This proposal has been sent or withdrawn. Reload the page to see where it stands.")
    workload, suggested = classification.workload, suggestion_for(classification.workload)
    _check_target(workload, tier, slo, rto_seconds, rpo_seconds, reason, looser_reason, suggested, differs_reason)
    before = _target(classification) | {"proposed_by": classification.proposed_by}
    classification.tier, classification.slo = tier, slo
    classification.rto_seconds, classification.rpo_seconds = rto_seconds, rpo_seconds
    classification.reason, classification.looser_reason = reason.strip(), looser_reason.strip()
    classification.proposed_by = by
    note_suggestion(classification, suggested, differs_reason)
    old, new = difference(before, _target(classification) | {"proposed_by": by})
    if not new:
        return classification
    own = ("tier", "slo", "rto_seconds", "rpo_seconds", "reason", "looser_reason", "proposed_by", "differs_reason")
    classification.save(update_fields=[*own, *SUGGESTED])
    record(Kind.CLASSIFICATION_CHANGED, classification, by=by, at=at, before=old, after=new)
    return classification


def lock(classification: Classification) -> None:
    """Lock the row for this transaction and read it again: what was read for the page may be old.

    Locked without its joins: who waited for a row whose foreign key was changed meanwhile would find nothing.
    """
    classification.refresh_from_db(from_queryset=Classification.objects.select_for_update(no_key=True))
    related = ("workload__owner_team", "tier", "proposed_by")
    classification.refresh_from_db(from_queryset=Classification.objects.select_related(*related))


def _check_target(
    workload: Workload,
    tier: Tier,
    slo: Decimal,
    rto_seconds: int,
    rpo_seconds: int,
    reason: str,
    looser_reason: str,
    suggested: Suggestion | None,
    differs_reason: str,
) -> None:
    if workload.lifecycle == Lifecycle.RETIRED:
        raise WrongState(f"{workload.name} is retired. A retired workload gets no new target.")
    problems = target_problems(
        tier, slo=slo, rto_seconds=rto_seconds, rpo_seconds=rpo_seconds, reason=reason, looser_reason=looser_reason
    )
    problems |= differs_problems(suggested, tier, rto_seconds, rpo_seconds, differs_reason)
    if problems:
        raise Invalid("Some values need another look.", problems)


def target_problems(
    tier: Tier,
    *,
    slo: Decimal | None,
    rto_seconds: int | None,
    rpo_seconds: int | None,
    reason: str | None,
    looser_reason: str | None,
) -> dict[str, str]:
    """What does not fit, by field. None is a value that could not be read: a form says that itself, and the rest here."""
    problems: dict[str, str] = {}
    if reason is not None and not reason.strip():
        problems["reason"] = "Write why the business needs this: what an outage costs, and whom."
    if slo is not None and (not 0 < slo <= 100 or slo != slo.quantize(SLO_STEP)):
        problems["slo"] = "Write a percentage above 0 and up to 100 with at most 4 decimals, for example 99.95."
    problems |= {
        name: "Write at most 10 years."
        for name, seconds in (("rto", rto_seconds), ("rpo", rpo_seconds))
        if seconds is not None and not 0 <= seconds <= MAX_SECONDS
    }
    # What could not be read is not called looser.
    slo = slo if slo is not None else tier.slo_floor or Decimal(100)
    rto = rto_seconds if rto_seconds is not None else tier.rto_seconds
    rpo = rpo_seconds if rpo_seconds is not None else tier.rpo_seconds
    looser = looser_than(tier, slo=slo, rto_seconds=rto, rpo_seconds=rpo)
    if looser and looser_reason is not None and not looser_reason.strip():
        problems = _looser_problems(tier, slo, rto, rpo, looser) | problems
    return problems


def _looser_problems(tier: Tier, slo: Decimal, rto_seconds: int, rpo_seconds: int, looser: list[str]) -> dict[str, str]:
    rto, rpo = duration(tier.rto_seconds), duration(tier.rpo_seconds)
    said = {
        "slo": f"Tier {tier.level} asks for {tier.slo_words}. Raise it, or keep {percent(slo)} % and give a reason below.",
        "rto": f"Tier {tier.level} allows up to {rto}. Write {rto} or less, "
        f"or keep {duration(rto_seconds)} and give a reason below.",
        "rpo": f"Tier {tier.level} allows up to {rpo}. Write {rpo} or less, "
        f"or keep {duration(rpo_seconds)} and give a reason below.",
    }
    found = {name: said[name] for name in looser}
    return found | {"looser_reason": "Give a reason for the looser target; the signers see it."}


def _target(classification: Classification) -> dict[str, Any]:
    return {
        "tier": classification.tier_id,
        "slo": classification.slo,
        "rto_seconds": classification.rto_seconds,
        "rpo_seconds": classification.rpo_seconds,
        "reason": classification.reason,
        "looser_reason": classification.looser_reason,
    } | suggestion_noted(classification)


@transaction.atomic
def send_for_signature(
    *, classification: Classification, by: User, at: dt.datetime, differs_reason: str = ""
) -> Request:
    """Freeze the proposal and ask its tier's signers.

    `differs_reason` is why it is other than the impact analysis suggests by now, where the proposal does not say that of this
    suggestion. Raises Invalid when it is missing, Blocked (a finding, or somebody who has to sign is missing), WrongState.
    """
    by.require(Permission.PROPOSE, on=classification.workload)
    # What is frozen is the row as it is now, not as it was when somebody opened the page.
    lock(classification)
    if not classification.can("send"):
        raise WrongState("This proposal is not waiting to be sent. Reload the page to see where it stands.")
    workload, before = classification.workload, suggestion_noted(classification)
    _compare_again(classification, differs_reason)
    rules = SigningRule.objects.filter(tier=classification.tier).select_related("role")
    in_force = Classification.objects.filter(workload=workload, state=Classification.State.SIGNED_OFF).first()
    classification.findings = known_when_sent(classification, by=by, at=at)
    request = signoffs.request_signatures(
        subject_type=CLASSIFICATION,
        subject_id=classification.pk,
        workload_id=workload.pk,
        thread=classification.trail_thread,
        document=classification_document(classification),
        slots=[(rule.role, rule.meaning) for rule in rules],
        previous=in_force.request if in_force else None,
        due_on=organisation_today(at) + SIGN_WITHIN,
        by=by,
        at=at,
        proposed_by=classification.proposed_by,
        proposer_may_sign=classification.tier.proposer_may_sign,
        one_per_person=classification.tier.distinct_signers,
    )
    old, new = difference(before, suggestion_noted(classification))
    kept = {name: getattr(classification, name) for name in ("findings", "differs_reason", *SUGGESTED)}
    change_state(classification, "send", by=by, at=at, before=old, after=new, request=request, **kept)
    telling.requested(classification, request, by=by, at=at)
    return request


def _compare_again(classification: Classification, differs_reason: str) -> None:
    """The target beside what is suggested at this moment: the analysis may have been answered since it was proposed.

    A reason that was given for another suggestion does not count for this one.
    """
    suggested = suggestion_for(classification.workload)
    reason = differs_reason.strip() or reason_given(classification, suggested)
    tier, rto, rpo = classification.tier, classification.rto_seconds, classification.rpo_seconds
    if problems := differs_problems(suggested, tier, rto, rpo, reason):
        raise Invalid(f"{problems['differs_reason']} It is asked for before this is sent.", problems)
    note_suggestion(classification, suggested, reason)


@transaction.atomic
def withdraw(*, classification: Classification, by: User, at: dt.datetime) -> None:
    """Take a proposal back, sent or not. Raises WrongState, for example when the last signature was faster."""
    by.require(Permission.PROPOSE, on=classification.workload)
    request = classification.request
    if request is not None and classification.can("withdraw"):
        signoffs.withdraw(request=request, by=by, at=at)
    change_state(classification, "withdraw", by=by, at=at, closed_at=at, closed_by=by)
    if request is not None:
        telling.withdrawn(classification, request, by=by, at=at)
