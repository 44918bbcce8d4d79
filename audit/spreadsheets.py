"""Long tables as CSV, streamed, and harmless when a spreadsheet opens them."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutral(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: such a text gets a leading apostrophe. Numbers stay numbers.

    A text that begins with apostrophes and then with such a sign gets one more, so that taking one off gives back the text.
    """
    if isinstance(value, int):
        return str(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def csv_response(
    request: HttpRequest, name: str, header: Sequence[str], batches: Iterable[Iterable[Sequence[Any]]]
) -> StreamingHttpResponse:
    """A download that is written while it is read; only one batch of rows is in memory."""
    return download(request, f"{name}.csv", "text/csv; charset=utf-8", _parts(header, batches))


def download(request: HttpRequest, name: str, content_type: str, parts: Iterator[bytes]) -> StreamingHttpResponse:
    """A file sent part by part."""
    # Under ASGI Django would collect a plain iterator into a list first, the whole file in memory.
    content = _in_turn(parts) if isinstance(request, ASGIRequest) else parts
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=content_type, headers=headers)


class _Echo:
    """A file that gives back what is written into it."""

    def write(self, line: str) -> str:
        return line


def _parts(header: Sequence[str], batches: Iterable[Iterable[Sequence[Any]]]) -> Iterator[bytes]:
    write = csv.writer(_Echo()).writerow
    yield b"\xef\xbb\xbf" + str(write(header)).encode()  # the mark by which spreadsheets know UTF-8
    for batch in batches:
        yield "".join(str(write([neutral(cell) for cell in row])) for row in batch).encode()


async def _in_turn(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = sync_to_async(lambda: next(parts, None))
    while (part := await following()) is not None:
        yield part
