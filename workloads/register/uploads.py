"""Uploads of registers: refused by size before they are read, and again while they are, so that a claim of 1 GB costs nothing."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from workloads.register.sheet import FILE_MAX, FileTooBig, UnreadableFile

AROUND_MAX = 100_000  # boundaries, names and the other fields of the form


class SizeGuard(FileUploadHandler):
    """Stands before Django's own handlers. Raises FileTooBig."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.seen = 0

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: str | None = None
    ) -> None:
        if content_length > FILE_MAX + AROUND_MAX:
            raise FileTooBig

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > FILE_MAX:
            raise FileTooBig
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def guard_size(request: HttpRequest) -> None:
    """Call before anything looks at `request.POST`."""
    request.upload_handlers.insert(0, SizeGuard(request))


def uploaded(request: HttpRequest) -> tuple[bytes, str]:
    """The file's bytes and its name. Raises UnreadableFile when there is none."""
    given = request.FILES.get("file")
    if given is None:
        raise UnreadableFile("Choose a file first: CSV or XLSX.")
    given.seek(0)  # whoever read it before
    return given.read(), given.name or "register"
