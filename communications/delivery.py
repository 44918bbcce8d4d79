"""Getting messages out, each once, whatever dies on the way: the walk of a worker. What is written down is in `rounds`."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from communications import outbox, rounds
from communications.letters import full_text, write
from communications.line import InDoubt, Line, NoLine, NotTaken, Refused
from communications.models import Delivery
from communications.rounds import Hand

ENOUGH = 20  # messages that make a line of its own worth its while

__all__ = ["Sweep", "deliver", "full_text"]


@dataclass
class Sweep:
    """What one call did."""

    sent: int = 0
    failed: int = 0
    doubted: int = 0

    def __add__(self, other: Sweep) -> Sweep:
        return Sweep(self.sent + other.sent, self.failed + other.failed, self.doubted + other.doubted)


def deliver(*, seconds: float = 8, stop: Callable[[], bool] = lambda: False) -> Sweep:
    """Send what is due, for at most so many seconds. Any number may run at once, each takes other rows.

    Where much is due it leaves over several lines at once (`MAIL_CONNECTIONS`), each with rounds of its own. Database errors are
    raised; nothing is lost by them.
    """
    until = time.monotonic() + seconds

    def ends() -> bool:
        return stop() or time.monotonic() >= until

    if outbox.is_held(at=timezone.now()):
        return Sweep()
    done = Sweep(doubted=rounds.resolve())
    waiting = rounds.due(settings.MAIL_CONNECTIONS * rounds.BATCH)
    lines = max(1, min(settings.MAIL_CONNECTIONS, waiting // ENOUGH))
    share = max(ENOUGH, min(rounds.BATCH, -(-waiting // lines)))
    if lines == 1:
        return done + _over_one_line(ends, rounds.BATCH)
    with ThreadPoolExecutor(lines, thread_name_prefix="line") as threads:
        walks = [threads.submit(_in_thread, ends, share) for _ in range(lines)]
    for walk in walks:
        done += walk.result()
    return done


def _in_thread(ends: Callable[[], bool], share: int) -> Sweep:
    try:
        return _over_one_line(ends, share)
    finally:
        connection.close()  # the thread's own


def _over_one_line(ends: Callable[[], bool], share: int) -> Sweep:
    done, line = Sweep(), Line()
    try:
        # The line first: without one nothing starts.
        while not ends() and _may_begin(line) and (hand := rounds.claim(min(share, rounds.BATCH))):
            _walk(hand, line, done, ends)
    finally:
        line.close()
    return done


def _may_begin(line: Line) -> bool:
    return bool(rounds.due(1)) and not outbox.is_held(at=timezone.now()) and _opened(line)


def _opened(line: Line) -> bool:
    """Whether there is a line to the mail server. Without one, those who wait longest are told why."""
    try:
        line.open()
    except NoLine as error:
        waiting = Delivery.objects.filter(state=Delivery.State.QUEUED, next_try_at__lte=Now())
        first = waiting.order_by("next_try_at", "id").values("pk")[: rounds.BATCH]
        waiting.filter(pk__in=first).exclude(last_error=str(error)).update(last_error=str(error))
        return False
    return True


def _walk(hand: Hand, line: Line, done: Sweep, ends: Callable[[], bool]) -> None:
    """Send what is in the hand, in the order of the numbers."""
    try:
        for delivery in list(hand.left.values()):
            if ends() or not _send(delivery, hand, line, done):
                break
            if hand.is_slow:
                rounds.settle(hand)
        rounds.finish(hand)
    except Exception:
        rounds.finish_when_possible(hand)
        raise


def _send(delivery: Delivery, hand: Hand, line: Line, done: Sweep) -> bool:
    """Send one and remember what became of it; false when the walk ends here."""
    try:
        letter = write(delivery)
        line.open()
        if not rounds.note(hand, delivery.pk):
            hand.left.clear()  # somebody else has them
            return False
        line.send(letter)
    except NoLine:
        return False
    except (Refused, ValueError) as error:
        rounds.fail(hand, delivery, str(error)[:500])
        done.failed += 1
    except NotTaken as error:
        done.failed += not rounds.postpone(hand, delivery, str(error))
    except InDoubt:
        rounds.doubt(hand, delivery)
        done.doubted += 1
    else:
        rounds.sent(hand, delivery.pk)
        done.sent += 1
    return True
