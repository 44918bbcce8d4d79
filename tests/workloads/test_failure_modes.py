"""Failure modes and the priority that follows from them."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from tests.cast import NOW
from tests.workloads.parts import add_component, add_failure_mode, add_flow, another
from workloads.flows import services
from workloads.flows.priority import Priority, priority
from workloads.models import FailureMode

ANSWER = st.integers(1, 4)
RANK = {Priority.LOW: 0, Priority.MEDIUM: 1, Priority.HIGH: 2}
FORM = {
    "what": "The disk fills up", "category": "load", "effect": "Nothing is saved.", "likelihood": "4", "severity": "4",
    "noticed": "1",
}  # fmt: skip


@given(ANSWER, ANSWER, ANSWER, st.sampled_from(("severity", "likelihood", "noticed")))
def test_a_worse_answer_never_lowers_the_priority(severity, likelihood, noticed, which):
    answers = {"severity": severity, "likelihood": likelihood, "noticed": noticed}
    worse = answers | {which: min(4, answers[which] + 1)}
    assert RANK[priority(**worse)] >= RANK[priority(**answers)]


@given(st.tuples(*[st.integers(-3, 9)] * 3).filter(lambda answers: not all(1 <= a <= 4 for a in answers)))
def test_answers_outside_the_scale_have_no_priority(answers):
    with pytest.raises(ValueError, match="1 to 4"):
        priority(severity=answers[0], likelihood=answers[1], noticed=answers[2])


@pytest.mark.parametrize(
    ("severity", "likelihood", "noticed", "expected"),
    [
        (1, 1, 1, "low"), (1, 4, 1, "low"), (3, 2, 1, "low"), (2, 2, 2, "medium"), (4, 1, 1, "medium"),
        (3, 2, 3, "medium"), (3, 2, 4, "high"), (4, 3, 1, "high"), (3, 4, 1, "high"), (4, 4, 4, "high"),
        (2, 4, 2, "medium"), (2, 3, 4, "high"),
    ],
)  # fmt: skip
def test_priorities_by_example(severity, likelihood, noticed, expected):
    assert priority(severity=severity, likelihood=likelihood, noticed=noticed) == expected


def test_every_priority_is_reached():
    found = {priority(severity=s, likelihood=li, noticed=n) for s, li, n in product(range(1, 5), repeat=3)}
    assert found == set(Priority)


def test_a_failure_mode_names_its_component_and_the_flows_it_hits(cast):
    part, flow = add_component(cast), add_flow(cast)
    mode = add_failure_mode(cast, component=part, flows=[flow])
    event = Event.objects.get(kind="failure_mode.added")
    assert (event.after["component"], event.after["flows"]) == ("Claims database", ["Pay a claim"])
    services.change_failure_mode(mode=mode, by=cast.owner, at=NOW, severity=4, flows=[])
    event = Event.objects.get(kind="failure_mode.changed")
    assert (event.before, event.after) == ({"severity": 3, "flows": ["Pay a claim"]}, {"severity": 4, "flows": []})
    services.remove_failure_mode(mode=mode, by=cast.owner, at=NOW)
    assert Event.objects.filter(kind="failure_mode.removed").count() == 1
    with pytest.raises(WrongState):
        services.remove_failure_mode(mode=mode, by=cast.owner, at=NOW)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"what": " ", "effect": ""}, ["effect", "what"]),
        ({"category": "weather"}, ["category"]),
        ({"likelihood": 5, "severity": 0, "noticed": None}, ["likelihood", "noticed", "severity"]),
    ],
)
def test_what_does_not_fit_names_its_fields(cast, values, fields):
    with pytest.raises(Invalid) as refused:
        add_failure_mode(cast, **values)
    assert sorted(refused.value.fields) == fields


def test_parts_and_flows_of_another_workload_do_not_belong(cast):
    other = another(cast)
    part = add_component(cast, workload=other, by=cast.head)
    flow = add_flow(cast, workload=other, by=cast.head)
    with pytest.raises(Invalid) as refused:
        add_failure_mode(cast, component=part, flows=[flow])
    assert sorted(refused.value.fields) == ["component", "flows"]
    mode = add_failure_mode(cast)
    with pytest.raises(Invalid) as refused:
        services.change_failure_mode(mode=mode, by=cast.owner, at=NOW, component=part, flows=[flow])
    assert sorted(refused.value.fields) == ["component", "flows"]


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("stakeholder", 403), ("stranger", 404)])
def test_who_may_not_change_the_workload_changes_no_failure_mode(cast, page, who, status):
    user, mode = getattr(cast, who), add_failure_mode(cast)
    for deed in (
        lambda: add_failure_mode(cast, by=user),
        lambda: services.change_failure_mode(mode=mode, by=user, at=NOW, what="x"),
        lambda: services.remove_failure_mode(mode=mode, by=user, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            deed()
    addresses = [f"/workloads/failure-modes/{mode.pk}/{deed}/" for deed in ("change", "remove")]
    for address in (*addresses, f"/workloads/{cast.workload.pk}/failure-modes/add/"):
        assert page(user).get(address).status_code == status
        assert page(user).post(address, FORM).status_code == status


def test_the_page_lists_the_most_pressing_first(cast, page):
    client, address = page(cast.owner), f"/workloads/{cast.workload.pk}/failure-modes/"
    assert "No failure mode yet" in client.get(address).text
    assert client.post(f"{address}add/", FORM).url == address
    add_failure_mode(cast, "A typo in a report", severity=1, likelihood=4, noticed=3)
    add_failure_mode(cast, "The link is cut", severity=4, likelihood=1, noticed=1)
    shown = client.get(address).text
    places = [shown.index(what) for what in ("The disk fills up", "The link is cut", "A typo in a report")]
    assert "3 ways in which it can fail; 1 of high priority." in shown
    assert places[0] < min(places[1:])
    mode = FailureMode.objects.get(what="The disk fills up")
    client.post(f"/workloads/failure-modes/{mode.pk}/change/", FORM | {"what": "The disk is full"})
    assert "The disk is full" in client.get(address).text
    client.post(f"/workloads/failure-modes/{mode.pk}/remove/")
    assert "The disk is full" not in client.get(address).text


def test_everything_that_is_missing_is_said_at_once(cast, page):
    answer = page(cast.owner).post(f"/workloads/{cast.workload.pk}/failure-modes/add/", {"detection": ""})
    missing = ["category", "effect", "likelihood", "noticed", "severity", "what"]
    assert (answer.status_code, sorted(answer.context["form"].errors)) == (422, missing)


def test_a_failure_mode_that_somebody_else_changed_meanwhile_is_not_written_over_unseen(cast, page):
    mode, client = add_failure_mode(cast), page(cast.owner)
    address = f"/workloads/failure-modes/{mode.pk}/change/"
    sent = FORM | {"seen": client.get(address).context["seen"], "mitigation": "Mine."}
    services.change_failure_mode(mode=mode, by=cast.head, at=NOW, mitigation="Theirs.")
    reply = client.post(address, sent)
    assert "Somebody changed this while you had it open" in reply.text
    assert FailureMode.objects.get().mitigation == "Theirs."
    assert client.post(address, sent | {"seen": reply.context["seen"]}).status_code == 302
    assert FailureMode.objects.get().mitigation == "Mine."
