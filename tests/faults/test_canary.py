"""A workload that somebody may not see is named to her nowhere: on no page, in no file, no answer and no letter.

Everything of the hidden side is called CANARY. It touches what the readers see wherever it can: they need it, it needs them, both
need the same third party, reviews are due because of it, a drill of it went wrong, its team keeps views and answers questions.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from communications.models import Delivery
from people import services as people
from people.models import Team, User
from people.permissions import BUSINESS_STAKEHOLDER, WORKLOAD_OWNER
from tests.cast import PASSWORD, Cast, give, open_gates, person
from tests.laws.samples import samples
from tests.laws.test_routes import OURS, _address
from tests.people.conftest import signed_in
from tests.workloads.parts import add_component, add_dependency, add_failure_mode, add_flow, add_third_party, another
from workloads import reviews, services
from workloads.dependencies.services import add_dependency as need
from workloads.models import Proof, SavedView, ThirdParty, Workload
from workloads.reminders import remind_of_reviews

pytestmark = pytest.mark.django_db

CANARY = "canary"
LATER = dt.timedelta(days=10)
# What a reader asks for besides the bare address.
# What a reader typed herself, and the Canary Islands among the time zones.
OTHERWISE = re.compile(
    r"q(?:=|%3d)canary|[\"“‘']canary[\"”’']|&quot;canary&quot;|>canary<|search: canary |atlantic/canary"
)
QUESTIONS = ("", "?q=canary&sort=-review&ordering=-id", "?as=csv", "?as=json")


@pytest.fixture
def hidden(cast: Cast) -> Workload:
    """The other side."""
    team = Team.objects.create(name="CANARY team", purpose="CANARY purpose")
    keeper = person("Kari Keeper", team=team)  # holds a role, so that everybody may see her name
    at = timezone.now() - LATER
    workload = services.add_workload(
        by=cast.head, at=at, name="CANARY Ledger", purpose="CANARY books", owner_team=team, reference="CANARY-1",
        tags=["canary-tag"], business_unit="CANARY unit",
    )  # fmt: skip
    open_gates(workload, keeper)
    of_it = {"workload": workload, "by": keeper}
    add_flow(cast, "CANARY flow", **of_it)
    add_failure_mode(cast, "CANARY fails", component=add_component(cast, "CANARY disk", **of_it), **of_it)
    SavedView.objects.create(owner=keeper, name="CANARY view", query="q=CANARY", saved_at=at, saved_by=keeper)
    return workload


@pytest.fixture
def touching(cast: Cast, hidden: Workload):
    """Addresses of everything that the readers may see, with the other side behind it."""
    values = samples(cast)
    party = ThirdParty.objects.get()
    add_third_party(cast, "Network")
    own: dict[str, Any] = {"workload": cast.workload, "by": cast.head, "at": timezone.now()}
    added = need(needs=hidden, **own)
    add_flow(cast, "Pay through it", dependencies=[added])
    add_dependency(cast, cast.workload, workload=hidden, strength="soft", remains="CANARY paper")
    add_dependency(cast, third_party=party, workload=hidden)
    day = timezone.now().date()
    reviews.note_proof(
        workload=hidden, proven_on=day, rto=Proof.MISSED, rpo=Proof.MISSED, by=cast.head, at=timezone.now()
    )
    remind_of_reviews(at=timezone.now() + dt.timedelta(days=1))
    return values


def body_of(answer) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    return content.decode(errors="replace").lower()


@pytest.mark.parametrize("reader", ["owner", "stakeholder", "stranger"])
def test_no_route_names_what_its_reader_may_not_see(cast, touching, reader):
    user: User = getattr(cast, reader)
    client, leaks = Client(), {}
    assert client.login(email=user.email, password=PASSWORD)
    for _, name, _ in OURS:
        if name is None:
            continue
        address, is_object = _address(name, touching.get(name, {}))
        for question in QUESTIONS[:1] if is_object else QUESTIONS:
            said = OTHERWISE.sub("", body_of(client.get(f"{address}{question}")))
            if CANARY in said:
                leaks[f"{address}{question}"] = said[max(0, said.index(CANARY) - 80) :][:160]
    assert leaks == {}


def test_no_letter_names_what_its_reader_may_not_see(cast, touching):
    seen = [cast.owner, cast.stakeholder, cast.deputy, cast.stranger]
    letters = Delivery.objects.filter(user__in=seen).select_related("message")
    assert letters.filter(message__purpose="review-due-early").exists()
    assert [d.message.body for d in letters if CANARY in f"{d.message.subject_line} {d.message.body}".lower()] == []


def test_who_may_see_it_reads_its_name_there(cast, touching):
    """Or this walk would prove nothing."""
    client = Client()
    assert client.login(email=cast.head.email, password=PASSWORD)
    for name in ("workloads:workload", "workloads:review", "workloads:dependencies", "workloads:map"):
        address, _ = _address(name, touching.get(name, {}))
        assert CANARY in body_of(client.get(address)), address


def test_who_may_not_see_all_is_not_told_that_a_workload_has_the_name(cast, hidden):
    """That it cannot be used cannot be hidden from her; the words are the same whoever has it."""
    owner, head = signed_in(cast.owner), signed_in(cast.head)
    another(cast, "Claims Desk", "Payments")
    address = f"/workloads/{cast.workload.pk}/change/"
    form = {"purpose": "x", "owner_team": cast.team.pk, "lifecycle": "live"}
    for name, reference in (("canary ledger", "A-9"), ("Claims Desk", "A-9"), ("Payment Hub", "CANARY-1")):
        values = form | {"name": name, "reference": reference}
        page = owner.post(address, values)
        assert (page.status_code, "cannot be used here" in page.content.decode()) == (422, True), name
        assert "Another workload" not in page.content.decode()
        api = owner.patch(f"/api/v1/workloads/{cast.workload.pk}/", values, content_type="application/json")
        assert "Another workload" not in api.content.decode()
        assert "Another workload has this" in head.post(address, values).content.decode()


def test_roles_for_the_hidden_workload_do_not_show_it(cast, touching, hidden):
    """Somebody whom the readers know holds a role there: her page says nothing of where."""
    give(BUSINESS_STAKEHOLDER, cast.sponsor, workload=hidden)
    give(WORKLOAD_OWNER, cast.sponsor, workload=hidden)
    for address in ("/people/", f"/people/{cast.sponsor.pk}/", "/people/roles/", "/people/assignments/"):
        assert CANARY not in body_of(signed_in(cast.owner).get(address)), address
    assert people.User.objects.visible_to(cast.owner).filter(pk=cast.sponsor.pk).exists()
