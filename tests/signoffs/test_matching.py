"""Distinct people for all slots: against every possible choice, for all small cases."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from signoffs.matching import best_slot, fillable_after, matching, shortage

CANDIDATES = st.dictionaries(
    st.sampled_from("ABCD"), st.lists(st.integers(1, 4), unique=True, max_size=4), min_size=1, max_size=4
)


def most_by_trying(candidates: dict[str, list[int]]) -> int:
    """The largest number of slots with a person of their own, by trying every choice."""
    choices = product(*[[None, *people] for people in candidates.values()])
    return max(
        len(chosen)
        for choice in choices
        if len(chosen := [one for one in choice if one is not None]) == len(set(chosen))
    )


@given(CANDIDATES)
def test_a_matching_is_possible_and_no_other_is_larger(candidates):
    found = matching(candidates)
    assert all(person in candidates[slot] for slot, person in found.items())
    assert len(set(found.values())) == len(found) == most_by_trying(candidates)


@given(CANDIDATES)
def test_there_is_a_shortage_exactly_when_not_all_can_be_filled_and_it_has_too_few_people(candidates):
    short = shortage(candidates)
    assert bool(short) == (len(matching(candidates)) < len(candidates))
    assert not short or len({person for slot in short for person in candidates[slot]}) == len(short) - 1


@given(CANDIDATES, st.integers(1, 4))
def test_no_other_slot_would_leave_more_of_the_rest_fillable(candidates, person):
    hers = [slot for slot, people in candidates.items() if person in people]
    best = best_slot(candidates, person)
    assert (best is None) == (not hers)
    if best is not None:
        assert fillable_after(candidates, best, person) == max(
            fillable_after(candidates, slot, person) for slot in hers
        )


@given(CANDIDATES)
def test_what_can_be_filled_at_first_is_filled_when_each_takes_the_best_slot_in_any_order(candidates):
    if shortage(candidates):
        return
    left = {slot: list(people) for slot, people in candidates.items()}
    while left:
        # Whoever comes first of those whose signature does not make it impossible for the others.
        person = next(
            one
            for one in sorted({one for people in left.values() for one in people}, reverse=True)
            if fillable_after(left, slot := best_slot(left, one), one) == len(left) - 1
        )
        slot = best_slot(left, person)
        del left[slot]
        left = {key: [one for one in people if one != person] for key, people in left.items()}
        assert not shortage(left)
