"""Who may fill which slot of a request, whether distinct people can fill them all, and which slot somebody takes. Pure.

A bipartite matching by augmenting paths: a request has a handful of slots, so nothing faster is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Slot = TypeVar("Slot", bound=Hashable)
Person = TypeVar("Person", bound=Hashable)


@dataclass(frozen=True)
class Terms:
    """By whom a request may be signed; `proposer` is the number of the person whose proposal it is."""

    proposer: int
    proposer_may_sign: bool = True
    four_eyes: bool = True
    one_per_person: bool = True


def eligible(
    acting: Mapping[Slot, Sequence[int]], terms: Terms, signed_by: Collection[int] = ()
) -> dict[Slot, list[int]]:
    """Of those who act in the roles of the open slots, the ones who may sign now; `signed_by` have signed other slots.

    The proposer who may sign keeps one slot free for somebody else while nobody else has signed (four eyes).
    """
    found = {
        slot: [one for one in people if not (terms.one_per_person and one in signed_by)]
        for slot, people in acting.items()
    }
    proposer = terms.proposer
    if not terms.proposer_may_sign:
        return {slot: _without(people, proposer) for slot, people in found.items()}
    if not terms.four_eyes or any(one != proposer for one in signed_by):
        return found
    others = {slot for slot, people in found.items() if _without(people, proposer)}
    return {slot: people if others - {slot} else _without(people, proposer) for slot, people in found.items()}


def unfillable(candidates: Mapping[Slot, Sequence[Person]], terms: Terms) -> tuple[Slot, ...]:
    """The slots that lack people: those without any, else those that have too few between them; () when all can be filled."""
    empty = tuple(slot for slot, people in candidates.items() if not people)
    return empty or (shortage(candidates) if terms.one_per_person else ())


def slot_to_take(candidates: Mapping[Slot, Sequence[Person]], terms: Terms, person: Person) -> Slot | None:
    """The slot that `person` fills; where she may fill several in turn, the first."""
    if terms.one_per_person:
        return best_slot(candidates, person)
    return next((slot for slot, people in candidates.items() if person in people), None)


def matching(candidates: Mapping[Slot, Sequence[Person]]) -> dict[Slot, Person]:
    """As many slots as possible, each with a person of its own; whoever is named first goes first where there is a choice."""
    slot_of: dict[Person, Slot] = {}
    for slot in candidates:
        _augment(slot, candidates, slot_of, set())
    by_slot = {slot: person for person, slot in slot_of.items()}
    return {slot: by_slot[slot] for slot in candidates if slot in by_slot}


def _augment(
    slot: Slot, candidates: Mapping[Slot, Sequence[Person]], slot_of: dict[Person, Slot], tried: set[Person]
) -> bool:
    """Give `slot` a person, moving others to another slot where they can; whether that worked."""
    for person in candidates[slot]:
        if person in tried:
            continue
        tried.add(person)
        if person not in slot_of or _augment(slot_of[person], candidates, slot_of, tried):
            slot_of[person] = slot
            return True
    return False


def shortage(candidates: Mapping[Slot, Sequence[Person]]) -> tuple[Slot, ...]:
    """Slots that have fewer people than slots between them, so that one stays empty; () when all can be filled.

    By Hall's theorem there is such a set exactly when not all can be filled.
    """
    matched = matching(candidates)
    short = next((slot for slot in candidates if slot not in matched), None)
    if short is None:
        return ()
    slot_of = {person: slot for slot, person in matched.items()}
    found, waiting = {short}, [short]
    while waiting:
        for person in candidates[waiting.pop()]:
            # Everybody who could fill it fills another slot: otherwise the matching would have been larger.
            if (other := slot_of[person]) not in found:
                found.add(other)
                waiting.append(other)
    return tuple(slot for slot in candidates if slot in found)


def fillable_after(candidates: Mapping[Slot, Sequence[Person]], slot: Slot, person: Person) -> int:
    """How many of the other slots can still be filled by others once `person` has taken `slot`."""
    return len(matching({key: _without(found, person) for key, found in candidates.items() if key != slot}))


def best_slot(candidates: Mapping[Slot, Sequence[Person]], person: Person) -> Slot | None:
    """The slot that `person` should take: it leaves the most of the others fillable; of several such the one that is hers when
    all are shared out, else the one that the fewest others can fill. None where she is no candidate."""
    hers = [slot for slot, found in candidates.items() if person in found]
    if len(hers) < 2:
        return next(iter(hers), None)
    shared = matching(candidates)

    def rank(slot: Slot) -> tuple[int, bool, int]:
        return fillable_after(candidates, slot, person), shared.get(slot) == person, -len(candidates[slot])

    return max(hers, key=rank)


def _without(people: Sequence[Person], person: Person) -> list[Person]:
    return [one for one in people if one != person]
