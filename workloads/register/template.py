"""The file people start from: a header and two rows that show what goes where."""

from __future__ import annotations

import csv
import io

import openpyxl

from audit.tables import BOM
from workloads.register.columns import LABELS

ROWS = (
    {
        "reference": "APP-1001",
        "name": "Payment Hub",
        "purpose": "Pays claims to customers' accounts. When it is down, nobody is paid.",
        "team": "Payments",
        "business_unit": "Claims",
        "tags": "money, customers",
        "tier": "1",
        "rto": "15 min",
        "rpo": "5 min",
        "reason": "An hour without payments costs about € 40,000 and has to be reported.",
    },
    {
        "reference": "APP-1002",
        "name": "Travel Desk",
        "purpose": "Books journeys for staff.",
        "team": "Office services",
    },
)
COLUMNS = tuple(key for key in LABELS if key not in ("own_rto", "shared", "slo", "looser_reason"))


def _lines() -> list[list[str]]:
    return [[LABELS[key] for key in COLUMNS], *([row.get(key, "") for key in COLUMNS] for row in ROWS)]


def template_csv() -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(_lines())
    return BOM + text.getvalue().encode()


def template_xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Register"
    for line in _lines():
        sheet.append(line)
    for column, width in zip("ABCDEFGHIJ", (14, 24, 48, 20, 18, 20, 12, 10, 10, 48), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
