"""Pages of the API."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

PAGES_MAX = 2**31 - 1


class Pages(PageNumberPagination):
    """`?page=2&page_size=200`; at most 1,000 rows a page. A page that is not there is 404, a size that is none 400."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 1000

    def get_page_size(self, request: Request) -> int:
        """Who asks for more than there can be shall not take what she gets for all."""
        asked = request.query_params.get(self.page_size_query_param, "")
        if not asked:
            return self.page_size
        if len(asked) > 4 or not (asked.isascii() and asked.isdigit()) or not 1 <= int(asked) <= self.max_page_size:
            raise ValidationError({self.page_size_query_param: f"Write a whole number from 1 to {self.max_page_size}."})
        return int(asked)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        limits = {
            self.page_query_param: {"minimum": 1, "maximum": PAGES_MAX},
            self.page_size_query_param: {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size},
        }
        for parameter in parameters:
            parameter["schema"] |= limits[parameter["name"]]
        return parameters
