#!/usr/bin/env python3
"""Verify a dump of the trail offline, without the portal: standard library only.

    manage.py audit dump > trail.jsonl
    python verify_trail.py trail.jsonl [--head SIZE:DIGEST]

Written from the description in `audit/chain.py`, not from its code, so that a mistake in one shows in the other. Exit
code 0: whole. 1: broken, with the first place. 2: the file cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from typing import Any, TextIO

COLUMNS = ("id", "at", "kind", "actor_id", "actor_name", "door", "subject_type", "subject_id", "subject_name", "thread")
SHORT = {0x22: '\\"', 0x5C: "\\\\", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}


def text(value: str) -> str:
    out = []
    for character in value:
        point = ord(character)
        if point in SHORT:
            out.append(SHORT[point])
        elif 0x20 <= point <= 0x7E:
            out.append(character)
        elif point <= 0xFFFF:
            out.append(f"\\u{point:04x}")
        else:
            point -= 0x10000
            out.append(f"\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}")
    return f'"{"".join(out)}"'


def encoded(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return f"[{','.join(encoded(item) for item in value)}]"
    if isinstance(value, dict):
        pairs = (f"{text(name)}:{encoded(value[name])}" for name in sorted(value))
        return f"{{{','.join(pairs)}}}"
    raise ValueError(f"{value!r} has no encoding")


def line(event: dict[str, Any]) -> bytes:
    return encoded([1, *(event[name] for name in COLUMNS), event["before"], event["after"]]).encode("ascii")


def verify(dump: TextIO, outside: tuple[int, str] | None) -> tuple[int, str, str]:
    """Size and digest up to which the chain holds, and what is wrong after that (or nothing)."""
    size, digest = 0, bytes(32)
    for row in map(json.loads, dump):
        position, event = row["position"], row["event"]
        if position != size + 1:
            return size, digest.hex(), f"after position {size} comes position {position}"
        if event is None:
            return size, digest.hex(), f"the event of position {position} is missing"
        digest_here = hashlib.sha256(digest + position.to_bytes(8, "big") + line(event)).digest()
        if row["encoding"] != 1 or digest_here.hex() != row["digest"]:
            return size, digest.hex(), f"position {position}, event {event['id']}, is not what was sealed"
        size, digest = position, digest_here
        if outside and size == outside[0] and digest.hex() != outside[1]:
            return size, digest.hex(), f"position {size} has another digest than the head kept outside"
    if outside and outside[0] > size:
        return size, digest.hex(), f"the dump ends at position {size}, but the head kept outside is {outside[0]}"
    return size, digest.hex(), ""


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify a dump of the trail.")
    parser.add_argument("file", type=argparse.FileType(encoding="ascii"))
    parser.add_argument("--head", metavar="SIZE:DIGEST", help="a head that was kept outside")
    options = parser.parse_args()
    try:
        size, _, digest = (options.head or "").partition(":")
        size, digest, wrong = verify(options.file, (int(size), digest.lower()) if options.head else None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"This is not a dump of the trail: {error!r}", file=sys.stderr)
        return 2
    print(
        f"BROKEN: {wrong}. It holds up to {size}:{digest}" if wrong else f"Whole: {size:,} lines, head {size}:{digest}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
