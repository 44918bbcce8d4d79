"""Dependencies: what a workload needs, as far as the reader may know."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from tests.cast import NOW, put_in_force
from tests.workloads.parts import add_dependency, add_flow, add_third_party, another
from workloads.dependencies import services
from workloads.due_early import because_for
from workloads.models import Classification, Dependency
from workloads.naming import HIDDEN

FORM = {"strength": "hard", "order": "sequential"}


def test_a_dependency_is_added_changed_and_removed(cast):
    need = add_dependency(cast, another(cast))
    services.change_dependency(
        dependency=need, by=cast.owner, at=NOW, strength="soft", remains="Quotes wait.", order="parallel"
    )
    services.remove_dependency(dependency=need, by=cast.owner, at=NOW)
    told = list(Event.objects.filter(kind__startswith="dependency.").order_by("pk"))
    assert [event.kind for event in told] == ["dependency.added", "dependency.changed", "dependency.removed"]
    assert told[1].before == {"strength": "hard", "remains": "", "order": "sequential"}
    assert {event.thread for event in told} == {cast.workload.trail_thread}
    with pytest.raises(WrongState, match="removed"):
        services.change_dependency(dependency=need, by=cast.owner, at=NOW, note="x")


def test_what_was_hard_before_stays_so_or_goes_without_a_review(cast):
    """One that becomes hard makes the review due: tests/workloads/test_make_due.py."""
    need = add_dependency(cast, another(cast))
    target = put_in_force(cast)
    services.change_dependency(dependency=need, by=cast.owner, at=NOW, note="Since March.")
    services.change_dependency(dependency=need, by=cast.owner, at=NOW, strength="soft", remains="Something.")
    services.remove_dependency(dependency=need, by=cast.owner, at=NOW)
    target.refresh_from_db()
    assert target.review_because == ""


def test_a_dependency_is_on_one_thing_other_than_itself(cast):
    vendor, other = add_third_party(cast), another(cast)
    for values in ({}, {"needs": other, "third_party": vendor}, {"needs": cast.workload}):
        with pytest.raises(Invalid) as refused:
            add_dependency(cast, **values)
        assert list(refused.value.fields) == ["needs"]


def test_soft_says_what_remains(cast):
    with pytest.raises(Invalid) as refused:
        add_dependency(cast, another(cast), strength="soft", remains=" ")
    assert list(refused.value.fields) == ["remains"]


def test_each_thing_is_needed_once(cast):
    vendor, other = add_third_party(cast), another(cast)
    add_dependency(cast, other)
    add_dependency(cast, third_party=vendor)
    for values, field in (({"needs": other}, "needs"), ({"third_party": vendor}, "third_party")):
        with pytest.raises(Invalid) as refused:
            add_dependency(cast, **values)
        assert list(refused.value.fields) == [field]


def test_a_cycle_may_be_written_down(cast):
    other = another(cast)
    add_dependency(cast, other)
    add_dependency(cast, cast.workload, workload=other)
    assert Dependency.objects.count() == 2


def test_what_is_needed_cannot_be_exchanged(cast):
    need = add_dependency(cast, another(cast))
    with pytest.raises(Invalid, match="Remove this dependency"):
        services.change_dependency(dependency=need, by=cast.owner, at=NOW, needs=another(cast, "Other"))


def test_nobody_names_a_workload_that_is_not_hers_to_see(cast, page):
    other = another(cast)
    with pytest.raises(Invalid) as refused:
        add_dependency(cast, other, by=cast.owner)
    assert list(refused.value.fields) == ["needs"]
    address = f"/workloads/{cast.workload.pk}/dependencies/add/"
    assert page(cast.owner).post(f"{address}?needs={other.pk}", FORM).status_code == 404
    assert other.name not in page(cast.owner).get(f"{address}?q=Ledger").context["choices"].workloads
    assert "Policy Ledger" not in page(cast.owner).get(f"{address}?q=Ledger").text


def test_of_a_workload_that_is_not_the_readers_it_is_only_said_that_there_is_one(cast, page):
    other, dependent = another(cast), another(cast, "Claims Desk")
    add_dependency(cast, other)
    add_dependency(cast, cast.workload, workload=dependent, strength="soft", remains="Clerks write on paper.")
    shown = page(cast.owner).get(f"/workloads/{cast.workload.pk}/dependencies/").text
    assert "Policy Ledger" not in shown
    assert shown.lower().count(HIDDEN) == 3  # it needs one, one needs it, and the link to change the first
    assert f"/workloads/{other.pk}/" not in shown
    assert "Claims Desk" not in shown
    assert "Clerks write on paper." not in shown
    assert "Clerks write on paper." in page(cast.head).get(f"/workloads/{cast.workload.pk}/dependencies/").text


def test_every_page_of_its_dependency_and_its_flows_keeps_the_name_to_itself(cast, page):
    need = add_dependency(cast, another(cast))
    flow = add_flow(cast, dependencies=[need])
    for path in (
        f"/workloads/dependencies/{need.pk}/change/", f"/workloads/dependencies/{need.pk}/remove/",
        f"/workloads/{cast.workload.pk}/flows/", f"/workloads/flows/{flow.pk}/change/",
        f"/workloads/{cast.workload.pk}/flows/add/", f"/workloads/{cast.workload.pk}/map/",
        f"/workloads/{cast.workload.pk}/", "/workloads/findings/",
    ):  # fmt: skip
        assert "Policy Ledger" not in page(cast.owner).get(path).text, path
        assert page(cast.owner).get(path).status_code == 200, path
    for path in (f"/workloads/dependencies/{need.pk}/change/", f"/workloads/{cast.workload.pk}/flows/"):
        assert HIDDEN in page(cast.owner).get(path).text.lower(), path
        assert "Policy Ledger" in page(cast.head).get(path).text, path


def test_a_reason_for_a_review_names_only_what_its_reader_may_see(cast):
    """Whoever wrote it: the head of operations sees what is needed, the owner of the workload does not."""
    put_in_force(cast)
    need = add_dependency(cast, another(cast), strength="soft", remains="Paper.")
    services.change_dependency(dependency=need, by=cast.head, at=NOW, strength="hard")
    target = Classification.objects.get()
    name = need.needs.name
    for reader, named in ((cast.owner, HIDDEN), (cast.stakeholder, HIDDEN), (cast.head, name), (None, name)):
        said = because_for([target], reader)[target.pk]
        assert said == f"It now depends on {named}, and nothing works without it.", reader
    assert name not in target.review_because


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("stakeholder", 403), ("stranger", 404)])
def test_who_may_not_change_the_workload_changes_no_dependency(cast, page, who, status):
    user, need = getattr(cast, who), add_dependency(cast, another(cast))
    for deed in (
        lambda: add_dependency(cast, another(cast, "Other"), by=user),
        lambda: services.change_dependency(dependency=need, by=user, at=NOW, note="x"),
        lambda: services.remove_dependency(dependency=need, by=user, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            deed()
    addresses = [f"/workloads/dependencies/{need.pk}/{deed}/" for deed in ("change", "remove")]
    for address in (*addresses, f"/workloads/{cast.workload.pk}/dependencies/add/"):
        assert page(user).get(address).status_code == status
        assert page(user).post(address, FORM).status_code == status


def test_what_is_needed_is_found_by_name_and_then_described(cast, page):
    other, vendor = another(cast), add_third_party(cast)
    client, address = page(cast.head), f"/workloads/{cast.workload.pk}/dependencies/"
    assert "No dependency yet" in client.get(address).text
    found = client.get(f"{address}add/?q=ledger").text
    assert f'href="?needs={other.pk}"' in found
    assert "Payment Hub needs Policy Ledger" in client.get(f"{address}add/?needs={other.pk}").text
    assert client.post(f"{address}add/?needs={other.pk}", FORM).url == address
    assert f'href="?needs={other.pk}"' not in client.get(f"{address}add/?q=ledger").text
    soft = {"strength": "soft", "order": "parallel", "remains": "Cash only."}
    assert client.post(f"{address}add/?third_party={vendor.pk}", soft).url == address
    shown = client.get(address).text
    assert "Goes on: Cash only." in shown
    assert "no target" in shown
    need = Dependency.objects.get(needs=other)
    client.post(f"/workloads/dependencies/{need.pk}/change/", FORM | {"order": "parallel"})
    need.refresh_from_db()
    assert need.order == "parallel"
    client.post(f"/workloads/dependencies/{need.pk}/remove/")
    assert Dependency.objects.count() == 1


@pytest.mark.parametrize("said", ["x", "-1", "²", "99999999999999999999999", "0", "\x00"])
def test_what_is_no_number_is_not_found(cast, page, said):
    address = f"/workloads/{cast.workload.pk}/dependencies/add/"
    assert page(cast.head).get(address, {"needs": said}).status_code == 404


def test_without_words_the_most_needed_are_offered(cast, page):
    much, little = another(cast, "Identity"), another(cast, "Rarely")
    add_dependency(cast, much, workload=little)
    offered = page(cast.head).get(f"/workloads/{cast.workload.pk}/dependencies/add/").context["choices"]
    assert offered.workloads == [much]


def test_a_page_of_dependencies_costs_the_same_for_one_and_for_ten(cast, page):
    client, address = page(cast.head), f"/workloads/{cast.workload.pk}/dependencies/"

    def cost() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    add_dependency(cast, another(cast, "L0"))
    add_dependency(cast, cast.workload, workload=another(cast, "D0"))
    add_dependency(cast, third_party=add_third_party(cast, "T0"))
    one = cost()
    for number in range(1, 10):
        add_dependency(cast, another(cast, f"L{number}"))
        add_dependency(cast, cast.workload, workload=another(cast, f"D{number}"))
        add_dependency(cast, third_party=add_third_party(cast, f"T{number}"))
    assert cost() == one


def test_a_form_that_was_opened_before_somebody_else_saved_is_stale_and_keeps_the_entries(cast, page):
    need, client = add_dependency(cast, another(cast)), page(cast.head)
    address = f"/workloads/dependencies/{need.pk}/change/"
    opened = client.get(address).context["seen"]
    services.change_dependency(dependency=need, by=cast.owner, at=NOW, order="parallel")
    missing = client.post(address, {"strength": "", "order": "sequential", "note": "Mine.", "seen": opened})
    assert missing.context["seen"] == opened, "a mistake does not make an old form fresh"
    stale = client.post(address, FORM | {"note": "Mine.", "seen": opened})
    assert stale.status_code == 422
    assert "Somebody changed this while you had it open." in stale.text
    assert "Mine." in stale.text
    assert Dependency.objects.get().order == "parallel"
    assert client.post(address, FORM | {"note": "Mine.", "seen": stale.context["seen"]}).status_code == 302
    assert Dependency.objects.get().note == "Mine."


def test_a_misspelt_value_is_an_error_of_whoever_calls_and_nothing_is_written(cast):
    need = add_dependency(cast, another(cast))
    with pytest.raises(TypeError, match="Dependency has no remain"):
        services.change_dependency(dependency=need, by=cast.owner, at=NOW, note="New.", remain="Something.")
    need.refresh_from_db()
    assert need.note == ""
