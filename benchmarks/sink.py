"""A mail server that takes everything as fast as it can: `python -m benchmarks.sink PORT [seconds a message]`.

Soaks run it inside their own process and ask it afterwards what it took.
"""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import threading
from collections import Counter
from typing import Self

MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>]+)", re.IGNORECASE | re.MULTILINE)
COPY = re.compile(rb"^X-Portal-Copy:", re.IGNORECASE | re.MULTILINE)


class Taken:
    """How often each Message-ID was taken, with and without the mark of a copy."""

    def __init__(self) -> None:
        self.plain: Counter[str] = Counter()
        self.copies: Counter[str] = Counter()

    def take(self, letter: bytes) -> None:
        head = letter.partition(b"\r\n\r\n")[0]
        found = MESSAGE_ID.search(head)
        (self.copies if COPY.search(head) else self.plain)[found[1].decode() if found else ""] += 1

    @property
    def extra(self) -> int:
        """Letters beyond the first of each Message-ID."""
        return sum((self.plain + self.copies).values()) - len(self.plain.keys() | self.copies.keys())

    @property
    def unflagged(self) -> int:
        """Extra letters that do not say so."""
        return sum(count - 1 for count in self.plain.values())


class Talk(asyncio.Protocol):
    """One connection. A letter counts as taken before the answer leaves, as with any real server."""

    def __init__(self, taken: Taken | None, pause: float) -> None:
        self.taken, self.pause, self.rest, self.in_letter = taken, pause, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while True:
            head, end, rest = self.rest.partition(b"\r\n.\r\n" if self.in_letter else b"\r\n")
            if not end:
                return
            self.rest = rest
            if self.in_letter:
                self._took(head)
            else:
                self._command(head[:4].upper())

    def _took(self, letter: bytes) -> None:
        self.in_letter = False
        if self.taken is not None:
            self.taken.take(letter)
        if self.pause:
            asyncio.get_running_loop().call_later(self.pause, self.transport.write, b"250 taken\r\n")
        else:
            self.transport.write(b"250 taken\r\n")

    def _command(self, verb: bytes) -> None:
        self.in_letter = verb == b"DATA"
        answers = {b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n", b"DATA": b"354 go on\r\n"}
        if verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(answers.get(verb, b"250 fine\r\n"))


class Sink:
    """The server in a thread of this process: `with Sink(pause=0.01) as sink:`; `sink.port`, `sink.taken`."""

    def __init__(self, *, pause: float = 0) -> None:
        self.taken, self.pause = Taken(), pause
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        listening = serve(0, self.taken, self.pause)
        self.server = asyncio.run_coroutine_threadsafe(listening, self.loop).result(10)
        self.port = int(self.server.sockets[0].getsockname()[1])
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


async def serve(port: int, taken: Taken | None, pause: float = 0) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Talk(taken, pause), "127.0.0.1", port, family=socket.AF_INET)


async def _forever(port: int, pause: float) -> None:
    await (await serve(port, None, pause)).serve_forever()


if __name__ == "__main__":
    asyncio.run(_forever(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0))
