"""How JSON comes in: bounded, in UTF-8, and without what no column of the database can hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.utils.json import strict_constant

# NUL, and halves of surrogate pairs: PostgreSQL stores neither, and UTF-8 cannot say the latter.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Raises ParseError, RequestDataTooBig."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        sent = stream.read(limit + 1)
        if len(sent) > limit:
            raise RequestDataTooBig
        try:
            data = json.loads(sent.decode("utf-8-sig"), parse_constant=strict_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"This is no JSON: {error}.") from None
        if _has_unstorable(data):
            raise ParseError("A text holds a NUL character or half of a surrogate pair. Leave it out.")
        return data


def _has_unstorable(data: Any) -> bool:
    """Without recursion, although `json` limits the depth: names and texts at every level."""
    left = [data]
    while left:
        match left.pop():
            case str() as text if UNSTORABLE.search(text):
                return True
            case dict() as found:
                left += [*found.keys(), *found.values()]
            case list() as found:
                left += found
    return False
