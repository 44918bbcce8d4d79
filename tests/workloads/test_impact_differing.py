"""A target beside the suggestion: looser or tighter, in what, and what an outage of each costs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import propose, put_in_force
from tests.workloads.impact import answer, whole
from workloads.impact.differing import differs_words, outage_cost
from workloads.impact.services import Given
from workloads.impact.suggestion import TIME, Cell

SUGGESTED = (1, 900, 300)
TARGET = st.tuples(st.integers(0, 3), st.integers(0, 10**6), st.integers(0, 10**6))


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ((1, 900, 300), ""),
        ((2, 14400, 300), "Looser than the analysis suggests: tier 2 instead of 1, RTO 4 h instead of 15 min. Under-"),
        ((1, 60, 300), "Tighter than the analysis suggests: RTO 60 s instead of 15 min. Over-engineering"),
        ((1, 60, 900), "Looser than the analysis suggests in RPO 15 min instead of 5 min, tighter in RTO 60 s instead"),
    ],
)
def test_it_says_which_way_and_in_what(chosen, said):
    assert differs_words(SUGGESTED, chosen).replace("\xa0", " ").startswith(said)
    assert bool(differs_words(SUGGESTED, chosen)) is bool(said)


@given(TARGET, TARGET)
def test_both_sides_are_named_exactly_where_they_are(suggested, chosen):
    said = differs_words(suggested, chosen).lower()
    assert ("looser" in said) is any(b > a for a, b in zip(suggested, chosen, strict=True))
    assert ("tighter than" in said or "tighter in" in said) is any(
        b < a for a, b in zip(suggested, chosen, strict=True)
    )


RATES = {900: Decimal(1000), 3600: Decimal(2000)}


@pytest.mark.parametrize(
    ("rates", "seconds", "cost"),
    [
        ([], 900, None),
        ([{}], 900, None),
        ([RATES], 900, 250),
        ([RATES], 3600, 2000),
        ([RATES], 1800, 1000),
        ([RATES], 7200, 4000),
        ([RATES], 0, 0),
        ([RATES, {3600: Decimal(100)}], 3600, 2100),
    ],
)
def test_an_outage_costs_what_was_answered_and_nothing_else(rates, seconds, cost):
    assert outage_cost(rates, seconds) == cost


@given(st.dictionaries(st.integers(1, 10**6), st.integers(0, 10**6).map(Decimal), max_size=6), st.integers(0, 10**6))
def test_no_outage_costs_less_than_nothing(rates, seconds):
    cost = outage_cost([rates], seconds)
    assert (cost is None) is (not rates)
    assert cost is None or cost >= 0


def _priced(cast):
    prices = {900: 1000, 3600: 4000, 14400: 4000}
    money = {Cell(TIME, None, "money", at): Given(0, Decimal(price)) for at, price in prices.items()}
    answer(cast, whole() | money)


def test_the_panel_sets_both_sides_and_their_costs_beside_each_other(cast, page, unanswered):
    _priced(cast)
    put_in_force(cast)
    propose(cast, tier=2, rto_seconds=3600, differs_reason="The desk copes for an hour.")
    text = page(cast.auditor).get(f"/workloads/{cast.workload.pk}/impact/").text.replace("\xa0", " ")
    assert "An outage of 15 min</dt><dd>costs € 250" in text
    assert "An outage of 1 h costs € 4k." in text
    assert "Looser than the analysis suggests" in text
    assert "Under-preparing is a risk: the business lives with" in text
    assert "The desk copes for an hour." in text


def test_without_an_amount_no_cost_is_said(cast, page, unanswered):
    answer(cast)
    text = page(cast.auditor).get(f"/workloads/{cast.workload.pk}/impact/").text
    assert "costs" not in text.split('id="suggestion-h"')[1].split("</section>")[0]


def test_who_proposes_something_else_is_told_which_way_it_differs(cast, page, unanswered):
    answer(cast)
    form = {
        "tier": "1", "slo": "99.95", "rto": "1 min", "rpo": "5 min", "reason": "Each hour costs.", "looser_reason": "",
        "differs_reason": "",
    }  # fmt: skip
    text = page(cast.owner).post(f"/workloads/{cast.workload.pk}/propose/", form).text.replace("\xa0", " ")
    assert "Tighter than the analysis suggests: RTO 60 s instead of 15 min." in text
