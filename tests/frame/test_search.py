"""One search over everything."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communications.purposes import Purpose
from communications.services import compose
from drills import services as drills
from drills.models import DrillKind
from drportal.search import LISTED, search
from people.models import Contact
from tests.cast import NOW, PASSWORD, Cast, person, propose, put_in_force
from tests.drills.play import finished, gap, planned
from tests.workloads.parts import add_third_party
from workloads.models import UserFlow, Workload
from workloads.services import add_workload, send_for_signature
from workloads.words import words_of

pytestmark = pytest.mark.django_db


def labels(user, question):
    return [group.label for group in search(user, question, on=NOW.date())]


def hits(user, question, label):
    return [hit.title for group in search(user, question, on=NOW.date()) if group.label == label for hit in group.hits]


def page(user, question):
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client.get("/search/", {"q": question})


@pytest.fixture
def estate(cast: Cast) -> Cast:
    """Something of every kind that is called Payment Hub, or is about it."""
    put_in_force(cast)
    planned(cast)
    send_for_signature(classification=propose(cast, tier=2), by=cast.owner, at=NOW)
    UserFlow.objects.create(
        workload=cast.workload,
        name="Pay a claim",
        what="From Payment Hub to the bank",
        added_at=NOW,
        added_by=cast.owner,
    )
    return cast


def test_it_finds_every_kind_of_thing(estate):
    found = labels(estate.head, "payment")
    assert {"Workloads", "User flows", "Teams", "Drills", "Documents for signature", "Messages"} <= set(found)
    assert labels(estate.head, "Tomas") == ["People"]


def test_all_words_are_wanted_in_any_order(estate):
    assert hits(estate.head, "hub payment", "Workloads") == ["Payment Hub"]
    assert all(group.is_close for group in search(estate.head, "payment lantern", on=NOW.date()))


def test_a_stranger_finds_nothing_of_others(estate):
    assert set(labels(estate.stranger, "payment")) == set()
    assert "Payment Hub" not in page(estate.stranger, "payment").content.decode().replace("“payment”", "")


@pytest.mark.parametrize(
    ("typed", "label"),
    [("payment", "Workloads"), ("claim", "User flows"), ("nimbus", "Third parties"), ("quentin", "People"),
     ("payments", "Teams"), ("switchboard", "Contacts"), ("payment", "Drills"), ("certificate", "Actions"),
     ("payment", "Documents for signature"), ("payment", "Messages")],
)  # fmt: skip
def test_what_is_found_of_every_kind_is_hidden_from_a_stranger(estate, typed, label):
    add_third_party(estate, "Nimbus Cloud")
    gap(finished(estate), estate, title="Renew the certificate")
    person("Quentin Quist")
    Contact.objects.create(name="Switchboard", organisation="Fjord Phones", phone="110")
    assert label in labels(estate.head, typed)
    assert labels(estate.stranger, typed) == []


def test_who_can_no_longer_sign_in_is_not_found(estate):
    person("Quentin Quist", is_active=False)
    assert labels(estate.head, "quentin") == []


def test_the_owner_finds_her_own_things_only(estate):
    add_workload(by=estate.head, at=NOW, name="Payment Secrets", purpose="-", owner_team=_other_team())
    assert hits(estate.owner, "payment", "Workloads") == ["Payment Hub"]


def _other_team():
    return Workload._meta.get_field("owner_team").related_model.objects.create(name="Elsewhere")


def test_a_flow_is_shown_on_the_page_of_flows_where_it_stands(estate):
    flow = UserFlow.objects.get(what__contains="to the bank")
    found = [hit.url for group in search(estate.head, "claim bank", on=NOW.date()) for hit in group.hits]
    assert found == [f"/workloads/{estate.workload.pk}/flows/#flow-{flow.pk}"]
    client = Client()
    assert client.login(email=estate.head.email, password=PASSWORD)
    assert f'id="flow-{flow.pk}"' in client.get(found[0]).text


def test_a_third_party_is_found_by_whoever_may_see_any_workload(estate):
    add_third_party(estate, "Nimbus Cloud")
    assert (
        hits(estate.head, "nimbus", "Third parties")
        == hits(estate.owner, "nimbus", "Third parties")
        == ["Nimbus Cloud"]
    )
    assert labels(estate.stranger, "nimbus") == []


@pytest.mark.parametrize(
    ("typed", "label"),
    [("pamyent hub", "Workloads"), ("pya claim", "User flows"), ("nimbsu", "Third parties"), ("tomsa", "People"),
     ("paymetns", "Teams"), ("paymnet", "Drills"), ("paymnet", "Documents for signature"), ("paymnet", "Messages"),
     ("certficate", "Actions")],
)  # fmt: skip
def test_a_typing_mistake_finds_every_kind_of_thing(estate, typed, label):
    add_third_party(estate, "Nimbus Cloud")
    gap(finished(estate), estate, title="Renew the certificate")
    found = search(estate.head, typed, on=NOW.date())
    assert label in [group.label for group in found]
    assert all(group.is_close for group in found)


@pytest.mark.parametrize("typed", ["paymnt hub", "payment hbu", "Pament"])
def test_a_typing_mistake_finds_what_is_close_and_says_so(estate, typed):
    answer = page(estate.head, typed).content.decode()
    assert f"Nothing for “{typed}”" in answer
    assert "Close to it" in answer
    assert "Payment Hub" in answer


def test_what_is_not_even_close_is_not_shown(estate):
    answer = page(estate.head, "zebra").content.decode()
    assert "Nothing for “zebra”" in answer
    assert "Close to it" not in answer


@pytest.mark.parametrize(
    "typed", ["%", "_", "\\", "' OR 1=1 --", "<script>alert(1)</script>", "\0", "a" * 5000, "😀 " * 60]
)
def test_hostile_text_is_only_text(estate, typed):
    answer = page(estate.head, typed)
    assert answer.status_code == (400 if len(typed.strip()) > 100 else 200)
    assert "<script>alert" not in answer.content.decode()


def test_a_long_question_keeps_its_first_words():
    assert words_of("a b c d e f g h i j") == list("abcdefgh")
    assert words_of("a\0b") == ["a", "b"]


def test_more_than_fit_lead_to_the_list(cast):
    for number in range(LISTED + 3):
        add_workload(by=cast.head, at=NOW, name=f"Ledger {number}", purpose="-", owner_team=cast.team)
    group = search(cast.head, "ledger", on=NOW.date())[0]
    assert len(group.hits) == LISTED
    assert group.has_more
    assert Client().get(group.all_url).status_code == 302  # the register, which asks who it is
    assert group.all_url == "/workloads/?q=ledger"


def test_what_is_found_does_not_change_what_it_costs(estate):
    page(estate.head, "payment")
    costs = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as captured:
            search(estate.head, "payment", on=NOW.date())
        costs.append(len(captured))
        for number in range(6):
            add_workload(by=estate.head, at=NOW, name=f"Payment {turn}{number}", purpose="-", owner_team=estate.team)
            compose(
                Purpose.CLASSIFICATION_WITHDRAWN, to=[estate.head], thread=estate.workload.trail_thread, path="/",
                context={"workload": f"Payment {number}", "who": "x"}, by=estate.owner, at=NOW,
            )  # fmt: skip
            drills.schedule(
                workload=estate.workload, by=estate.owner, at=NOW, kind=DrillKind.RESTORE,
                window_start=NOW.replace(month=12, day=number + 1), window_end=NOW.replace(month=12, day=number + 2),
                coordinator=estate.owner, success_criteria="Back.",
            )  # fmt: skip
    assert costs[0] == costs[1] <= 14


def test_without_a_question_the_page_says_what_can_be_found(cast):
    assert "in one go" in page(cast.head, "  ").content.decode()
