"""The line to the mail server. It tells apart what surely did not arrive from what may have arrived.

Over SMTP the letter's content leaves in one step. Whatever breaks before that step has delivered nothing; what breaks between it
and the server's answer is in doubt. Where the server takes commands in a row (PIPELINING, RFC 2920) they are sent in a row.
"""

from __future__ import annotations

import contextlib
import smtplib
from typing import Any

from django.core.mail import get_connection

from communications.letters import Letter


class LineError(Exception):
    """`str()` is shown to people."""


class NoLine(LineError):
    """There is no line; nothing was asked of anybody."""


class Refused(LineError):
    """The server does not want this letter, or it cannot be sent at all: trying again does not help."""


class NotTaken(LineError):
    """A passing fault: the letter surely was not taken."""


class InDoubt(LineError):
    """The line broke after the content had left: nobody can know."""


# What other backends than SMTP say when they may have got rid of the letter.
BROKEN_OFF = (TimeoutError, ConnectionError, smtplib.SMTPServerDisconnected)


class Line:
    """A connection that is opened when needed, and anew when it broke."""

    def __init__(self) -> None:
        self._backend: Any = get_connection()
        self._worn = False  # has carried a letter; the server may have had enough of it

    @property
    def _smtp(self) -> smtplib.SMTP | None:
        found = getattr(self._backend, "connection", None)
        return found if isinstance(found, smtplib.SMTP) else None

    def open(self) -> None:
        """Raises NoLine."""
        if self._smtp is not None and self._smtp.sock is None:
            self.close()
        try:
            self._backend.open()
        except Exception as error:
            self.close()
            raise NoLine(_words("No line to the mail server", error)) from error

    def close(self) -> None:
        with contextlib.suppress(Exception):  # it was broken; there is nothing left to save
            self._backend.close()
        self._backend, self._worn = get_connection(), False

    def send(self, letter: Letter) -> None:
        """Raises NoLine, Refused, NotTaken, InDoubt."""
        self.open()
        worn = self._worn
        try:
            self._send(letter)
        except NotTaken:
            if not worn or (self._smtp is not None and self._smtp.sock is not None):
                raise
            self.open()  # a server may close a line after so many letters: this one goes over the next
            self._send(letter)
        self._worn = True

    def _send(self, letter: Letter) -> None:
        line = self._smtp
        if line is None:
            self._hand_over(letter)
            return
        try:
            line.ehlo_or_helo_if_needed()
            _address(line, letter)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise NotTaken(_words("The line broke before the message left", error)) from error
        try:
            line.send(_quoted(letter.raw))
            code, said = line.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise InDoubt(_words("The line broke while the message left", error)) from error
        if code == 421 or not 200 <= code < 600:
            self.close()
        if not 200 <= code < 600:
            raise InDoubt(f"The server's answer cannot be read: {code}")
        if code >= 300:
            raise _answer(code, said, whole=True)

    def _hand_over(self, letter: Letter) -> None:
        """To a backend that is not SMTP."""
        try:
            taken = self._backend.send_messages([letter])
        except BROKEN_OFF as error:
            raise InDoubt(_words("The line broke while the message left", error)) from error
        except (ValueError, UnicodeError) as error:
            raise Refused(_words("It cannot be sent", error)) from error
        except Exception as error:
            raise NotTaken(_words("It was not taken", error)) from error
        if taken == 0:
            raise NotTaken("It was not taken.")


def _address(line: smtplib.SMTP, letter: Letter) -> None:
    """Ask for the recipient and for the way to the content. When this returns, the server waits for the content."""
    commands = [f"MAIL FROM:<{letter.sender}>", f"RCPT TO:<{letter.address}>", "DATA"]
    in_a_row = line.has_extn("pipelining")
    if in_a_row:
        line.send("".join(f"{command}\r\n" for command in commands))
    refusals: list[LineError] = []
    code = 0
    for number, command in enumerate(commands):
        if not in_a_row:
            line.putcmd(command)
        code, said = line.getreply()
        if code == 421:
            line.close()
            raise _answer(code, said)
        if code not in ((354,) if command == "DATA" else (250, 251, 252)):
            # A sender that is refused is for the operator to mend, unless it is about the size.
            refusals.append(_answer(code, said, whole=number > 0 or code == 552))
            if not in_a_row:
                break
    if refusals:
        if code == 354:  # it wants the content of a letter to nobody
            line.send(".\r\n")
            line.getreply()
        line.rset()
        raise refusals[0]


def _answer(code: int, said: bytes, *, whole: bool = False) -> LineError:
    """What the server's refusal means; `whole` is whether it is about this letter, and so for good when it says so."""
    words = f"{code} {said.decode('utf-8', 'replace')}"[:400].replace("\x00", "")
    if 500 <= code < 600 and whole:
        return Refused(f"Refused: {words}")
    return NotTaken(f"Not taken: {words}")


def _quoted(raw: bytes) -> bytes:
    """With dots doubled at the beginning of lines, and the end that SMTP asks for."""
    quoted = raw.replace(b"\r\n.", b"\r\n..")
    return quoted + (b".\r\n" if quoted.endswith(b"\r\n") else b"\r\n.\r\n")


def _words(what: str, error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return f"{what}: {said}"[:400].replace("\x00", "")
