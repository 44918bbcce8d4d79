"""Which known words somebody may have meant with a word that nothing has. Pure."""

from __future__ import annotations

from collections.abc import Iterable

SHORTEST = 3  # letters; shorter words are near to everything
MEANT_MAX = 3
_PREFIX = 0.5  # a word that only begins alike is further away than one that is alike


def slips(typed: str, word: str) -> int:
    """How many letters are missing, too many, wrong, or changed places with their neighbour."""
    before: list[int] = []
    row = list(range(len(word) + 1))
    for i, letter in enumerate(typed, start=1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(word, start=1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == word[j - 2] and typed[i - 2] == other:
                least = min(least, earlier[j - 2] + 1)
            row.append(least)
    return row[-1]


def forgiven(typed: str) -> int:
    """How many slips a word of this length may have."""
    return 0 if len(typed) < SHORTEST else 1 if len(typed) < 6 else 2


def nearest(typed: str, words: Iterable[str]) -> list[str]:
    """The words that are nearest to what was typed, none when all are too far. What is still being typed may be a beginning."""
    most, found = forgiven(typed), {}
    for word in set(words) - {typed}:
        if (far := _distance(typed, word, most)) <= most:
            found[word] = far
    least = min(found.values(), default=0)
    return sorted(word for word, far in found.items() if far == least)[:MEANT_MAX]


def _distance(typed: str, word: str, most: int) -> float:
    if abs(len(word) - len(typed)) <= most:
        return slips(typed, word)
    if most and len(typed) > SHORTEST + 1 and len(word) > len(typed):
        beginnings = (word[: len(typed) + more] for more in (-1, 0, 1))
        return min(slips(typed, beginning) for beginning in beginnings) + _PREFIX
    return most + 1
