"""What a header says: a name, and for durations the unit of the whole column; and which column it looks like. Pure."""

from __future__ import annotations

import re

from people.wording import UNITS

DURATIONS = frozenset({"rto", "rpo", "own_rto"})
_NUMBER = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,4})?")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Columns from which a target must not be made without the figures in them. The first that fits.
_ALIKE = (
    ("rpo", re.compile(r"\brpo|\brecovery point|\bdata loss")),
    ("rto", re.compile(r"\brto|\brecovery time|\brestor\w* time|\btime to re(?:cover|store)|\bdown ?time|\bmtt?r\b")),
    ("slo", re.compile(r"\bslo\b|\bsla\b|\bservice level (?:objective|agreement|target)|\bavailability|\buptime")),
    ("tier", re.compile(r"\btier|\bcriticality|\bimportance|\bservice class|\bpriority|\bdr class")),
)


def normal(name: str) -> str:
    """Words of letters and digits, whatever stands between them."""
    return " ".join(re.findall(r"[a-z0-9]+", name[:200].lower()))


def split_unit(name: str) -> tuple[str, str]:
    """The name and the unit after it, as a cell would write it: "RTO [mins]", "RTO in h", "rto_seconds", "rtoMinutes".

    The unit is empty where there is none.
    """
    words = normal(_HUMP.sub(" ", name)).split()
    if len(words) < 2 or words[-1] not in UNITS:
        return " ".join(words), ""
    rest = words[:-2] if words[-2] == "in" else words[:-1]
    return " ".join(rest), words[-1]


def looks_like(name: str) -> str:
    """The column of a target that a header may stand for, though nobody knows it; empty for none."""
    said = normal(_HUMP.sub(" ", name))
    return next((key for key, words in _ALIKE if words.search(said)), "")


def with_unit(text: str, unit: str) -> str:
    """A bare number with the unit of its column."""
    return f"{text} {unit}" if unit and _NUMBER.fullmatch(text) else text
