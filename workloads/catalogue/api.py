"""`GET /api/v1/workloads/export/`: the whole register as the page gives it."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from people.access import SIGNED_IN
from workloads.catalogue.exporting import FORMATS, KIND_FORMATS, forms_of
from workloads.catalogue.kinds import KINDS
from workloads.catalogue.outgoing import answer

FORMS = tuple(dict.fromkeys((*FORMATS, *KIND_FORMATS)))


class ExportAsked(serializers.Serializer[dict[str, Any]]):
    form = serializers.ChoiceField(choices=FORMS, default="json")
    kind = serializers.ChoiceField(choices=tuple(KINDS), required=False)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["form"] not in forms_of(asked.get("kind", "")):
            raise serializers.ValidationError(
                {"form": "One kind goes out as csv, xlsx or json; everything as json, xlsx or zip."}
            )
        return asked


class ExportView(APIView):
    rule = SIGNED_IN

    @extend_schema(
        operation_id="workloads_export",
        parameters=[
            OpenApiParameter(
                "form", enum=list(FORMS), default="json", description="csv: one kind only; zip: everything as CSV"
            ),
            OpenApiParameter("kind", enum=list(KINDS), description="Only the rows of this kind"),
        ],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): OpenApiTypes.BINARY,
            (200, "application/zip"): OpenApiTypes.BINARY,
            (200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Everything this person may see, as a file that the import reads again."""
        asked = ExportAsked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return answer(request._request, asked.validated_data["form"], asked.validated_data.get("kind", ""))
