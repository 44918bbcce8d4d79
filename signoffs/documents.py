"""Documents that are frozen to be signed: canonical bytes, digest, plain text, differences. Pure: no ORM, no clock.

A document is JSON of this shape (all leaves are texts, so that its canonical form is exact)::

    {"format": 1, "title": "Payment Hub: classification", "summary": "Back within 60 seconds. …",
     "facts": [{"name": "rto", "label": "RTO", "value": "60 s"}, …],
     "texts": [{"name": "reason", "heading": "Why", "text": "…"}, …]}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
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
class Line:
    """One line of a document beside the same line of the one signed before; `before` is None where nothing changed."""

    label: str
    value: str
    before: str | None = None
    is_new: bool = False

    @property
    def changed(self) -> bool:
        return self.is_new or self.before is not None


@dataclass(frozen=True)
class Comparison:
    summary: Line
    facts: tuple[Line, ...]
    texts: tuple[Line, ...]

    @property
    def changes(self) -> int:
        return sum(line.changed for line in (self.summary, *self.facts, *self.texts))


def compare(new: Document, old: Document | None) -> Comparison:
    """What changed since the last signed document; without one, nothing counts as changed."""
    if old is None:
        return Comparison(
            Line("", new["summary"]),
            tuple(Line(f["label"], f["value"]) for f in new["facts"]),
            tuple(Line(t["heading"], t["text"]) for t in new["texts"]),
        )
    old_facts = {f["name"]: f["value"] for f in old["facts"]}
    old_texts = {t["name"]: t["text"] for t in old["texts"]}
    return Comparison(
        _line("", new["summary"], old["summary"]),
        tuple(_line(f["label"], f["value"], old_facts.get(f["name"])) for f in new["facts"]),
        tuple(_line(t["heading"], t["text"], old_texts.get(t["name"])) for t in new["texts"]),
    )


def _line(label: str, value: str, before: str | None) -> Line:
    if before is None:
        return Line(label, value, is_new=True)
    return Line(label, value, before=before if before != value else None)
