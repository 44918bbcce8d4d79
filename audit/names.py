"""Names as they are kept, and texts as they are searched: what looks the same is the same. Pure.

The database has the same rules as functions (`plain_name`, `name_key`, `search_fold`; migration 0003 of this room).
"""

from __future__ import annotations

import re
import unicodedata

# Characters that nobody sees: a soft hyphen, blanks of no width, a grapheme joiner, a byte order mark.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u034f\u180e\u200b\u2060\ufeff"))
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011"), "-")  # drawn as the one on the keyboard
_KEPT = _UNSEEN | _HYPHENS
_QUOTES = str.maketrans("’‘‚‛ʼ´`′＇“”„‟″", "'''''''''" + '"""""')
_LETTERS = str.maketrans("øłđðıŧħςØŁĐÐŦĦ–—‐‑‒−", "olddithσolddth------")
_PAIRS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ẞ": "ss"})
# The end of a line is no blank: names with one are refused.
_BLANKS = re.compile(r"[^\S\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_MARKS = re.compile("[\u0300-\u036f]")


def plain_name(text: str) -> str:
    """A name as it is kept: composed letters (NFC), single blanks, nothing that cannot be seen."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_KEPT)
    return _BLANKS.sub(" ", text).strip()


def fold(text: str) -> str:
    """A text as it is searched: without capitals, accents and typographic signs, "ß" as "ss", "ø" as "o"."""
    text = text.translate(_QUOTES)
    if text.isascii():
        return text.lower()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text)).lower()
    return plain.translate(_LETTERS).translate(_PAIRS)
