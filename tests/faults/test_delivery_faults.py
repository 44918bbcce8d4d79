"""Messages get out, each once, whatever dies on the way: real workers, a real database, a real broker, all killed."""

from __future__ import annotations

import os

import pytest

from benchmarks.soak import LINES, soak

pytestmark = [pytest.mark.fault, pytest.mark.slow]
# On a machine so busy that the database needs longer than a lease to come back, what a dead worker had sent since its last
# note is in doubt as a whole, and leaves once more, flagged (`benchmarks.soak`, which is stricter, wants a quiet machine).
IN_DOUBT = 10
MESSAGES = int(os.environ.get("SOAK_MESSAGES", "300"))


def test_under_kills_nothing_is_lost_and_each_extra_copy_says_so(tmp_path):
    outcome = soak(tmp_path, messages=MESSAGES, workers=3, pause=0.03, kill_every=0.8, limit=500)
    assert outcome.lost == 0, outcome
    assert outcome.unflagged == 0, outcome
    assert outcome.kills > 0, outcome
    assert outcome.extra <= outcome.kills * LINES + IN_DOUBT, outcome
    assert set(outcome.left) <= {"sent", "failed"}, outcome
