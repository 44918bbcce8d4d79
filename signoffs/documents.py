"""Documents that are frozen to be signed: canonical bytes, digest, plain text, differences. Pure: no ORM, no clock.

A document is JSON of this shape (all leaves are texts, so that its canonical form is exact)::

    {"format": 1, "title": "Payment Hub: classification", "summary": "Back within 60 seconds. …",
     "facts": [{"name": "rto", "label": "RTO", "value": "60 s"}, …],
     "texts": [{"name": "reason", "heading": "Why", "text": "…"}, …]}
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

Document = Mapping[str, Any]
FORMAT = 1


def document(
    *, title: str, summary: str, facts: list[tuple[str, str, str]], texts: list[tuple[str, str, str]]
) -> dict[str, Any]:
    """Build a document. `facts` are (name, label, value), `texts` are (name, heading, text)."""
    return {
        "format": FORMAT,
        "title": title,
        "summary": summary,
        "facts": [{"name": name, "label": label, "value": value} for name, label, value in facts],
        "texts": [{"name": name, "heading": heading, "text": text} for name, heading, text in texts if text],
    }


def canonical(doc: Document) -> bytes:
    """The exact bytes that are signed: JSON, keys sorted, no spaces, UTF-8, nothing escaped that need not be."""
    return json.dumps(doc, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(doc: Document) -> str:
    """SHA-256 of the canonical bytes, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(doc)).hexdigest()


def plain_text(doc: Document) -> str:
    """The document as it reads on paper; stored beside the JSON so that it can be read without this program."""
    lines = [doc["title"], "", doc["summary"], ""]
    lines += [f"{fact['label']}: {fact['value']}" for fact in doc["facts"]]
    for text in doc["texts"]:
        lines += ["", text["heading"], text["text"]]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Piece:
    """Some words of a line: as before, new, or gone."""

    text: str
    is_new: bool = False
    is_gone: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a document beside the same line of the one signed before.

    `before` is None where nothing changed or nothing was there; a line that is gone has no value, only what it said before.
    """

    label: str
    value: str
    before: str | None = None
    is_new: bool = False

    @property
    def changed(self) -> bool:
        return self.is_new or self.before is not None

    @property
    def is_gone(self) -> bool:
        return self.before is not None and not self.value

    @property
    def pieces(self) -> list[Piece]:
        """The line with its changes in place, word by word, new before old; whole where little is left of the old one."""
        if not self.changed:
            return [Piece(self.value)]
        old, new = _WORDS.findall(self.before or ""), _WORDS.findall(self.value)
        matcher = SequenceMatcher(a=old, b=new, autojunk=False)
        if len(new) > DIFF_WORDS_MAX or len(old) > DIFF_WORDS_MAX or matcher.ratio() < ALIKE:
            found = [Piece(self.value, is_new=True), Piece(self.before or "", is_gone=True)]
        else:
            found = list(_pieces(old, new, matcher))
        return [piece for piece in found if piece.text]


# A word with the white space after it. Punctuation counts on its own, so that a full stop does not mark the word before it;
# what a non-breaking space joins ("5 min") is one word.
_WORDS = re.compile(r"\w+(?:[\u00a0.,]\w+)*[^\S\u00a0]*|[^\w\s]\s*|\s+")
ALIKE = 0.5
SUMMARY = "The promise in one sentence"
DIFF_WORDS_MAX = 1500


def _pieces(old: list[str], new: list[str], matcher: SequenceMatcher[str]) -> Iterator[Piece]:
    for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        kept = "".join(new[from_new:to_new])
        if tag == "equal":
            yield Piece(kept)
        else:
            yield Piece(kept.rstrip(), is_new=True)
            yield Piece("".join(old[from_old:to_old]).rstrip(), is_gone=True)
            yield Piece(" " if kept != kept.rstrip() else "")


@dataclass(frozen=True)
class Comparison:
    """A document beside the one that was signed before; `is_first` where none was."""

    summary: Line
    facts: tuple[Line, ...]
    texts: tuple[Line, ...]
    is_first: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        return (self.summary, *self.facts, *self.texts)

    @property
    def changes(self) -> int:
        return len(self.changed)

    @property
    def changed(self) -> list[str]:
        """What differs, what is new and what is gone, by their labels."""
        return [line.label or SUMMARY for line in self.lines if line.changed]

    @property
    def unchanged(self) -> list[str]:
        """What says the same as the one before; nothing where there was none."""
        return [] if self.is_first else [line.label or SUMMARY for line in self.lines if not line.changed]


def compare(new: Document, old: Document | None) -> Comparison:
    """What changed since the last signed document, what is gone included; without one, nothing counts as changed."""
    return Comparison(
        Line("", new["summary"]) if old is None else _line("", new["summary"], old["summary"]),
        _lines(new["facts"], None if old is None else old["facts"], "label", "value"),
        _lines(new["texts"], None if old is None else old["texts"], "heading", "text"),
        is_first=old is None,
    )


def _lines(new: list[dict[str, str]], old: list[dict[str, str]] | None, label: str, value: str) -> tuple[Line, ...]:
    if old is None:
        return tuple(Line(entry[label], entry[value]) for entry in new)
    before = {entry["name"]: entry[value] for entry in old}
    kept = {entry["name"] for entry in new}
    lines = [_line(entry[label], entry[value], before.get(entry["name"])) for entry in new]
    lines += [Line(entry[label], "", before=entry[value]) for entry in old if entry["name"] not in kept]
    return tuple(lines)


def _line(label: str, value: str, before: str | None) -> Line:
    if before is None:
        return Line(label, value, is_new=True)
    return Line(label, value, before=before if before != value else None)
