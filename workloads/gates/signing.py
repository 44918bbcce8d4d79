"""How waivers answer to sign-offs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from audit.errors import WrongState
from audit.states import change_state
from people.models import User, organisation_today
from people.wording import date_words
from signoffs.documents import document
from signoffs.models import Request
from signoffs.subjects import Notice
from workloads.gates import telling
from workloads.gates.queries import outgrown, waivers_for
from workloads.gates.unconfirmed import CRITICAL, most_critical, unconfirmed_signer
from workloads.gates.worse import limits
from workloads.models import Waiver

WAIVER = "workloads.waiver"
MEANING = "I accept this finding until the last day of the waiver, under its conditions."
REPLACED = "a newer waiver of the same finding was granted"
OUTDATED = "its workload was renamed while it waited"


def waiver_document(waiver: Waiver) -> dict[str, Any]:
    """What the executive sponsor sees and signs."""
    return document(
        title=f"{waiver.workload.name}: waiver",
        summary=f"Waived until {date_words(waiver.ends_on)}: {waiver.title}",
        facts=[
            ("workload", "Workload", waiver.workload.name),
            ("finding", "Finding", waiver.title),
            # Without figures, as before there were any, the document stays as it was.
            *([("limit", "Covers at most", limits(waiver.figures))] if waiver.figures else []),
            ("ends", "Last day", date_words(waiver.ends_on)),
            ("requester", "Asked for by", waiver.requested_by.name),
        ],
        texts=[
            ("detail", "What would mend it", waiver.detail),
            ("reason", "Why it cannot be mended first", waiver.reason),
            ("conditions", "Conditions", waiver.conditions),
        ],
    )


class WaiverSubject:
    def _get(self, subject_id: int) -> Waiver:
        return Waiver.objects.select_related("workload__owner_team", "requested_by").get(pk=subject_id)

    def document(self, subject_id: int) -> dict[str, Any]:
        return waiver_document(self._get(subject_id))

    def address(self, subject_id: int) -> str:
        return reverse("workloads:waiver", args=[subject_id])

    def visible_ids(self, user: User) -> QuerySet[Any, Any]:
        return waivers_for(user).values("pk")

    def notices(self, request: Request, *, user: User, on: dt.date) -> list[Notice]:
        waiver = self._get(request.subject_id)
        if request.state != Request.State.OPEN:
            return []
        said = "It can only be rejected, or withdrawn and asked for again with a later day."
        late = Notice(f"Its last day has passed: {date_words(waiver.ends_on)}", said, "bad")
        grown = outgrown(waiver, today=on, viewer=user)
        said = f"{grown[:1].upper()}{grown[1:]}. Signed as it is, it would not cover what is found now."
        small = Notice("Worse by now than what is asked for", said, "bad")
        tier = most_critical(waiver.workload_id)
        unconfirmed = unconfirmed_signer(request, user, tier=tier, on=on)
        return unconfirmed + ([late] if waiver.ends_on < on else []) + ([small] if grown else [])

    def needs_confirmed_signers(self, subject_id: int) -> bool:
        return most_critical(self._get(subject_id).workload_id) <= CRITICAL

    def waived_until(self, subject_ids: Collection[int], *, on: dt.date) -> dict[int, dt.date]:
        return {}  # it is no target; its own last day stands in its summary

    def completed(self, request: Request, *, by: User, at: dt.datetime) -> None:
        waiver = self._get(request.subject_id)
        if waiver.ends_on < organisation_today(at):
            raise WrongState(
                f"The last day of this waiver was {date_words(waiver.ends_on)}. Reject it, so that it can be asked for again."
            )
        # One that the finding has outgrown makes room first, so that there are never two.
        before = Waiver.objects.filter(workload=waiver.workload, finding=waiver.finding, state=Waiver.State.GRANTED)
        for one in before.exclude(pk=waiver.pk):
            change_state(one, "withdraw", by=by, at=at, after={"why": REPLACED}, closed_at=at, closed_by=by)
        change_state(waiver, "grant", by=by, at=at, after={"ends_on": waiver.ends_on}, granted_at=at, granted_by=by)
        telling.granted(waiver, by=by, at=at)

    def rejected(self, request: Request, *, by: User, at: dt.datetime, reason: str) -> None:
        waiver = self._get(request.subject_id)
        change_state(waiver, "reject", by=by, at=at, after={"reason": reason}, closed_at=at, closed_by=by)
        telling.rejected(waiver, by=by, at=at, reason=reason)

    def voided(self, request: Request, *, by: User, at: dt.datetime) -> None:
        """Nothing of a waiver can be changed, so there is nobody to give it back to: it is asked for again."""
        waiver = self._get(request.subject_id)
        change_state(waiver, "withdraw", by=by, at=at, after={"why": OUTDATED}, closed_at=at, closed_by=by)
        telling.withdrawn(waiver, by=by, at=at, why=OUTDATED)
