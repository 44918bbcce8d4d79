"""A target beside the one that is suggested: which way it differs, what that means, and what an outage of each costs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from operator import gt, lt

from people.wording import NBSP, duration
from workloads.impact.chart import money, whole

Targets = tuple[int, int, int]  # tier, RTO and RPO in seconds; each is looser the larger it is
Rates = Mapping[int, Decimal]  # what an hour costs, by the length of the outage in seconds

RISK = "Under-preparing is a risk"
WASTE = "Over-engineering wastes money"


def differs_words(suggested: Targets, chosen: Targets) -> str:
    """Whether a target is looser or tighter than suggested, in what, and what is wrong with that; "" where it is the same."""
    looser = _named(suggested, chosen, gt)
    tighter = _named(suggested, chosen, lt)
    if looser and tighter:
        return f"Looser than the analysis suggests in {looser}, tighter in {tighter}. {RISK}; {_lower(WASTE)}."
    if looser:
        return f"Looser than the analysis suggests: {looser}. {RISK}: the business lives with what an outage costs until then."
    if tighter:
        return f"Tighter than the analysis suggests: {tighter}. {WASTE}: a tighter target costs more to keep."
    return ""


def _named(suggested: Targets, chosen: Targets, differs: Callable[[int, int], bool]) -> str:
    said = (
        f"tier{NBSP}{chosen[0]} instead of {suggested[0]}",
        f"RTO {duration(chosen[1])} instead of {duration(suggested[1])}",
        f"RPO {duration(chosen[2])} instead of {duration(suggested[2])}",
    )
    pairs = zip(said, suggested, chosen, strict=True)
    return ", ".join(words for words, wanted, taken in pairs if differs(taken, wanted))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def outage_cost(rates: Iterable[Rates], seconds: int) -> Decimal | None:
    """What an outage of this length costs after the amounts that were answered, each category's added; None where none was.

    A length that was not asked goes by the rate of the next longer one, else of the longest.
    """
    costs = []
    for category in rates:
        longer = [length for length in sorted(category) if length >= seconds]
        if category:
            costs.append(whole(category[longer[0] if longer else max(category)], seconds))
    return sum(costs, Decimal(0)) if costs else None


def cost_words(rates: Iterable[Rates], seconds: int, currency: str) -> str:
    """ "€ 42k"; "" where no amount was answered."""
    cost = outage_cost(rates, seconds)
    return money(cost, currency) if cost is not None else ""
