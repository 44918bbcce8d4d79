"""What this machine knows of the portal outside the database: how the trail ended last, and which round of messages left last.

Kept in one small file (`HEAD_FILE`), so that a database that was put back from an older backup shows: it knows
less than the file. Without the setting nothing is kept.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from audit.chain import Head

log = logging.getLogger(__name__)


class Unreadable(Exception):
    """The file is there and does not say what it should."""


@dataclass(frozen=True)
class Known:
    """`trail` is a head as it is printed, empty for none; `rounds` counts; `at` is when it was written, ISO in UTC."""

    trail: str = ""
    rounds: int = 0
    at: str = ""

    @property
    def moment(self) -> dt.datetime | None:
        return dt.datetime.fromisoformat(self.at) if self.at else None


def known() -> Known:
    """What the file says; nothing where there is none. Raises Unreadable."""
    path = _path()
    try:
        read = json.loads(path.read_text()) if path else {}
        found = Known(str(read.get("trail", "")), int(read.get("rounds", 0)), str(read.get("at", "")))
        if found.trail:
            Head.read(found.trail)
        if found.at:
            dt.datetime.fromisoformat(found.at)
    except FileNotFoundError:
        return Known()
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error
    return found


def missing_trail() -> str:
    """What the file knows of the trail and the database does not, as a sentence; empty when all is there."""
    said = known().trail
    if not said:
        return ""
    head = Head.read(said)
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest FROM audit_seal WHERE position = %s", [head.size])
        row = cursor.fetchone()
    if row is None:
        return f"The trail had {head.size} sealed lines when this machine saw it last, and is shorter now."
    if bytes(row[0]) != head.digest:
        return f"The trail ends in another line at {head.size} than when this machine saw it last."
    return ""


def note_head(head: Head) -> None:
    """Remember how the trail ends, unless the database knows less than the file: then a person looks first."""
    with suppress(Unreadable):
        before = known()
        if not missing_trail() and before.trail != str(head):
            _write(replace(before, trail=str(head)))


def note_round(number: int) -> None:
    """Remember that this round's messages are about to leave."""
    with suppress(Unreadable):
        before = known()
        if number > before.rounds:
            _write(replace(before, rounds=number))


def accept(head: Head, rounds: int) -> None:
    """A person said that the database is right as it is."""
    _write(Known(trail=str(head), rounds=rounds))


def _path() -> Path | None:
    return Path(settings.HEAD_FILE) if settings.HEAD_FILE else None


def _write(what: Known) -> None:
    """Whole or not at all. A disk that is full stops neither sealing nor messages; a file that is behind does no harm."""
    path = _path()
    if path is None:
        return
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(replace(what, at=timezone.now().isoformat())), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        log.warning("what the trail ends with cannot be kept outside the database: %s", error)
        with suppress(OSError):
            part.unlink(missing_ok=True)
