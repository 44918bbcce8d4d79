"""Handing over is one deed: what breaks on the way leaves everything with who had it."""

from __future__ import annotations

import pytest

from audit.models import Event
from communications.models import Message
from drills import telling
from people.handover import hand_over
from people.models import RoleAssignment, organisation_today
from tests.cast import NOW
from tests.drills.play import finished, gap, planned


def test_what_breaks_on_the_way_passes_nothing(cast, monkeypatch):
    action, led = gap(finished(cast), cast, owner=cast.owner), planned(cast)
    held = list(RoleAssignment.objects.order_by("pk").values())
    said = Message.objects.count(), Event.objects.count()

    def broken(*args, **kwargs):
        raise RuntimeError("the last of her drills")

    monkeypatch.setattr(telling, "changed", broken)
    with pytest.raises(RuntimeError, match="the last"):
        hand_over(person=cast.owner, to=cast.sponsor, by=cast.head, at=NOW, last_day=organisation_today(NOW))
    for thing in (action, led):
        thing.refresh_from_db()
    assert (action.owner, led.coordinator) == (cast.owner, cast.owner)
    assert list(RoleAssignment.objects.order_by("pk").values()) == held
    assert (Message.objects.count(), Event.objects.count()) == said
