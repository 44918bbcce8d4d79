"""Writing the small things of a workload (flows, components, dependencies …): filled, checked and saved in one way.

Each kind of thing says once, in a `Shape`, which of its values people write, which must be there, and which may be taken.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction

from audit.errors import Invalid, WrongState
from audit.kinds import Kind
from audit.services import Actor, difference, record
from people.columns import is_name
from people.names import name_problem
from people.wording import MAX_SECONDS
from workloads.services import constraint_of

Thing = TypeVar("Thing", bound=models.Model)


@dataclass(frozen=True)
class Shape:
    """`needed` says by field what to write when nothing is there; `taken` by constraint which field it is about and why."""

    fields: tuple[str, ...]
    needed: Mapping[str, str]
    taken: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    many: tuple[str, ...] = ()


def described(thing: models.Model, shape: Shape) -> dict[str, Any]:
    """What people wrote, for the trail; other things by their names."""
    said = {name: getattr(thing, name) for name in shape.fields}
    return said | {name: sorted(str(other) for other in getattr(thing, name).all()) for name in shape.many}


class Stale(Invalid):
    """It is not what it was when the form was opened."""

    status = 409
    code = "stale"


def seen_as(thing: models.Model, shape: Shape) -> str:
    """A mark of what people wrote, for the form that changes it: the same while nobody else has written."""
    said = json.dumps(described(thing, shape), default=str, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def check_seen(thing: models.Model, shape: Shape, seen: str) -> None:
    """Raises Stale when somebody has changed it since a form with this mark was opened; without a mark nobody asks."""
    if seen and seen != seen_as(thing, shape):
        raise Stale(
            "Somebody changed this while you had it open. Your entries are kept: look at how it is now in another window, "
            "then save again to put yours in its place."
        )


def locked(thing: Thing) -> Thing:
    """The row as it is now, locked for this transaction. Raises WrongState when it is gone."""
    found = type(thing)._base_manager.select_for_update(no_key=True).filter(pk=thing.pk).first()
    if found is None:
        name = thing._meta.verbose_name
        raise WrongState(f"Somebody has removed this {name} meanwhile. Reload the page to see what is there.")
    return found


def fill(thing: models.Model, shape: Shape, values: Mapping[str, Any]) -> None:
    """Put in what was written, texts without blanks around them. Raises TypeError for a name that the shape lacks."""
    unknown = values.keys() - set(shape.fields) - set(shape.many)
    if unknown:
        raise TypeError(f"{type(thing).__name__} has no {', '.join(sorted(unknown))}")
    for name in shape.fields:
        if name in values:
            value = values[name]
            setattr(thing, name, value.strip() if isinstance(value, str) else value)


def save(thing: models.Model, shape: Shape, problems: Mapping[str, str] | None = None) -> None:
    """Insert it or write its values. Raises Invalid with everything that is wrong, `problems` among it."""
    found = _problems(thing, shape) | dict(problems or {})
    if found:
        raise Invalid("Some values need another look.", found)
    try:
        with transaction.atomic():
            thing.save(update_fields=None if thing.pk is None else shape.fields)
    except IntegrityError as error:
        if (constraint := constraint_of(error)) not in shape.taken:
            raise
        name, said = shape.taken[constraint]
        raise Invalid(said, {name: said}) from None


def rewrite(
    thing: Thing,
    shape: Shape,
    kind: Kind,
    *,
    by: Actor,
    at: dt.datetime,
    seen: str,
    values: Mapping[str, Any],
    problems: Callable[[Thing], Mapping[str, str]] = lambda thing: {},
) -> Thing:
    """Change some values of a thing and note it; the thing as it is now. For deeds that have asked for their right.

    Raises Invalid, with `problems` of what was filled in; Stale, WrongState (removed meanwhile).
    """
    thing = locked(thing)
    check_seen(thing, shape, seen)
    before = described(thing, shape)
    fill(thing, shape, values)
    save(thing, shape, problems(thing))
    for name in shape.many:
        if name in values:
            getattr(thing, name).set(values[name])
    old, new = difference(before, described(thing, shape))
    if new:
        record(kind, thing, by=by, at=at, before=old, after=new)
    return thing


def _problems(thing: models.Model, shape: Shape) -> dict[str, str]:
    found = {name: said for name, said in shape.needed.items() if getattr(thing, name) in (None, "")}
    for name in shape.fields:
        column, value = thing._meta.get_field(name), getattr(thing, name)
        if name in found or value in (None, ""):
            continue
        longest, choices = getattr(column, "max_length", None), getattr(column, "choices", None)
        if choices and value not in dict(choices):
            found[name] = f"Choose one of {', '.join(str(key) for key, _ in choices)}."
        elif isinstance(value, str) and longest and len(value) > longest:
            found[name] = f"Write at most {longest} characters."
        elif is_name(column) and (problem := name_problem(value)):
            found[name] = problem
        elif name.endswith("_seconds") and not 0 <= value <= MAX_SECONDS:
            found[name] = "Write at most 10 years."
    return found
