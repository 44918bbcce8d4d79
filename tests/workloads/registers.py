"""Files that people might upload."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import openpyxl
from django.utils import timezone

from workloads.register import sweep

FULL = ("reference", "name", "purpose", "team", "business unit", "tags", "tier wanted", "RTO", "RPO", "reason")
ROW = {
    "reference": "APP-7",
    "name": "Quote Engine",
    "purpose": "Quotes prices.",
    "team": "Payments",
    "business unit": "Sales",
    "tags": "money, web",
    "tier wanted": "1",
    "RTO": "10 min",
    "RPO": "5 min",
    "reason": "Each hour costs € 9,000.",
}
# The beginning of an upload whose length says anything.
CLAIM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
MULTIPART = "multipart/form-data; boundary=x"
PLAIN = {"reference": "", "name": "Travel Desk", "purpose": "Books journeys.", "team": "Payments"}


def as_csv(*rows: dict[str, Any], header: tuple[str, ...] = (), delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Rows as CSV; the header is every column that a row names, in the order of the template."""
    columns = header or tuple(name for name in FULL if any(name in row for row in rows))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(columns)
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    return text.getvalue().encode(encoding)


def as_xlsx(*lines: tuple[Any, ...], title: str = "Register", more: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for line in lines:
        sheet.append(line)
    for name in more:
        book.create_sheet(name)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def work(at: dt.datetime | None = None) -> int:
    """Do what a worker would do now. How many files there were."""
    return sweep.work(clock=timezone.now if at is None else lambda: at)
