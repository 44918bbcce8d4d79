"""Real .eml files instead of a mail server: what `make run` does without EMAIL_URL."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.utils import timezone


class EmlFileBackend(BaseEmailBackend):
    """Writes each message to EMAIL_FILE_PATH: first under a temporary name, so that nobody reads half a message."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            words = re.sub(r"[^a-z0-9]+", "-", f"{message.to[0]} {message.subject}".lower()).strip("-")[:80]
            name = f"{timezone.now():%Y%m%d-%H%M%S}-{words}-{uuid.uuid4().hex[:6]}.eml"
            half = folder / f".{name}.part"
            half.write_bytes(message.message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]  # Django's messages take it
            os.replace(half, folder / name)
        return len(email_messages)
