"""A delivery as the e-mail that leaves. Written by hand, because that is many times faster than Django's way."""

from __future__ import annotations

import binascii
import email
import re
from email.header import Header
from email.message import Message as MimeMessage
from email.utils import formatdate, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import MIMEMixin, sanitize_address

from communications.models import Delivery, Message
from communications.password_reset import leaving_path

LONGEST_LINE = 900  # bytes; a mail server may refuse more than 998
_LINE_END = re.compile(r"\r\n|\r|\n")
_NEVER_IN_A_HEADER = re.compile(r"[\x00-\x1f\x7f]+")


class Letter(EmailMessage):
    """One e-mail to one address, for any backend of Django; `raw` are its bytes with CRLF."""

    def __init__(self, *, sender: str, address: str, subject: str, raw: bytes) -> None:
        super().__init__(subject=subject, from_email=sender, to=[address])
        self.sender, self.address, self.raw = sender, address, raw

    def message(self) -> _Parsed:  # type: ignore[override]
        return email.message_from_bytes(self.raw, _class=_Parsed)


class _Parsed(MIMEMixin, MimeMessage):  # type: ignore[misc]  # Django's own classes override in the same way
    """What Django's backends expect of a message."""


def write(delivery: Delivery) -> Letter:
    """The letter of a delivery. The Message-ID is the same for every copy of it. Raises ValueError for an unusable address."""
    sender, address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1], _usable(delivery.address)
    subject = " ".join(_NEVER_IN_A_HEADER.sub(" ", delivery.message.subject_line).split())
    encoding, body = _encoded(full_text(delivery.message, delivery, path=leaving_path(delivery)))
    headers = {
        "From": _encoded_sender(settings.DEFAULT_FROM_EMAIL),
        "To": address,
        "Subject": _encoded_words(subject),
        "Date": formatdate(localtime=False),
        "Message-ID": f"<{delivery.reference}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": encoding,
    }
    if delivery.flagged_copy:
        headers["X-Portal-Copy"] = "1"
    top = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return Letter(sender=sender, address=address, subject=subject, raw=top.encode("ascii") + b"\r\n" + body)


def full_text(message: Message, delivery: Delivery | None = None, *, path: str = "") -> str:
    """The text as it leaves: greeting, body, link, and who writes. `path`: where the link leads instead."""
    greeting = f"Dear {delivery.recipient},\n\n" if delivery is not None else ""
    link = f"{message.link_words}:\n{settings.BASE_URL}{path or message.path}"
    return f"{greeting}{message.body}\n\n{link}\n\n-- \nRecovery Portal, {settings.ORGANISATION_NAME}\n"


def _usable(address: str) -> str:
    """The address in ASCII, its domain in punycode where it has to be."""
    if not address.isascii():
        address = sanitize_address(address, "utf-8")
    if not re.fullmatch(r"[!-~]+@[!-~]+", address) or set('<>(),;:"') & set(address):
        raise ValueError(f"“{address}” is not an address that mail can go to.")
    return address


_senders: dict[str, str] = {}


def _encoded_sender(sender: str) -> str:
    if sender not in _senders:
        _senders[sender] = sanitize_address(sender, "utf-8")
    return _senders[sender]


def _encoded_words(text: str) -> str:
    """Plain where it can be read as written; a text that looks encoded already is encoded, so that nobody is fooled."""
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _encoded(text: str) -> tuple[str, bytes]:
    """Transfer encoding and bytes, with CRLF."""
    lines = _LINE_END.sub("\r\n", text)
    if lines.isascii() and all(len(line) <= LONGEST_LINE for line in lines.split("\r\n")):
        return "7bit", lines.encode("ascii")
    return "quoted-printable", binascii.b2a_qp(lines.encode("utf-8"), istext=True)
