"""`POST /api/v1/workloads/import/`: the same report as on the page, and the same all or nothing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from people.access import SIGNED_IN, signed_in
from people.texts import TextField
from workloads.catalogue.kinds import KINDS
from workloads.filters import BIGGEST_KEY
from workloads.register import services
from workloads.register.report import ORDER
from workloads.register.uploads import guard_size

ROW_KINDS = tuple(KINDS)
CHOSEN = ("make_teams", "leave_out", "team", "kind", "mapping")


class ImportAsked(serializers.Serializer[dict[str, Any]]):
    file = serializers.FileField(
        help_text="CSV, XLSX, ZIP, JSON or YAML; at most 10 MB and 20,000 workloads", allow_empty_file=True
    )
    dry_run = serializers.BooleanField(
        default=True, help_text="true: only the report; false: import, all of it or nothing"
    )
    make_teams = serializers.BooleanField(
        default=False, help_text="Add teams that do not exist; without it their rows are refused"
    )
    leave_out = serializers.BooleanField(
        default=False,
        help_text="Leave out dependencies and parts whose other end is neither in the register nor in the file; without it "
        "their rows are refused. A later import of the same file adds them.",
    )
    team = serializers.IntegerField(
        min_value=1, max_value=BIGGEST_KEY, required=False,
        help_text="Number of the team that owns workloads for which the file names none",
    )  # fmt: skip
    kind = serializers.ChoiceField(choices=ROW_KINDS, required=False, help_text="What the rows of a CSV are")
    mapping = serializers.IntegerField(
        min_value=1,
        max_value=BIGGEST_KEY,
        required=False,
        help_text="Number of a saved mapping, for another catalogue's file",
    )


class ChangeSaid(serializers.Serializer[dict[str, Any]]):
    field = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own."""
        fields = super().get_fields()
        return {"field": fields["field"], "from": fields["before"], "to": fields["after"]}


class ProblemSaid(serializers.Serializer[dict[str, Any]]):
    column = serializers.CharField()
    what = TextField(help_text="What is wrong and what to do")


class RowSaid(serializers.Serializer[dict[str, Any]]):
    kind = serializers.ChoiceField(choices=ROW_KINDS)
    row = serializers.IntegerField(help_text="As a spreadsheet numbers it")
    name = serializers.CharField()
    reference = serializers.CharField()
    outcome = serializers.ChoiceField(choices=ORDER)
    changes = ChangeSaid(many=True)
    problems = ProblemSaid(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class CauseSaid(serializers.Serializer[dict[str, Any]]):
    outcome = serializers.ChoiceField(
        choices=("refused", "left out", ""), help_text="Empty: it was assumed, or is only told"
    )
    kind = serializers.ChoiceField(choices=ROW_KINDS)
    column = serializers.CharField()
    what = TextField()
    count = serializers.IntegerField(help_text="How many rows it is about")
    who = serializers.CharField(help_text="The same in words, with the first rows")


class ReportSaid(serializers.Serializer[dict[str, Any]]):
    file = serializers.CharField()
    applied = serializers.BooleanField()
    understood = serializers.CharField(help_text="What the rows are: “231 third parties”")
    sentence = serializers.CharField()
    summary = serializers.DictField(child=serializers.IntegerField(), help_text="How many rows of each outcome")
    new_teams = serializers.ListField(child=serializers.CharField())
    notes = serializers.ListField(child=serializers.CharField())
    causes = CauseSaid(many=True, help_text="What was refused, left out or assumed, by its cause; at most 40")
    digest = TextField(help_text="Two reports with the same digest do the same")
    rows = RowSaid(many=True)


class RefusedSaid(ReportSaid):
    """Problem details (RFC 9457) together with the report."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()


class ImportView(APIView):
    rule = SIGNED_IN
    parser_classes = (MultiPartParser,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        guard_size(request)
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        operation_id="workloads_import",
        request={"multipart/form-data": ImportAsked},
        responses={
            200: ReportSaid,
            (422, "application/problem+json"): OpenApiResponse(
                RefusedSaid, description="Rows are refused; nothing was written"
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Check a register, or import it; the right to add workloads is needed for both."""
        asked = ImportAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        values, user = asked.validated_data, signed_in(request)
        data, name = values["file"].read(), values["file"].name or "register"
        options = services.Options(**{name: values[name] for name in CHOSEN if name in values})
        deed = services.check_register if values["dry_run"] else services.import_register
        try:
            report = deed(data=data, name=name, by=user, at=timezone.now(), options=options)
        except services.RowsRefused as error:
            return _refused(error)
        return Response(report.as_json())


def _refused(error: services.RowsRefused) -> Response:
    problem = {
        "type": f"urn:drportal:problem:{error.code}",
        "title": "Rows refused",
        "status": error.status,
        "detail": error.message,
    }
    return Response(problem | error.report.as_json(), status=error.status, content_type="application/problem+json")
