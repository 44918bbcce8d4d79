"""Is the server there at all? Asked when an answer is late, to tell a slow statement from a server that hangs.

A hung server's kernel still takes connections, so a connection proves nothing. The first message of the protocol
(SSLRequest) needs no password and is answered with one byte by any PostgreSQL, also while it recovers, and by poolers.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

ANSWER_WITHIN = 1.0  # seconds
KNOWN_FOR = 0.5  # seconds that an answer holds for all threads, so that not every one asks
_SSL_REQUEST = bytes((0, 0, 0, 8, 4, 210, 22, 47))


class Pulse:
    """Of one server. Threads share what one of them found out."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        host = str(params.get("hostaddr") or params.get("host") or "")
        # Several hosts, or none: libpq chooses, and we cannot ask the one that it chose before. Then nobody is suspected.
        self._host = "" if "," in host else host
        self._port = int(params.get("port") or 5432) if "," not in str(params.get("port") or "") else 0
        self._asking = threading.Lock()
        self._known, self._until = True, 0.0

    @property
    def known_silent(self) -> bool:
        """Whether somebody found it silent a moment ago."""
        return not self._known and time.monotonic() < self._until

    def answers(self) -> bool:
        """Whether it answers within a second. True where it cannot be asked."""
        with self._asking:
            if time.monotonic() >= self._until:
                self._known = self._ask()
                self._until = time.monotonic() + KNOWN_FOR
            return self._known

    def _ask(self) -> bool:
        if not self._host or not self._port:
            return True
        try:
            with self._connection() as s:
                s.sendall(_SSL_REQUEST)
                return s.recv(1) in (b"S", b"N", b"E")
        except OSError:
            return False

    def _connection(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, self._port), ANSWER_WITHIN)
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(ANSWER_WITHIN)
        s.connect(f"{self._host}/.s.PGSQL.{self._port}")
        return s
