"""`POST /api/v1/workloads/change-many/`: what the page does, seen first and then done."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.errors import Invalid, WrongState
from people.access import SIGNED_IN, signed_in
from people.models import User, organisation_today
from people.texts import TextField
from workloads.bulk.services import MOST, Change, Planned, What, change_many, change_of, plan
from workloads.filters import BIGGEST_KEY
from workloads.models import Lifecycle, Workload
from workloads.queries import teams_named_to
from workloads.question import Question
from workloads.register.rows import TAG_LENGTH

OUTCOMES = ("changed", "unchanged", "refused")
# What the service calls what it misses, and what JSON calls it.
JSON_NAMES = {"to_team": "owner_team", "to_unit": "business_unit", "to_lifecycle": "lifecycle", "to_tag": "tag"}


class BulkAsked(serializers.Serializer[dict[str, Any]]):
    dry_run = serializers.BooleanField(default=True, help_text="true: only say what would change; false: change it")
    digest = serializers.CharField(
        required=False, max_length=64, help_text="Of the dry run that was read; needed where dry_run is false"
    )
    workloads = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST_KEY), required=False, max_length=MOST,
        help_text="Which workloads, by number; this or filter",
    )  # fmt: skip
    filter = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=100), max_length=20), required=False,
        help_text="The filters and views of the register's page, each with a list of values; at most 500 workloads",
    )  # fmt: skip
    what = serializers.ChoiceField(choices=What.choices, help_text="What changes; its new value is given beside it")
    owner_team = serializers.IntegerField(min_value=1, max_value=BIGGEST_KEY, required=False)
    business_unit = serializers.CharField(max_length=120, required=False, allow_blank=True)
    lifecycle = serializers.ChoiceField(choices=Lifecycle.choices, required=False)
    tag = TextField(max_length=TAG_LENGTH, required=False)


class BulkRowSaid(serializers.Serializer[Any]):
    workload = serializers.IntegerField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    before = serializers.CharField()
    after = serializers.CharField()
    refused = serializers.CharField(help_text="Why not, or empty")
    voids = serializers.BooleanField(help_text="A request for signatures is open and becomes void")


class BulkSaid(serializers.Serializer[Any]):
    applied = serializers.BooleanField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="These stay as they are; the others are changed")
    digest = serializers.CharField(help_text="Two answers with the same digest change the same")
    rows = BulkRowSaid(many=True)


class ChangeManyView(APIView):
    rule = SIGNED_IN

    @extend_schema(operation_id="workloads_change_many", request=BulkAsked, responses=BulkSaid)
    def post(self, request: Request) -> Response:
        """Give many workloads the same new value: all that can be changed, or none."""
        asked = BulkAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        values, user, now = asked.validated_data, signed_in(request), timezone.now()
        change = _change(values, user)
        rows = plan(workloads=_chosen(values, user, organisation_today(now)), change=change, by=user)
        said = _said(rows)
        if values["dry_run"]:
            return Response(said)
        if values.get("digest") != said["digest"]:
            raise WrongState("This is not what the dry run said. Ask for it again and read it; nothing was changed.")
        chosen = {row.workload.pk: row.seal for row in rows if row.changes}
        change_many(chosen=chosen, change=change, by=user, at=now)
        return Response(said | {"applied": True})


def _change(values: dict[str, Any], by: User) -> Change:
    number = values.get("owner_team")
    try:
        return change_of(
            values["what"],
            team=teams_named_to(by).filter(pk=number).first() if number else None,
            unit=values.get("business_unit", ""),
            lifecycle=values.get("lifecycle", ""),
            tag=values.get("tag", ""),
        )
    except Invalid as error:
        raise Invalid(error.message, {JSON_NAMES[name]: text for name, text in error.fields.items()}) from None


def _chosen(values: dict[str, Any], user: User, today: dt.date) -> list[Workload]:
    numbers, params = values.get("workloads"), values.get("filter")
    if (numbers is None) == (params is None):
        raise Invalid("Say which workloads: by number or by filter.", {"workloads": "Give this, or filter."})
    rows: QuerySet[Workload] = (
        _question(params or {}, user, today).rows
        if numbers is None
        else Workload.objects.visible_to(user).filter(pk__in=numbers)
    )
    found = list(rows.select_related("owner_team").order_by("name", "pk")[: MOST + 1])
    if len(found) > MOST:
        raise Invalid(f"Change at most {MOST} workloads in one go. Narrow the filter first.", {"filter": "Too many."})
    if numbers is not None and len(found) < len(set(numbers)):
        raise Invalid("Some of these workloads are not there.", {"workloads": "Not all of them are there for you."})
    return found


def _question(given: dict[str, list[str]], user: User, today: dt.date) -> Question:
    """A filter that makes no sense would choose everything, so it is refused here, where the page leaves it out."""
    params = QueryDict(mutable=True)
    for name, said in given.items():
        params.setlist(name, said)
    question = Question(params, user, today)
    problems = {name: " ".join(map(str, errors)) for name, errors in question.filters.form.errors.items()}
    senseless = given.keys() - question.filters.form.fields.keys() - {"view"}
    problems |= dict.fromkeys(senseless, "There is no such filter.")
    if "view" in given and question.view != params.get("view"):
        problems["view"] = "There is no such view."
    if problems:
        raise Invalid(
            "The filter does not make sense.", {"filter": "; ".join(f"{k}: {v}" for k, v in problems.items())}
        )
    return question


def _said(rows: list[Planned]) -> dict[str, Any]:
    said = [
        {
            "workload": row.workload.pk,
            "name": row.workload.name,
            "outcome": "refused" if row.refused else "changed" if row.changes else "unchanged",
            "before": row.before,
            "after": row.after if not row.refused else row.before,
            "refused": row.refused,
            "voids": row.voids and row.changes,
        }
        for row in rows
    ]
    counts = {outcome: sum(row["outcome"] == outcome for row in said) for outcome in OUTCOMES}
    seals = sorted(f"{row.workload.pk}:{row.seal}" for row in rows if row.changes)
    digest = hashlib.sha256("\n".join(seals).encode()).hexdigest()
    return {"applied": False, **counts, "digest": digest, "rows": said}
