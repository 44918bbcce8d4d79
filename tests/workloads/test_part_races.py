"""Two people at one dependency, flow or third party at the same moment, over connections of their own."""

# ruff: noqa: B023 (the threads of a round end within it)

from __future__ import annotations

import pytest

from audit.errors import DeedError, WrongState
from audit.models import Event
from tests.cast import NOW, Cast, make_cast
from tests.races import at_once, done
from tests.workloads.parts import add_dependency, add_flow, add_third_party, another
from workloads.dependencies import services
from workloads.flows import services as flows
from workloads.models import Dependency, ThirdParty, UserFlow
from workloads.writing import Stale, seen_as

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
ROUNDS = 5


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_of_two_who_opened_the_same_form_one_saves_and_the_other_is_told(cast):
    need = add_dependency(cast, another(cast))
    flow = add_flow(cast)
    for number in range(ROUNDS):
        need.refresh_from_db()
        flow.refresh_from_db()
        mark, flow_mark = seen_as(need, services.DEPENDENCY), seen_as(flow, flows.FLOW)

        def save(note):
            return services.change_dependency(dependency=need, by=cast.head, at=NOW, seen=mark, note=note)

        def write(what):
            return flows.change_flow(flow=flow, by=cast.head, at=NOW, seen=flow_mark, what=what)

        for deed in (save, write):
            outcomes = at_once(lambda: deed(f"mine {number}"), lambda: deed(f"yours {number}"))
            assert done(outcomes) == 1
            assert [type(one) for one in outcomes if isinstance(one, DeedError)] == [Stale]
    assert Event.objects.filter(kind="dependency.changed").count() == ROUNDS
    assert Event.objects.filter(kind="flow.changed").count() == ROUNDS
    assert UserFlow.objects.get(pk=flow.pk).what.endswith(str(ROUNDS - 1))


def test_without_a_mark_both_changes_of_different_values_stay(cast):
    """A program sends what it changes and nothing else."""
    need = add_dependency(cast, another(cast))
    outcomes = at_once(
        lambda: services.change_dependency(dependency=need, by=cast.head, at=NOW, note="Mine."),
        lambda: services.change_dependency(dependency=need, by=cast.owner, at=NOW, order="parallel"),
    )
    assert done(outcomes) == 2
    need.refresh_from_db()
    assert (need.note, need.order) == ("Mine.", "parallel")


def test_a_change_and_a_removal_have_one_order_and_no_third_outcome(cast):
    for number in range(ROUNDS):
        need = add_dependency(cast, another(cast, f"Ledger {number}"))
        outcomes = at_once(
            lambda: services.change_dependency(dependency=need, by=cast.head, at=NOW, note="x"),
            lambda: services.remove_dependency(dependency=need, by=cast.head, at=NOW),
        )
        assert not isinstance(outcomes[1], DeedError)
        assert not Dependency.objects.filter(pk=need.pk).exists()


def test_the_same_dependency_is_written_down_once(cast):
    for number in range(ROUNDS):
        other = another(cast, f"Ledger {number}")
        assert done(at_once(*[lambda: add_dependency(cast, other)] * 2)) == 1
    assert Dependency.objects.count() == ROUNDS == Event.objects.filter(kind="dependency.added").count()


def test_a_third_party_is_removed_or_needed_and_never_both(cast):
    for number in range(2 * ROUNDS):
        vendor = add_third_party(cast, f"Vendor {number}")
        outcomes = at_once(
            lambda: services.remove_third_party(third_party=vendor, by=cast.head, at=NOW),
            lambda: add_dependency(cast, third_party=vendor),
        )
        assert done(outcomes) == 1, outcomes
        assert isinstance(outcomes[0], WrongState) == ThirdParty.objects.filter(pk=vendor.pk).exists()


def test_a_third_party_is_removed_once(cast):
    vendor = add_third_party(cast)
    remove = lambda: services.remove_third_party(third_party=vendor, by=cast.head, at=NOW)  # noqa: E731
    assert done(at_once(remove, remove)) == 1
    assert Event.objects.filter(kind="third_party.removed").count() == 1
