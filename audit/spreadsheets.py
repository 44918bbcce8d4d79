"""Long tables as CSV, XLSX or JSON, streamed, and harmless when a spreadsheet opens them."""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, StreamingHttpResponse

from audit.tables import BOM, SheetOut, neutral, neutral_csv, write_workbook

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
SPOOLED = 1024 * 1024  # bytes; larger files go to the disk, not into memory
CHUNK = 64 * 1024
SHEET_TITLE_MAX = 31


def table_response(
    request: HttpRequest, name: str, header: Sequence[str], batches: Iterable[Iterable[Sequence[Any]]]
) -> StreamingHttpResponse:
    """A list as a download, in the form that `?as=` asks for: csv (unless it says otherwise), xlsx or json.

    Only one batch of rows is in memory; a workbook, whose directory comes last, is put together on the disk first. In JSON the
    names are those of the header with underscores. Raises Http404 for another form.
    """
    form = request.GET.get("as", "csv")
    if form == "csv":
        return download(request, f"{name}.csv", TYPES["csv"], _parts(header, batches))
    if form == "json":
        return download(request, f"{name}.json", TYPES["json"], _objects(header, batches))
    if form == "xlsx":
        return download(request, f"{name}.xlsx", TYPES["xlsx"], _workbook(name, header, batches))
    raise Http404


def in_batches(rows: Iterable[Any], size: int = 500) -> Iterator[list[Any]]:
    """As many at a time as are kept in memory."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def download(request: HttpRequest, name: str, content_type: str, parts: Iterator[bytes]) -> StreamingHttpResponse:
    """A file sent part by part."""
    # Under ASGI Django would collect a plain iterator into a list first, the whole file in memory.
    content = _in_turn(parts) if isinstance(request, ASGIRequest) else parts
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=content_type, headers=headers)


def in_parts(file: IO[bytes]) -> Iterator[bytes]:
    """What was written into a file, from its start; closes it."""
    with file:
        file.seek(0)
        while part := file.read(CHUNK):
            yield part


def _workbook(name: str, header: Sequence[str], batches: Iterable[Iterable[Sequence[Any]]]) -> Iterator[bytes]:
    file = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 (`in_parts` closes it)
    cells = ([[neutral(cell) for cell in row] for row in batch] for batch in batches)
    write_workbook(file, [SheetOut(name[:SHEET_TITLE_MAX], header, cells)])
    yield from in_parts(file)


def _objects(header: Sequence[str], batches: Iterable[Iterable[Sequence[Any]]]) -> Iterator[bytes]:
    keys = [re.sub(r"\W+", "_", name.lower()).strip("_") for name in header]
    encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
    before = "["
    for batch in batches:
        lines = [encode(dict(zip(keys, row, strict=True))) for row in batch]
        if lines:
            yield (before + "\n" + ",\n".join(lines)).encode()
            before = ","
    yield b"[]\n" if before == "[" else b"\n]\n"


class _Echo:
    """A file that gives back what is written into it."""

    def write(self, line: str) -> str:
        return line


def _parts(header: Sequence[str], batches: Iterable[Iterable[Sequence[Any]]]) -> Iterator[bytes]:
    write = csv.writer(_Echo()).writerow
    yield BOM + str(write(header)).encode()
    for batch in batches:
        yield "".join(str(write([neutral_csv(cell) for cell in row])) for row in batch).encode()


async def _in_turn(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = sync_to_async(lambda: next(parts, None))
    while (part := await following()) is not None:
        yield part
