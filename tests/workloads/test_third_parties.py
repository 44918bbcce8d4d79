"""The register of third parties: what vendors promise, and who needs them."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.errors import Invalid, NotAllowed, WrongState
from audit.models import Event
from people.models import Contact
from tests.cast import NOW, put_in_force
from tests.workloads.parts import add_dependency, add_third_party, another
from workloads.dependencies import services
from workloads.models import ThirdParty

FORM = {
    "name": "Card network", "vendor": "Kronos", "rto_seconds": "4 h", "rpo_seconds": "0 s", "document": "CN-2231",
    "promised_until_on": "2020-01-31", "has_failover": "no",
}  # fmt: skip


def test_a_third_party_is_added_and_changed(cast):
    vendor = add_third_party(cast, rto_seconds=3600, document="CN-2231")
    services.change_third_party(third_party=vendor, by=cast.platform, at=NOW, has_failover=False)
    added, changed = Event.objects.filter(kind__startswith="third_party.").order_by("pk")
    assert (added.after["rto_seconds"], added.thread) == (3600, vendor.trail_thread)
    assert (changed.before, changed.after) == ({"has_failover": None}, {"has_failover": False})


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "Card network"}, ["name"]),
        ({"name": "New", "rto_seconds": 60}, ["document"]),
        ({"name": "New", "document": "x" * 301}, ["document"]),
    ],
)
def test_what_does_not_fit_names_its_fields(cast, values, fields):
    add_third_party(cast)
    with pytest.raises(Invalid) as refused:
        add_third_party(cast, **values)
    assert sorted(refused.value.fields) == fields


@pytest.mark.parametrize("who", ["owner", "auditor", "stakeholder", "stranger"])
def test_only_who_may_add_workloads_writes_in_the_register(cast, page, who):
    user, vendor = getattr(cast, who), add_third_party(cast)
    with pytest.raises(NotAllowed):
        add_third_party(cast, "Other", by=user)
    with pytest.raises(NotAllowed):
        services.change_third_party(third_party=vendor, by=user, at=NOW, vendor="x")
    assert page(user).get("/workloads/third-parties/add/").status_code == 403
    change = page(user).post(f"/workloads/third-parties/{vendor.pk}/change/", FORM)
    assert change.status_code == (404 if who == "stranger" else 403)
    shown = page(user).get("/workloads/third-parties/")
    assert shown.status_code == 200
    assert ("Card network" in shown.text) is (who != "stranger")


def test_the_form_leads_there_and_an_expired_promise_is_seen(cast, page):
    client = page(cast.platform)
    assert "No third party yet" in client.get("/workloads/third-parties/").text
    assert client.post("/workloads/third-parties/add/", FORM).url == "/workloads/third-parties/"
    vendor = ThirdParty.objects.get()
    assert (vendor.rto_seconds, vendor.rpo_seconds, vendor.has_failover) == (14400, 0, False)
    assert vendor.promised_until_on == dt.date(2020, 1, 31)
    shown = client.get("/workloads/third-parties/").text
    assert "expired on" in shown
    assert "does not fail over" in shown
    assert 'value="2020-01-31"' in client.get(f"/workloads/third-parties/{vendor.pk}/change/").text
    later = FORM | {"promised_until_on": "2030-01-31", "has_failover": ""}
    client.post(f"/workloads/third-parties/{vendor.pk}/change/", later)
    vendor.refresh_from_db()
    assert vendor.has_failover is None
    assert "expired on" not in client.get("/workloads/third-parties/").text
    assert client.post("/workloads/third-parties/add/", FORM).status_code == 422


def test_who_needs_it_is_named_as_far_as_the_reader_sees(cast, page):
    vendor = add_third_party(cast)
    add_dependency(cast, third_party=vendor)
    add_dependency(cast, third_party=vendor, workload=another(cast), strength="soft", remains="Cash.")
    head, owner = (page(user).get("/workloads/third-parties/").text for user in (cast.head, cast.owner))
    assert "Payment Hub" in head
    assert "Policy Ledger" in head
    assert "Payment Hub" in owner
    assert "Policy Ledger" not in owner


def test_many_who_need_it_are_counted(cast, page):
    vendor = add_third_party(cast)
    for number in range(10):
        add_dependency(cast, third_party=vendor, workload=another(cast, f"Load {number}"))
    assert "and 2 more" in page(cast.head).get("/workloads/third-parties/").text


def test_the_number_of_the_contact_is_for_those_who_may_see_people(cast, page):
    contact = Contact.objects.create(name="Duty line", kind="vendor", phone="+47 21 00")
    add_third_party(cast, contact=contact)
    assert "tel:+472100" in page(cast.head).get("/workloads/third-parties/").text
    shown = page(cast.owner).get("/workloads/third-parties/").text
    assert "Duty line" in shown
    assert "tel:" not in shown


def test_a_third_party_that_nobody_needs_is_removed_with_what_was_known_in_the_trail(cast, page):
    vendor = add_third_party(cast, vendor="Kronos")
    client = page(cast.platform)
    assert "Nothing needs it." in client.get(f"/workloads/third-parties/{vendor.pk}/remove/").text
    assert client.post(f"/workloads/third-parties/{vendor.pk}/remove/").url == "/workloads/third-parties/"
    told = Event.objects.get(kind="third_party.removed")
    assert (told.before["vendor"], told.thread) == ("Kronos", vendor.trail_thread)
    assert not ThirdParty.objects.exists()
    with pytest.raises(WrongState, match="removed"):
        services.remove_third_party(third_party=vendor, by=cast.platform, at=NOW)


def test_what_is_needed_is_not_removed_and_says_who_needs_it(cast, page):
    vendor, client = add_third_party(cast), page(cast.head)
    need = add_dependency(cast, third_party=vendor)
    add_dependency(cast, third_party=vendor, workload=another(cast))
    with pytest.raises(WrongState, match=r"Card network is needed by Payment Hub and Policy Ledger. Remove these"):
        services.remove_third_party(third_party=vendor, by=cast.head, at=NOW)
    address = f"/workloads/third-parties/{vendor.pk}/"
    text = client.get(f"{address}remove/").text
    assert "Card network is needed" in text
    assert f"/workloads/{cast.workload.pk}/dependencies/" in text
    assert "Remove the third party" not in text
    assert client.post(f"{address}remove/").url == address
    assert ThirdParty.objects.exists()
    answer = client.delete(f"/api/v1/third-parties/{vendor.pk}/")
    assert (answer.status_code, "Payment Hub" in answer.json()["detail"]) == (409, True)
    services.remove_dependency(dependency=need, by=cast.head, at=NOW)


def test_the_api_removes_what_nobody_needs(cast, page):
    vendor = add_third_party(cast)
    assert page(cast.platform).delete(f"/api/v1/third-parties/{vendor.pk}/").status_code == 204
    assert not ThirdParty.objects.exists()


@pytest.mark.parametrize("who", ["owner", "auditor", "stakeholder", "stranger"])
def test_only_who_may_add_workloads_removes_from_the_register(cast, page, who):
    user, vendor = getattr(cast, who), add_third_party(cast)
    with pytest.raises(NotAllowed):
        services.remove_third_party(third_party=vendor, by=user, at=NOW)
    address = f"/workloads/third-parties/{vendor.pk}/remove/"
    assert {page(user).get(address).status_code, page(user).post(address).status_code} == (
        {404} if who == "stranger" else {403}
    )


def test_its_page_says_the_promise_and_who_needs_it_as_far_as_the_reader_sees(cast, page):
    vendor = add_third_party(
        cast, rto_seconds=3600, rpo_seconds=0, document="CN-2231", promised_until_on=dt.date(2020, 1, 31)
    )
    add_dependency(cast, third_party=vendor)
    add_dependency(cast, third_party=vendor, workload=another(cast))
    text = page(cast.owner).get(f"/workloads/third-parties/{vendor.pk}/").text
    assert "Promised: back within 1\xa0h, at most 0\xa0s of data lost." in text
    assert "That promise ended on" in text
    assert "Payment Hub" in text
    assert "Policy Ledger" not in text
    assert "and a workload of another team" in text
    assert page(cast.stranger).get(f"/workloads/third-parties/{vendor.pk}/").status_code == 404


def test_an_expired_promise_among_the_findings_leads_to_the_third_party(cast, page):
    put_in_force(cast)
    vendor = add_third_party(cast, promised_until_on=dt.date(2020, 1, 31))
    add_dependency(cast, third_party=vendor)
    for path in (
        "/workloads/findings/",
        f"/workloads/{cast.workload.pk}/map/",
        f"/workloads/{cast.workload.pk}/waivers/",
    ):
        assert f'href="/workloads/third-parties/{vendor.pk}/"' in page(cast.head).get(path).text, path


def test_a_form_that_was_opened_before_somebody_else_saved_is_stale(cast, page):
    vendor, client = add_third_party(cast), page(cast.platform)
    address = f"/workloads/third-parties/{vendor.pk}/change/"
    opened = client.get(address).context["seen"]
    services.change_third_party(third_party=vendor, by=cast.head, at=NOW, vendor="Another")
    answer = client.post(address, FORM | {"seen": opened})
    assert answer.status_code == 422
    assert "Somebody changed this while you had it open." in answer.text
    assert ThirdParty.objects.get().vendor == "Another"
    assert client.post(address, FORM | {"seen": answer.context["seen"]}).status_code == 302
    assert ThirdParty.objects.get().vendor == "Kronos"
