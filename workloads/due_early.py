"""Why reviews are due early, in words for one reader: the queries beside `workloads.because`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from people.models import User
from workloads.because import in_words, numbers
from workloads.chain.queries import names_for
from workloads.models import Classification, Workload


def because_for(targets: Iterable[Classification], viewer: User | None) -> dict[int, str]:
    """By number of the target; "" where only time has passed. At most two questions; None may read every name."""
    found = list(targets)
    names = names_in(found)
    seen = names_for(viewer, names) if names else frozenset()
    return {target.pk: in_words(target.review_reasons, names, seen) for target in found}


def names_in(targets: Iterable[Classification]) -> dict[int, str]:
    """The workloads that the reasons name, by number."""
    named = {number for target in targets for number in numbers(target.review_reasons)}
    return dict(Workload.objects.filter(pk__in=named).values_list("pk", "name")) if named else {}


def because_to(target: Classification, names: Mapping[int, str], seen: Collection[int] | None) -> str:
    """For a reader of whom it is known already what she sees."""
    return in_words(target.review_reasons, names, seen)
