"""The register of information: the functions, with criticality, RTO and RPO."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Max, OuterRef, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.spreadsheets import table_response
from people.access import SIGNED_IN, rule, signed_in
from people.models import User, organisation_today
from workloads.dora import COLUMNS, Function, row
from workloads.models import ImpactAnswer, Loss, Reaffirmation, Workload

BATCH = 500


@rule(SIGNED_IN)
@require_GET
def functions(request: HttpRequest) -> HttpResponseBase:
    """Template B_06.01 as CSV: the workloads in use that she may see."""
    return table_response(request, f"b_06.01-{timezone.now():%Y-%m-%d}", list(COLUMNS), _batches(signed_in(request)))


def _batches(user: User) -> Iterator[list[list[Any]]]:
    worst = (
        ImpactAnswer.objects.filter(analysis=OuterRef("pk"), loss=Loss.TIME)
        .order_by()
        .values("analysis")
        .annotate(worst=Max("level"))
        .values("worst")
    )
    kept = (
        Reaffirmation.objects.filter(classification=OuterRef("in_force__id"))
        .order_by("-reaffirmed_at")
        .values("reaffirmed_at")[:1]
    )
    rows = (
        Workload.objects.visible_to(user)
        .active()
        .with_targets()
        .annotate(worst=Subquery(worst), kept_at=Subquery(kept))
        .order_by("pk")
        .values_list(
            "pk", "name", "in_force__tier", "in_force__reason", "in_force__signed_off_at", "kept_at",
            "in_force__rto_seconds", "in_force__rpo_seconds", "worst",
        )
        .iterator(chunk_size=BATCH)
    )  # fmt: skip
    while batch := [_line(values) for values in islice(rows, BATCH)]:
        yield batch


def _line(values: tuple[Any, ...]) -> list[str]:
    number, name, tier, reason, signed_at, kept_at, rto, rpo, worst = values
    assessed_at = kept_at or signed_at
    assessed_on = organisation_today(assessed_at) if assessed_at is not None else None
    return row(Function(number, name, tier, reason or "", assessed_on, rto, rpo, worst), settings.ORGANISATION_LEI)
