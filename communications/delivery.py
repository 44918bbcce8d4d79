"""Getting messages out, each once, whatever dies on the way: the walk of a worker. What is written down is in `rounds`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models.functions import Now
from django.utils import timezone

from communications import outbox, rounds
from communications.letters import full_text, write
from communications.line import InDoubt, Line, NoLine, NotTaken, Refused
from communications.models import Delivery
from communications.rounds import Hand

__all__ = ["Sweep", "deliver", "full_text"]


@dataclass
class Sweep:
    """What one call did."""

    sent: int = 0
    failed: int = 0
    doubted: int = 0


def deliver(*, seconds: float = 8, stop: Callable[[], bool] = lambda: False) -> Sweep:
    """Send what is due, for at most so many seconds. Any number may run at once, each takes other rows.

    Database errors are raised; nothing is lost by them.
    """
    until = time.monotonic() + seconds

    def ends() -> bool:
        return stop() or time.monotonic() >= until

    if outbox.is_held(at=timezone.now()):
        return Sweep()
    done = Sweep(doubted=rounds.resolve())
    line = Line()
    try:
        # The line first: without one nothing starts.
        while (
            not ends()
            and rounds.is_due()
            and not outbox.is_held(at=timezone.now())
            and _opened(line)
            and (hand := rounds.claim())
        ):
            _walk(hand, line, done, ends)
    finally:
        line.close()
    return done


def _may_begin(line: Line) -> bool:
    return rounds.is_due() and not outbox.is_held(at=timezone.now()) and _opened(line)


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
