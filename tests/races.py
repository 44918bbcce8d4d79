"""Deeds at the same moment, each over a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from audit.errors import DeedError


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Run the deeds in threads that start together; what each returned, or the refusal it met. Nothing else may be raised."""
    start, outcomes = threading.Barrier(len(deeds)), list[Any]([None] * len(deeds))

    def run(number: int, deed: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(30)
            outcomes[number] = deed() or "done"
        except Exception as error:  # noqa: BLE001 (told apart below)
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a deed hangs"
    unexpected = [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, DeedError)]
    assert not unexpected, unexpected
    return outcomes


def done(outcomes: list[Any]) -> int:
    """How many of them had an effect."""
    return sum(not isinstance(outcome, DeedError) for outcome in outcomes)
