"""From the bytes of a file to what each of its rows wants. Pure."""

from __future__ import annotations

from workloads.register.columns import Header, find_header
from workloads.register.rows import Wanted, wanted
from workloads.register.sheet import FILE_MAX, FileTooBig, Sheet, UnreadableFile
from workloads.register.text import NOT_TEXT, read_text
from workloads.register.xlsx import LOCKED_OR_OLD, OLD_EXCEL, ZIP, read_xlsx

OTHER_KINDS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"PK\x05\x06", b"{\\rtf")


def read_sheet(data: bytes) -> Sheet:
    """What the file is, is seen from its bytes; its name may say anything. Raises UnreadableFile."""
    if len(data) > FILE_MAX:
        raise FileTooBig
    if data.startswith(OLD_EXCEL):
        raise UnreadableFile(LOCKED_OR_OLD)
    if data.startswith(OTHER_KINDS):
        raise UnreadableFile(NOT_TEXT)
    return read_xlsx(data) if data.startswith(ZIP) else read_text(data)


def read_register(data: bytes) -> tuple[Header, list[Wanted], list[str]]:
    """The header, what each row wants, and what has to be said about the file. Raises UnreadableFile."""
    sheet = read_sheet(data)
    header = find_header(sheet)
    rows = [wanted(header, number, cells) for number, cells in sheet.rows if number > header.number]
    if not rows:
        raise UnreadableFile("Below the header the file is empty. Write one row for each workload.")
    return header, rows, [*sheet.notes, *header.notes]
