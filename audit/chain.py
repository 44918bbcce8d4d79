r"""The hash chain over the trail: pure, no database, no clock. A second verifier can be written from this text alone.

**Encoding, version 1.** A line of the trail becomes ASCII bytes: one JSON array of thirteen values, without any space,

    [1,id,at,kind,actor_id,actor_name,door,subject_type,subject_id,subject_name,thread,before,after]

- `1` is the version. `id` is a whole number, `actor_id` a whole number or `null`; `before` and `after` are JSON values
  (objects, as the portal writes them); the others are texts.
- `at` is a text in UTC with six decimals: `2026-11-21T08:30:00.000000Z`.
- A whole number is written in decimal digits, with a leading `-` if negative; `true`, `false`, `null` as such.
- A text stands in `"`. The characters U+0020 to U+007E stand for themselves, except `\"` and `\\`. Then there are
  `\b \t \n \f \r` for U+0008, 9, A, C, D. Every other character is `\u` and four lower-case hexadecimal digits, above
  U+FFFF as a surrogate pair in the manner of UTF-16.
- A list is `[`, values joined by `,`, `]`. An object is `{`, pairs joined by `,`, `}`; a pair is name, `:`, value.
  Pairs are sorted by name, names compared code point by code point. No name occurs twice.
- The portal writes no fractions. Where one stands all the same (in a line inserted past the portal), the number is
  encoded as a text: U+0000, then the number as PostgreSQL prints it. So are whole numbers of more than 4,300 digits.
  U+0000 cannot stand in any other text.

**Link.** The digest at position n (counted from 1, without gaps) is

    SHA-256( digest at position n-1 (32 bytes) || n (8 bytes, big-endian) || encoding of the line )

and the digest at position 0 is 32 zero bytes. The **head** of a trail is its size and its last digest, written `n:hex`.

A chain shows flips, deletions, swaps and insertions. A tail that was cut off, and a chain that was computed anew from
some point on, agree with themselves: only a head that was kept outside shows them. The time of sealing and the names
behind the numbers (roles, rights) are not part of a link.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

ENCODING = 1
GENESIS = bytes(32)
DIGITS = 4300  # Python reads no longer whole numbers


class Line(NamedTuple):
    """A line of the trail as the encoding needs it. `before` and `after` are JSON texts."""

    id: int
    at: str
    kind: str
    actor_id: int | None
    actor_name: str
    door: str
    subject_type: str
    subject_id: str
    subject_name: str
    thread: str
    before: str
    after: str


class Link(NamedTuple):
    """A seal with the line it covers; `line` is None when the line is gone."""

    position: int
    event_id: int
    encoding: int
    digest: bytes
    line: Line | None


class Head(NamedTuple):
    """How long a trail is and how it ends."""

    size: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.size}:{self.digest.hex()}"

    @property
    def grouped(self) -> str:
        """The digest in groups of four, for people who compare it by eye."""
        digits = self.digest.hex()
        return " ".join(digits[n : n + 4] for n in range(0, len(digits), 4))

    @classmethod
    def read(cls, text: str) -> Head:
        """A head as it was printed. Raises ValueError."""
        size, _, digest = text.strip().partition(":")
        if not re.fullmatch("[0-9]{1,18}", size) or not re.fullmatch("[0-9a-fA-F]{64}", digest):
            raise ValueError("Write the head as it was printed: the size, a colon, 64 hexadecimal digits.")
        return cls(int(size), bytes.fromhex(digest))


class Fault(StrEnum):
    """What can be wrong with a chain, in plain words."""

    ALTERED = "altered"
    MISSING = "missing"
    OUT_OF_ORDER = "out of order"
    INSERTED = "inserted"
    CUT = "cut off"
    REWRITTEN = "computed anew"


@dataclass(frozen=True)
class Broken:
    """The first place where the chain does not hold."""

    position: int
    event_id: int | None
    fault: Fault
    words: str

    def __str__(self) -> str:
        event = f", event {self.event_id}" if self.event_id is not None else ""
        return f"Position {self.position}{event}: {self.fault}. {self.words}"


@dataclass(frozen=True)
class Report:
    """How far the chain holds; `broken` is None when it holds to its end."""

    head: Head
    broken: Broken | None


def values(text: str) -> Any:
    """JSON text as values that can be encoded exactly."""
    try:
        return _DECODER.decode(text)
    except ValueError:  # a whole number that is too long for Python
        return json.loads(text, parse_float=_as_text, parse_int=_whole)


def _as_text(number: str) -> str:
    return f"\0{number}"


def _whole(number: str) -> int | str:
    return int(number) if len(number.lstrip("-")) <= DIGITS else _as_text(number)


# Made once: a million lines are read and written with them.
_DECODER = json.JSONDecoder(parse_float=_as_text)
_ENCODER = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def encode(line: Line) -> bytes:
    """The bytes that a seal covers: encoding version 1, described at the top."""
    whole = [ENCODING, *line[:10], values(line.before), values(line.after)]
    return _ENCODER.encode(whole).encode("ascii")


def link(previous: bytes, position: int, encoded: bytes) -> bytes:
    """The digest at `position`."""
    return hashlib.sha256(previous + position.to_bytes(8, "big") + encoded).digest()


def verify(links: Iterable[Link], outside: Head | None = None) -> Report:
    """Follow the chain from its beginning and report the first place where it does not hold.

    `links` come in the order of their positions and are read once. `outside` is a head that was kept elsewhere.
    """
    head = Head(0, GENESIS)
    for here, following in _with_next(links):
        broken = _fault(head, here, following)
        if broken is None and outside is not None and here.position == outside.size and here.digest != outside.digest:
            words = "The digest kept outside is another one: the trail up to here was written anew after it was taken."
            broken = Broken(here.position, here.event_id, Fault.REWRITTEN, words)
        if broken is not None:
            return Report(head, broken)
        head = Head(here.position, here.digest)
    if outside is not None and outside.size > head.size:
        words = f"The trail ends at position {head.size}, but it had {outside.size} when the head outside was taken."
        return Report(head, Broken(head.size + 1, None, Fault.CUT, words))
    return Report(head, None)


def _with_next(links: Iterable[Link]) -> Iterator[tuple[Link, Link | None]]:
    rest = iter(links)
    here = next(rest, None)
    while here is not None:
        following = next(rest, None)
        yield here, following
        here = following


def _fault(head: Head, here: Link, following: Link | None) -> Broken | None:
    """What is wrong with this link, if the chain holds up to `head`. The next link helps to tell what happened."""
    expected = head.size + 1
    if here.position != expected:
        return _wrong_position(expected, here, following)
    if here.line is None:
        return Broken(expected, here.event_id, Fault.MISSING, "The sealed event is not in the trail any more.")
    if here.encoding != ENCODING:
        words = f"The seal claims encoding {here.encoding}, which does not exist."
        return Broken(expected, here.event_id, Fault.ALTERED, words)
    encoded = encode(here.line)
    if link(head.digest, expected, encoded) == here.digest:
        return None
    return _wrong_digest(head, here, encoded, following)


def _wrong_position(expected: int, here: Link, following: Link | None) -> Broken:
    if here.position < expected:
        words = f"It stands where position {expected} belongs."
        return Broken(here.position, here.event_id, Fault.OUT_OF_ORDER, words)
    if following is not None and following.position == expected:
        return Broken(here.position, here.event_id, Fault.OUT_OF_ORDER, f"It stands before position {expected}.")
    return Broken(expected, None, Fault.MISSING, f"After position {expected - 1} comes position {here.position}.")


def _wrong_digest(head: Head, here: Link, encoded: bytes, following: Link | None) -> Broken:
    expected = here.position

    def broken(fault: Fault, words: str) -> Broken:
        return Broken(expected, here.event_id, fault, words)

    if following is not None and following.line is not None:
        next_encoded = encode(following.line)
        next_belongs_here = link(head.digest, expected, next_encoded)
        if next_belongs_here == here.digest:
            return broken(Fault.OUT_OF_ORDER, "The event of the next position was sealed here.")
        if next_belongs_here == following.digest:
            if link(following.digest, expected + 1, encoded) == here.digest:
                return broken(Fault.OUT_OF_ORDER, "It was sealed after the next position.")
            return broken(Fault.INSERTED, "The next position was sealed directly after the one before.")
        if link(here.digest, expected + 2, next_encoded) == following.digest:
            return broken(Fault.MISSING, "One position before it was taken out and the rest numbered anew.")
    return broken(Fault.ALTERED, "The event or its seal is not what it was when it was sealed.")
