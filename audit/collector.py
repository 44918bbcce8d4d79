"""Python's collector of cyclic garbage stands still while tens of thousands of rows are made."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_paused = 0


@contextmanager
def collector_paused() -> Iterator[None]:
    """Use it around work that is bounded, whose objects live until it ends: looking through them again and again, each time
    that there are a quarter more, takes as long as the work itself. Several threads may be inside; the last one out lets it
    go on. Whoever had switched the collector off finds it off.
    """
    global _paused  # one collector for the process
    with _lock:
        if _paused == 0 and not gc.isenabled():
            inside = False
        else:
            inside = True
            _paused += 1
            gc.disable()
    try:
        yield
    finally:
        if inside:
            with _lock:
                _paused -= 1
                if _paused == 0:
                    gc.enable()
