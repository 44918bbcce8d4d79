"""Words of a question: which of them the register knows, and what was meant by the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import reduce
from operator import and_, or_

from django.db import connection
from django.db.models import Q

from audit.names import fold
from workloads.slips import SHORTEST, nearest

WORDS_MAX = 8  # of a question; the rest is left out
Spelled = tuple[str, ...]  # what is searched for in the place of one word: itself, else what was meant by it
_KNOWN = """
SELECT typed FROM unnest(%s::text[]) typed
WHERE EXISTS (SELECT 1 FROM workloads_word WHERE word LIKE '%%' || typed || '%%')
"""
# Near ones begin alike, or have much in common: the second is what finds a wrong first letter.
_NEAR = """
SELECT word FROM workloads_word
WHERE word %% %(typed)s OR ("left"(word, 1) = "left"(%(typed)s, 1) AND length(word) >= length(%(typed)s) - 2)
GROUP BY word ORDER BY similarity(word, %(typed)s) DESC, word LIMIT 500
"""


def words_of(question: str) -> list[str]:
    """The words that all have to be there, in any order. A NUL never reaches the database."""
    return question.replace("\0", " ").split()[:WORDS_MAX]


def spelled(
    words: Sequence[str], *, beside: Collection[str] = (), has: Callable[[str], bool] = lambda word: False
) -> list[Spelled]:
    """For each word what to search for.

    `beside` are words of other names; `has` is asked of a word that is in no name. Only words of letters can be mistyped.
    """
    asked = {word: low for word in words if (low := fold(word)).isalpha() and SHORTEST <= len(low) <= 40}
    if not asked:
        return [(word,) for word in words]
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [list(asked.values())])
        known = {row[0] for row in cursor.fetchall()}
    strange = {
        word for word, low in asked.items()
        if low not in known and not any(low in other for other in beside) and not has(word)
    }  # fmt: skip
    return [tuple(_meant(asked[word], beside)) or (word,) if word in strange else (word,) for word in words]


def _meant(typed: str, beside: Iterable[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, {"typed": typed})
        return nearest(typed, [*(row[0] for row in cursor.fetchall()), *beside])


def names_in(texts: Iterable[str]) -> set[str]:
    """The words of some names, as `beside` wants them."""
    return {word for text in texts for word in "".join(c if c.isalpha() else " " for c in fold(text)).split()}


def all_of(words: Iterable[Spelled], fits: Callable[[str], Q]) -> Q:
    """Every word fits, or what was meant by it."""
    return reduce(and_, (reduce(or_, map(fits, meant)) for meant in words))
