"""`change_state` against a table of its own: every state, every verb, and thirty people at once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import ClassVar

import pytest
from django.db import DatabaseError, connection, models, transaction

from audit.errors import WrongState
from audit.kinds import Kind
from audit.models import Event
from audit.services import PORTAL
from audit.states import Move, Stateful, change_state

AT = dt.datetime(2026, 11, 21, 8, 30, tzinfo=dt.UTC)


class Lamp(Stateful):
    """A thing with a life cycle that belongs to no room."""

    MOVES = {
        "light": Move(("new", "out"), "lit", Kind.DRILL_STARTED),
        "put_out": Move(("lit",), "out", Kind.DRILL_FINISHED),
        "scrap": Move(("new", "lit", "out"), "scrapped", Kind.DRILL_CANCELLED),
    }
    state = models.CharField(max_length=10)
    objects: ClassVar[models.Manager[Lamp]] = models.Manager()
    by_name = models.CharField(max_length=20, default="")

    class Meta:
        app_label = "tests_audit"
        managed = False

    def __str__(self) -> str:
        return "Lamp"


STATES = ("new", "lit", "out", "scrapped")
ALLOWED = {
    ("new", "light"): "lit", ("out", "light"): "lit", ("lit", "put_out"): "out",
    ("new", "scrap"): "scrapped", ("lit", "scrap"): "scrapped", ("out", "scrap"): "scrapped",
}  # fmt: skip


@pytest.fixture
def lamps(db, request):
    with connection.schema_editor() as editor:
        editor.create_model(Lamp)
    yield
    if "transactional_db" in request.fixturenames:
        with connection.schema_editor() as editor:
            editor.delete_model(Lamp)


@pytest.mark.usefixtures("lamps")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", Lamp.MOVES)
def test_a_verb_moves_from_its_states_and_from_no_other(state: str, verb: str):
    lamp = Lamp.objects.create(state=state)
    target = ALLOWED.get((state, verb))
    assert lamp.can(verb) is (target is not None)
    if target is None:
        with pytest.raises(WrongState, match=f"“Lamp” is {state} now"):
            change_state(lamp, verb, by=PORTAL, at=AT, by_name="Eva")
        assert not Event.objects.exists()
        assert Lamp.objects.get().by_name == ""
        return
    change_state(lamp, verb, by=PORTAL, at=AT, before={"n": 1}, after={"n": 2}, by_name="Eva")
    stored, event = Lamp.objects.get(), Event.objects.get()
    assert (stored.state, stored.by_name) == (lamp.state, lamp.by_name) == (target, "Eva")
    assert event.kind == Lamp.MOVES[verb].kind
    assert (event.before, event.after) == ({"state": state, "n": 1}, {"state": target, "n": 2})


@pytest.mark.usefixtures("lamps")
def test_who_read_an_older_state_is_told_the_present_one():
    lamp, stale = Lamp.objects.create(state="new"), Lamp.objects.get()
    change_state(lamp, "scrap", by=PORTAL, at=AT)
    with pytest.raises(WrongState, match="scrapped now"):
        change_state(stale, "light", by=PORTAL, at=AT)
    assert stale.state == "scrapped"
    assert Event.objects.count() == 1


@pytest.mark.usefixtures("lamps")
def test_a_line_that_cannot_be_written_takes_the_move_with_it():
    lamp = Lamp.objects.create(state="new")
    with pytest.raises(ValueError, match="secret"), transaction.atomic():
        change_state(lamp, "light", by=PORTAL, at=AT, after={"password": "x"})
    assert Lamp.objects.get().state == "new"


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("transactional_db", "lamps")
def test_of_thirty_people_at_once_exactly_one_moves_it():
    pk = Lamp.objects.create(state="new").pk
    ready = Barrier(30)

    def try_it(name: str) -> str:
        try:
            lamp = Lamp.objects.get(pk=pk)
            ready.wait(30)
            change_state(lamp, "light", by=PORTAL, at=AT, by_name=name)
        except WrongState:
            return "too late"
        except DatabaseError as error:
            return repr(error)
        finally:
            connection.close()
        return "moved"

    with ThreadPoolExecutor(30) as pool:
        outcomes = Counter(pool.map(try_it, [f"person {n}" for n in range(30)]))
    assert outcomes == {"moved": 1, "too late": 29}
    assert Lamp.objects.get().state == "lit"
    assert Event.objects.filter(kind=Kind.DRILL_STARTED).count() == 1
