"""What a cell says, in the portal's terms. Each raises ValueError with what to write instead. Pure."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from audit.names import plain_name
from people.wording import parse_duration
from workloads.register.sheet import shown

YES, NO = frozenset({"yes", "true", "1", "y", "x"}), frozenset({"no", "false", "0", "n"})
ITEMS_MAX = 200
AMOUNT_MAX = Decimal(10) ** 12
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00)?)?")
_WHOLE = re.compile(r"[0-9]{1,9}")


def line(text: str) -> str:
    """One line without doubled blanks."""
    return plain_name(text)


def text(said: str) -> str:
    return said.strip()


def yes_or_no(said: str) -> bool:
    word = said.strip().lower()
    if word not in YES | NO:
        raise ValueError(f"Write yes or no. You wrote “{shown(said, 30)}”.")
    return word in YES


def maybe(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Nothing written is None."""
    return lambda said: read(said) if said.strip() else None


def empty_is(value: Any, read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda said: read(said) if said.strip() else value


def day(said: str) -> dt.date:
    found = _DATE.fullmatch(said.strip())
    try:
        if found:
            return dt.date(*map(int, found.groups()))
    except ValueError:
        pass
    raise ValueError(f"Write a date as year-month-day: 2026-11-30. You wrote “{shown(said, 30)}”.")


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(said: str) -> int:
        if not _WHOLE.fullmatch(said.strip()) or not least <= int(said) <= most:
            raise ValueError(f"Write a whole number from {least} to {most}. You wrote “{shown(said, 30)}”.")
        return int(said)

    return read


def amount(said: str) -> Decimal:
    try:
        found = Decimal(said.replace(" ", "").replace("\u00a0", "").replace(",", "."))
        if found.is_finite() and 0 <= found < AMOUNT_MAX and found == found.quantize(Decimal("0.01")):
            return found.quantize(Decimal("0.01"))
    except InvalidOperation:
        pass
    raise ValueError(f"Write an amount like 38000 or 38000.50, below a million million. You wrote “{shown(said, 30)}”.")


def currency(said: str) -> str:
    code = said.strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError(f"Write a currency in three letters, for example EUR. You wrote “{shown(said, 30)}”.")
    return code


def one_of(words: Mapping[str, Any]) -> Callable[[str], Any]:
    """One of these words, whatever its capitals."""

    def read(said: str) -> Any:
        word = line(said).lower()
        if word not in words:
            options = ", ".join(word for word in words if not word.isdigit())
            raise ValueError(f"Write one of these: {options}. You wrote “{shown(said, 30)}”.")
        return words[word]

    return read


def items(said: str) -> list[str]:
    """Names with semicolons between them; one that holds a semicolon stands in quotation marks."""
    rows = csv.reader(io.StringIO(said, newline=""), delimiter=";", skipinitialspace=True, strict=False)
    try:
        return listed([item for row in rows for item in row])
    except csv.Error:
        raise ValueError("Write names with semicolons between them.") from None


def listed(found: list[str]) -> list[str]:
    kept = list(dict.fromkeys(name for item in found if (name := plain_name(item))))
    if len(kept) > ITEMS_MAX:
        raise ValueError(f"At most {ITEMS_MAX} names.")
    return kept


def joined(names: list[str]) -> str:
    """The cell that `items` reads back as these names."""
    if not names:
        return ""
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator="").writerow(names)
    return stream.getvalue()


duration = parse_duration
