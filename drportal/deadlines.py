"""How long the database may take, by the kind of process: a page that somebody waits for, or work that nobody watches.

Pure: numbers in, settings of PostgreSQL out. All figures are seconds; 0 is no limit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deadlines:
    """`silence` is how long nothing may come back before the server is asked whether it is there at all."""

    statement: int
    lock: int
    idle_in_transaction: int
    silence: float
    queue: float  # for a connection of the process's own pool


PAGE = Deadlines(statement=20, lock=10, idle_in_transaction=120, silence=1.0, queue=10)
# Imports, migrations, sealing, delivery: one statement may go through millions of rows.
WORK = Deadlines(statement=3600, lock=300, idle_in_transaction=1800, silence=20, queue=60)

CONNECT = 2  # the least that libpq's connect_timeout can be
# A cable that was pulled says nothing: the kernel finds out in about 25 seconds.
KEEPALIVE = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
KEEPALIVE_MS = {"tcp_user_timeout": 25_000}


def connection_options(limits: Deadlines, given: str = "") -> dict[str, str | int]:
    """Parameters for a new connection; `given` are the `options` of DATABASE_URL, which win."""
    ours = {
        "statement_timeout": limits.statement,
        "lock_timeout": limits.lock,
        "idle_in_transaction_session_timeout": limits.idle_in_transaction,
    }
    options = " ".join([*(f"-c {name}={seconds}s" for name, seconds in ours.items()), given]).strip()
    return {"connect_timeout": CONNECT, "options": options, **KEEPALIVE, **KEEPALIVE_MS}
