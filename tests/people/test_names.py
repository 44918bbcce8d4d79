"""Names in one line and without links, addresses that mail can go to: refused at every door in the same words."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.http import QueryDict

from audit.errors import Invalid
from people import services
from people.models import Contact, Role, Team, User
from people.names import address_problem, name_problem
from tests.cast import NOW
from tests.people.conftest import signed_in
from workloads.campaigns.services import open_campaign
from workloads.dependencies.services import add_third_party
from workloads.flows.components import add_component
from workloads.flows.services import add_flow
from workloads.models import Workload
from workloads.register.services import check_register
from workloads.saved.services import save_view
from workloads.services import add_workload, change_workload

BAD_NAMES = [
    "Ann\nBcc: all@example.org",
    "Ann\r\n\r\nPay here",
    "Ann\u2028Pay here",
    "Ann\x85Pay",
    "Ann\x00",
    "Ann\x1b[31m",
    "\u202egnp.exe",
    "Ann https://evil.example/x",
    "HTTP://EVIL.EXAMPLE",
    "Ann www.evil.example",
    "javascript:alert(1)",
    "mailto:x@evil.example",
]
GOOD_NAMES = [
    "Åsa Øberg-Müller",
    "支払い",
    "محمد",
    "Nguyễn Văn A",
    "O’Neill, Conan",
    "Booking.com sync",
    "A & B: ledger/GL (new)",
    "R\u200dK",
    "Sales data: the warehouse",
    "awww.thing",
    "C++ build",
    "24:7 desk",
]
BAD_ADDRESSES = [
    "zoë@example.org",
    "ann@",
    "@example.org",
    "ann",
    "a b@example.org",
    "ann..b@example.org",
    ".ann@example.org",
    "ann.@example.org",
    f"{'a' * 65}@example.org",
    f"ann@{'a' * 64}.org",
    "ann@example.org.",
    "ann@example..org",
    "ann@-example.org",
    "ann@[127.0.0.1]",
    "ann@[IPv6:::1]",
    "ann@localhost",
    "ann@10.0.0.1",
    '"ann b"@example.org',
    "ann\t@example.org",
    "ann@exa mple.org",
    "ann@b@example.org",
    "ann@example.org\nBcc: x@y.org",
    f"ann@{'.'.join(['a' * 60] * 5)}.org",
    "<ann@example.org>",
    "ann,b@example.org",
    "ann@example.org\x00",
]
GOOD_ADDRESSES = [
    "ann@example.org",
    "ann.o'neill+dr@mail.example.co.uk",
    f"{'a' * 64}@example.org",
    "x@bücher.example",
    "x@例え.jp",
    "1@2.example",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_is_one_line_without_a_link(name):
    assert name_problem(name)


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_names_of_all_languages_are_names(name):
    assert name_problem(name) == ""


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_no_server_carries_is_none(address):
    assert address_problem(address)


@pytest.mark.parametrize("address", GOOD_ADDRESSES)
def test_an_address_that_mail_goes_to_is_one(address):
    assert address_problem(address) == ""


LINK, BREAK = "Ann www.evil.example", "Ann\nBcc: all@example.org"


@pytest.mark.parametrize("bad", [LINK, BREAK])
def test_every_deed_that_names_something_refuses_in_the_field(cast, bad):
    head = {"by": cast.head, "at": NOW}
    on = {"workload": cast.workload} | head
    contact = Contact.objects.create(name="Duty line", kind="vendor", phone="1")
    reach = {"title": "", "phone": "", "time_zone": "UTC", "teams": ()}
    deeds = {
        "add person": lambda: services.add_person(email="a@example.org", name=bad, **head),
        "change person": lambda: services.change_person(person=cast.owner, name=bad, **reach, **head),
        "add team": lambda: services.add_team(name=bad, **head),
        "change team": lambda: services.change_team(team=cast.team, name=bad, purpose="", members=[], **head),
        "add contact": lambda: services.add_contact(name=bad, kind="vendor", phone="1", **head),
        "change contact": lambda: services.change_contact(contact=contact, name=bad, **head),
        "issue token": lambda: services.issue_token(name=bad, scope="read", days=1, **head),
        "add workload": lambda: add_workload(name=bad, purpose="x", owner_team=cast.team, **head),
        "change workload": lambda: change_workload(name=bad, **on),
        "add component": lambda: add_component(name=bad, kind="service", **on),
        "add flow": lambda: add_flow(name=bad, what="x", **on),
        "add third party": lambda: add_third_party(name=bad, **head),
        "open campaign": lambda: open_campaign(
            name=bad, due_on=NOW.date() + dt.timedelta(days=9), params=QueryDict(""), **head
        ),
    }
    if bad is LINK:  # a view's name is put into one line
        deeds["save view"] = lambda: save_view(name=bad, query="tier=1", **head)
    for what, deed in deeds.items():
        with pytest.raises(Invalid) as refused:
            deed()
        assert "name" in refused.value.fields, what


@pytest.mark.parametrize("address", ["zoë@example.org", f"{'a' * 65}@example.org", "ann@[127.0.0.1]", "ann@localhost"])
def test_an_address_is_refused_at_every_door(cast, address):
    client = signed_in(cast.head)
    person = {"email": address, "name": "Ann", "time_zone": "UTC"}
    assert client.post("/people/add/", person).status_code == 422
    assert client.post("/api/v1/people/", person, content_type="application/json").status_code == 400
    contact = {"name": "Ann", "kind": "vendor", "email": address}
    assert client.post("/people/contacts/add/", contact).status_code == 422
    keeper = signed_in(cast.platform)
    keeper.post("/admin/people/user/add/", {"email": address, "name": "Ann"})
    keeper.post("/admin/people/contact/add/", contact | {"organisation": "", "phone": "", "note": ""})
    assert not User.objects.filter(name="Ann").exists()
    assert not Contact.objects.exists()


def test_the_admin_refuses_such_names(cast):
    keeper = signed_in(cast.platform)
    role = Role.objects.get(pk="auditor")
    keeper.post("/admin/people/team/add/", {"name": LINK, "purpose": ""})
    form = {"name": LINK, "duties": role.duties, "position": role.position, "rights": ",".join(role.rights)}
    keeper.post("/admin/people/role/auditor/change/", form)
    assert not Team.objects.filter(name__contains="evil").exists()
    assert Role.objects.get(pk="auditor").name == role.name


def test_page_and_api_say_what_to_write(cast):
    client = signed_in(cast.head)
    page = client.post("/people/add/", {"email": "a@example.org", "name": LINK, "time_zone": "UTC"})
    assert (page.status_code, "cannot hold a link" in page.content.decode()) == (422, True)
    answer = client.post("/api/v1/people/", {"email": "a@example.org", "name": BREAK}, content_type="application/json")
    assert answer.status_code == 400
    assert "one line" in json.dumps(answer.json())


def test_an_import_refuses_the_row(cast):
    rows = f"name,reference,purpose,team\n{LINK},A-1,x,Payments\nFine,A-2,x,Payments\n"
    report = check_register(data=rows.encode(), name="r.csv", by=cast.head, at=NOW)
    assert [bool(row.problems) for row in report.rows] == [True, False]
    assert "cannot hold a link" in report.rows[0].problems[0].what
    document = {"third_parties": [{"name": LINK}]}
    report = check_register(data=json.dumps(document).encode(), name="r.json", by=cast.head, at=NOW)
    assert "cannot hold a link" in report.rows[0].problems[0].what
    assert Workload.objects.count() == 1
