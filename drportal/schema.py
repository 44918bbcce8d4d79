"""The OpenAPI description: every error answer is documented once, here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from drportal.errors import PROBLEM, TYPE
from drportal.idempotency import KEY_MAX
from people.texts import TextField


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """RFC 9457 problem details."""

    type = serializers.RegexField(f"^{TYPE}[a-z-]+$", help_text="Name of the problem; stable, for programs")
    title = TextField(help_text="The same for every problem of this type")
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = TextField(help_text="What to do, for a person")
    errors: Any = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Messages by field; a field inside another is `outer.inner`, in a list `outer.0`",
    )


PROBLEMS = {
    400: "The values do not fit, or the request cannot be read",
    401: "Nobody is signed in, or the token is unknown, expired or revoked",
    403: "This person, or this token, may not do this",
    404: "Not there, or not for this person",
    406: "Only JSON is spoken here",
    409: "It has moved on, or may not move from where it is",
    413: "The body is too big",
    415: "The body is of another media type than the ones named here",
    422: "The Idempotency-Key was used for another request",
    429: "Too many requests; Retry-After says how many seconds to wait",
    503: "The database does not answer at the moment; Retry-After says how many seconds to wait",
}
ON_READ = (400, 401, 403, 404, 406, 429, 503)
ON_WRITE = (*ON_READ, 409, 413, 415)
ON_POST = (*ON_WRITE, 422)

CRUD = ("list", "retrieve", "create", "update", "partial_update", "destroy")

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key with the same request is done once and answered alike for two days. "
    "An answer given again has the header `Idempotency-Replayed`.",
)


class AutoSchema(SpectacularSchema):
    """Adds the problem answers, and the key of a deed, to what each view declares."""

    def get_operation_id(self) -> str:
        """A deed's own name: `drills_start`, not `drills_start_create`."""
        view: Any = self.view
        name = getattr(view, "action", None)
        return super().get_operation_id() if name is None or name in CRUD else f"{view.basename}_{name}"

    def get_override_parameters(self) -> list[Any]:
        return [IDEMPOTENCY_KEY] if self.method == "POST" else []

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """A choice that the column may leave empty is empty in answers too; read-only fields do not say so themselves."""
        if isinstance(field, serializers.ChoiceField) and field.read_only and _may_be_empty(field):
            field.allow_blank = True
        return super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in {"GET": ON_READ, "POST": ON_POST}.get(self.method, ON_WRITE):
            answer = self._get_response_for_code(ProblemSerializer, str(status), [PROBLEM])  # type: ignore[no-untyped-call]
            bodies.setdefault(str(status), {**answer, "description": PROBLEMS[status]})
        return bodies


def _may_be_empty(field: Any) -> bool:
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    if model is None or field.source not in {column.name for column in model._meta.fields}:
        return False
    return bool(model._meta.get_field(field.source).blank)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "people.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token, issued under Account."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        cookie = settings.SESSION_COOKIE_NAME
        text = "Signed in on the pages. What writes also needs the header X-CSRFToken."
        return {"type": "apiKey", "in": "cookie", "name": cookie, "description": text}
