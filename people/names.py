"""What a name and a mail address may look like: one rule for everything, for pages, API, admin and imports alike. Pure.

Names stand in the first line and the subject of letters, in lists and in the trail. A line break or a character that turns the
writing direction would let a name pretend to be more than one; a link in a name would be the portal's letter leading elsewhere.
"""

from __future__ import annotations

import re
import unicodedata

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, halves of characters, ends of lines and paragraphs
_LINK = re.compile(r"[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:mailto|javascript):", re.IGNORECASE)
# What mail programs and servers take without quotation marks (RFC 5322, 3.2.3: dot-atom).
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
LOCAL_MAX, DOMAIN_MAX, ADDRESS_MAX = 64, 253, 254  # octets: RFC 5321, 4.5.3.1


def name_problem(name: str) -> str:
    """What is wrong with a name, as a sentence that says what to do; "" for nothing."""
    if any(unicodedata.category(sign) in _UNSEEN or sign in _DIRECTIONS for sign in name):
        return "Write the name in one line. It holds a line break or a character that cannot be seen."
    if _LINK.search(name):
        return "A name cannot hold a link. Write it without the address."
    return ""


def address_problem(address: str) -> str:
    """Why no mail server can carry mail to this address, as a sentence that says what to do; "" when one can."""
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        return "Write an address like name@example.org."
    if not local.isascii():
        return "Before the @ only letters without accents work everywhere. Ask for the address in that form."
    if len(local) > LOCAL_MAX:
        return f"There are more than {LOCAL_MAX} characters before the @. No mail server takes that."
    if not _LOCAL.fullmatch(local):
        return "Before the @ stands something no mail server takes: a blank, a quotation mark, or a dot in the wrong place."
    if domain.startswith("["):
        return "Write the name of the mail domain, not the number of a machine."
    carried = _in_ascii(domain)
    labels = carried.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return "After the @ stands no domain that mail can go to. Write one like example.org."
    if len(carried) > DOMAIN_MAX or len(local) + 1 + len(carried) > ADDRESS_MAX:
        return f"The address is longer than {ADDRESS_MAX} characters. No mail server takes that."
    return ""


def _in_ascii(domain: str) -> str:
    """As it travels; "" where it cannot."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
