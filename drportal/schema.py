"""The OpenAPI description: every error answer is documented once, here."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from rest_framework import serializers


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """RFC 9457 problem details."""

    type = serializers.CharField(help_text="Stable code of the problem")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What to do, for a person")
    errors = serializers.JSONField(required=False, help_text="Messages by field")


PROBLEMS_ON_READ = (400, 401, 403, 404, 429)
PROBLEMS_ON_WRITE = (*PROBLEMS_ON_READ, 405, 409, 415, 422)


class AutoSchema(SpectacularSchema):  # type: ignore[misc]
    """Adds the problem answers to what each view declares."""

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in PROBLEMS_ON_READ if self.method == "GET" else PROBLEMS_ON_WRITE:
            bodies.setdefault(
                str(status), self._get_response_for_code(ProblemSerializer, str(status), ["application/problem+json"])
            )
        return bodies


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]
    target_class = "people.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token, issued under Account."}
