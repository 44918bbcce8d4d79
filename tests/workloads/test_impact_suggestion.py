"""What an impact analysis suggests."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workloads.impact.suggestion import DATA, TIME, Ceiling, Cell, Names, drops, suggest

POINTS = (900, 3600, 14400, 86400)
CATEGORIES = {"money": "Money", "trust": "Customer trust"}
NAMES = Names(CATEGORIES, {7: "Month-end"})
TIERS = (Ceiling(0, 60, 5), Ceiling(1, 900, 300), Ceiling(2, 14400, 14400), Ceiling(3, 259200, 86400))
PLACES = [(loss, season, category) for loss in (TIME, DATA) for season in (None, 7) for category in CATEGORIES]


def asked(answers):
    return suggest(answers, TIERS, names=NAMES, points=POINTS)


def curve(levels):
    """ "1.3" is slight at the first duration, unanswered at the second, serious at the third."""
    return {seconds: int(level) for seconds, level in zip(POINTS, levels, strict=False) if level != "."}


def full(time="0000", data="0000", **other):
    found = {(loss, None, category): curve("0000") for loss in (TIME, DATA) for category in CATEGORIES}
    found |= {(TIME, None, "trust"): curve(time), (DATA, None, "trust"): curve(data)}
    return found | other.get("more", {})


@st.composite
def analyses(draw, partial=True):
    """Answers that do not contradict themselves: each curve rises, with gaps; a season only worsens."""
    found = {}
    for loss, category in itertools.product((TIME, DATA), CATEGORIES):
        usual = sorted(draw(st.lists(st.integers(0, 4), min_size=4, max_size=4)))
        worse = [
            min(4, level + extra)
            for level, extra in zip(usual, itertools.repeat(draw(st.integers(0, 2))), strict=False)
        ]
        for season, levels in ((None, usual), (7, worse)):
            kept = draw(st.lists(st.booleans(), min_size=4, max_size=4)) if partial else [True] * 4
            told = {seconds: level for seconds, level, keep in zip(POINTS, levels, kept, strict=True) if keep}
            if told:
                found[loss, season, category] = told
    return found


def brute(answers):
    """The same from its definition: try every tier and every duration."""

    def need(loss, least):
        def level(season, category, seconds):
            own = answers.get((loss, season, category), {})
            return own.get(seconds, answers.get((loss, None, category), {}).get(seconds))

        seasons = {season for _, season, _ in answers} | {None}
        bad = {
            seconds
            for seconds in POINTS
            for season in seasons
            for category in CATEGORIES
            if (level(season, category, seconds) or 0) >= 3
        }
        if not bad:
            return None
        return max((seconds for seconds in POINTS if seconds < min(bad)), default=least)

    rto, rpo = need(TIME, 60), need(DATA, 5)

    def level_for(needed, ceilings):
        return next((level for level, ceiling in enumerate(ceilings) if needed is not None and needed <= ceiling), 3)

    tier = min(level_for(rto, [t.rto_seconds for t in TIERS]), level_for(rpo, [t.rpo_seconds for t in TIERS]))
    limit = TIERS[tier]
    return tier, min(rto or 10**9, limit.rto_seconds), min(rpo or 10**9, limit.rpo_seconds)


@given(analyses())
@settings(max_examples=150, deadline=None)
def test_it_agrees_with_its_definition(answers):
    suggested = asked(answers)
    assert (suggested is None) == (not answers)
    if suggested is not None:
        assert suggested.targets == brute(answers)


@given(analyses(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_worse_answer_never_loosens_it(answers, data):
    if not answers:
        return
    place = data.draw(st.sampled_from(sorted(answers, key=str)))
    seconds = data.draw(st.sampled_from(sorted(answers[place])))
    before = asked(answers)
    worse = answers | {place: answers[place] | {seconds: min(4, answers[place][seconds] + 1)}}
    after = asked(worse)
    assert all(now <= then for now, then in zip(after.targets, before.targets, strict=True))
    assert (after.mtpd_seconds or 10**9) <= (before.mtpd_seconds or 10**9)


@given(analyses(), st.integers())
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_answers_came_does_not_matter(answers, seed):
    dice = random.Random(seed)
    shuffled = sorted(answers.items(), key=lambda _: dice.random())
    mixed = {place: dict(sorted(levels.items(), key=lambda _: dice.random())) for place, levels in shuffled}
    assert asked(mixed) == asked(answers)


@given(analyses())
@settings(max_examples=60, deadline=None)
def test_the_target_is_never_looser_than_what_was_called_serious(answers):
    suggested = asked(answers)
    if suggested is None:
        return
    for decided, target in ((suggested.time, suggested.rto_seconds), (suggested.data, suggested.rpo_seconds)):
        assert decided is None or target < decided.cell.seconds


@given(analyses())
@settings(max_examples=100, deadline=None)
def test_it_says_that_it_depends_exactly_when_some_way_of_answering_changes_it(answers):
    """All ways to fill in what is missing are tried, as long as they are few."""
    suggested = asked(answers)
    if suggested is None or drops(answers) or len(suggested.missing) > 4:
        return
    outcomes = set()
    for levels in itertools.product(range(5), repeat=len(suggested.missing)):
        tried = {place: dict(told) for place, told in answers.items()}
        for cell, level in zip(suggested.missing, levels, strict=True):
            tried.setdefault((cell.loss, cell.season, cell.category), {})[cell.seconds] = level
        if not drops(tried):
            outcomes.add(asked(tried).targets)
    assert suggested.depends == (outcomes != {suggested.targets})


@given(analyses(partial=False))
@settings(max_examples=40, deadline=None)
def test_when_everything_is_answered_nothing_is_missing(answers):
    suggested = asked(answers)
    assert (suggested.missing, suggested.depends) == ((), False)


def test_unanswered_is_not_none():
    open_end, calm_end = asked(full(time="12..")), asked(full(time="1200") | {(TIME, None, "trust"): curve("1222")})
    assert open_end.depends
    assert open_end.missing == (Cell(TIME, None, "trust", 14400), Cell(TIME, None, "trust", 86400))
    assert not calm_end.depends
    assert asked({}) is None
    assert asked(full()) is not None


@pytest.mark.parametrize(
    ("time", "data", "targets", "mtpd"),
    [
        ("0000", "0000", (3, 259200, 86400), None),
        ("3344", "0000", (0, 60, 5), 14400),
        ("1334", "0000", (1, 900, 300), 86400),
        ("1134", "0000", (2, 3600, 14400), 86400),
        ("0013", "0003", (2, 14400, 14400), None),
        ("0013", "0033", (2, 14400, 3600), None),
        ("0004", "3333", (0, 60, 5), 86400),
    ],
)
def test_the_tier_is_the_one_in_whose_range_the_need_falls(time, data, targets, mtpd):
    suggested = asked(full(time=time, data=data))
    assert (suggested.targets, suggested.mtpd_seconds) == (targets, mtpd)


def test_it_names_the_answers_that_decided():
    suggested = asked(full(time="1334", data="0003"))
    assert suggested.time.cell == Cell(TIME, None, "trust", 3600)
    assert suggested.because == (
        "Customer trust is serious after 1\xa0h, so the next smaller step is taken: 15\xa0min. Customer trust is serious "
        "once the data of 24\xa0h is lost, which would allow 4\xa0h; tier\xa01 allows at most 5\xa0min."
    )


def test_a_season_overrides_the_normal_day_where_it_says_something():
    suggested = asked(full(time="1134", more={(TIME, 7, "trust"): {3600: 3}}))
    assert (suggested.time.cell, suggested.rto_seconds) == (Cell(TIME, 7, "trust", 3600), 900)
    assert "Customer trust is serious after 1\xa0h in Month-end" in suggested.because


def test_a_normal_day_is_named_before_a_season_that_says_the_same():
    suggested = asked(full(time="1334", more={(TIME, 7, "money"): {3600: 4, 14400: 4, 86400: 4}}))
    assert suggested.time.cell.season is None


def test_a_later_answer_that_is_better_is_found_with_the_earlier_one():
    (drop,) = drops({(TIME, None, "trust"): curve("1.0")})
    assert [answered.cell.seconds for answered in drop] == [900, 14400]
    (mixed,) = drops({(TIME, None, "trust"): curve("1122"), (TIME, 7, "trust"): {3600: 3}})
    assert [answered.cell.season for answered in mixed] == [7, None]


@pytest.mark.parametrize(
    ("time", "target", "differs"),
    [
        ("1334", (1, 900, 300), False),
        ("1334", (1, 600, 300), True),
        ("1334", (0, 60, 5), True),
        ("12..", (3, 259200, 86400), False),
        ("12..", (1, 900, 300), False),
        ("13..", (2, 14400, 300), True),
    ],
)
def test_while_answers_are_missing_a_target_may_be_stricter_without_a_word(time, target, differs):
    assert asked(full(time=time)).differs(*target) is differs
