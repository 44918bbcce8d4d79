"""A form that makes something or tells somebody counts once, however often it is sent."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.utils import timezone

from audit.models import Event
from communications.models import Message
from drills.models import Drill
from drportal.models import IdempotentAnswer
from people.models import ApiToken, Contact, RoleAssignment, User, organisation_today
from tests.cast import PASSWORD, make_cast, person, put_in_force
from tests.forms import form_of, send
from tests.past import rewriting_history
from tests.workloads.campaigns import opened
from workloads.campaigns.services import nudge
from workloads.models import Campaign, PendingImport, Workload

SESSION = "people.backends.SignInBackend"
AGAIN = "has been sent already, and counts once"


def browser(user, *, proven=False):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend=SESSION)
    if proven:
        cache.clear()
        form = form_of(client, "/accounts/reauthenticate/")
        send(client, form, {"password": PASSWORD})
    return client


def drill_form(cast, client):
    """A drill of the cast's workload, filled in."""
    form = form_of(client, f"/drills/new/?workload={cast.workload.pk}")
    start = timezone.now() + dt.timedelta(days=5)
    form.fields |= {
        "kind": "restore", "window_start": f"{start:%Y-%m-%dT%H:%M}", "coordinator": cast.owner.pk,
        "window_end": f"{start + dt.timedelta(hours=3):%Y-%m-%dT%H:%M}", "success_criteria": "All of it is back.",
        "participants": [cast.stakeholder.pk],
    }  # fmt: skip
    return form


def role_form(cast, client):
    with rewriting_history():
        RoleAssignment.objects.filter(role="workload-team").delete()
    form = form_of(client, f"/workloads/{cast.workload.pk}/assign/")
    today = organisation_today(timezone.now()).isoformat()
    form.fields |= {"role": "workload-team", "person": cast.stranger.pk, "deputy": "", "from_on": today, "until_on": ""}
    return form


def workload_form(cast, client):
    form = form_of(client, "/workloads/add/")
    form.fields |= {"name": "Quotes", "purpose": "Sells.", "owner_team": cast.team.pk}
    return form


def token_form(cast, client):
    form = form_of(client, "/people/me/tokens/issue/")
    form.fields |= {"name": "export", "scope": "read", "days": 30}
    return form


def gap_form(cast, client):
    """A gap of a drill, whose owner is told."""
    drill = Drill.objects.get()
    form = form_of(client, f"/drills/{drill.pk}/actions/new/")
    due = (timezone.now() + dt.timedelta(days=30)).date()
    form.fields |= {"title": "Slow names", "owner": cast.owner.pk, "severity": "high", "due_on": due.isoformat()}
    return form


def invite_form(cast, client):
    return form_of(client, f"/people/{cast.stranger.pk}/", to=f"/people/{cast.stranger.pk}/invite/")


def hand_over_form(cast, client):
    successor = person("Sigrid Next")
    last = organisation_today(timezone.now()).isoformat()
    address = f"/people/{cast.stakeholder.pk}/hand-over/"
    return form_of(client, f"{address}?to={successor.pk}&last_day={last}")


def nudge_form(cast, client):
    put_in_force(cast)
    campaign = opened(cast)
    with rewriting_history():
        Message.objects.all().delete()
    address = campaign.get_absolute_url()
    return form_of(client, address, to=f"{address}nudge/")


def copies(form, client, times):
    """What so many presses of the same button are answered, each over a connection of its own."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def press(_):
        tab = Client(enforce_csrf_checks=True)
        tab.cookies.load(cookies)
        try:
            return send(tab, form)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(press, range(times)))


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("fill", "kind"),
    [
        (drill_form, "drill.scheduled"), (role_form, "role.assigned"), (workload_form, "workload.added"),
        (token_form, "token.issued"), (nudge_form, "campaign.nudged"), (hand_over_form, "roles.handed_over"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_of_six_presses_at_once_one_counts_and_all_lead_there(fill, kind):
    cast = make_cast()
    client = browser(cast.head, proven=True)
    form = fill(cast, client)
    told = Message.objects.count()
    before = Event.objects.filter(kind=kind).count()
    answers = copies(form, client, 6)
    assert {answer.status_code for answer in answers} <= {201, 302, 303}, answers
    assert len({answer["Location"] for answer in answers}) == 1
    assert Event.objects.filter(kind=kind).count() == before + 1
    once = Message.objects.count()
    copies(form, client, 2)
    assert Message.objects.count() == once
    assert once > told or kind in ("workload.added", "token.issued")


def test_back_and_the_button_again_is_one_drill_and_leads_to_the_first(cast):
    client = browser(cast.head)
    form = drill_form(cast, client)
    first = send(client, form)
    drill = Drill.objects.get()
    told = Message.objects.count()
    again = send(client, form, follow=True)
    assert again.redirect_chain == [(first["Location"], 303)]
    assert first["Location"] == drill.get_absolute_url()
    assert AGAIN in again.text
    assert "not saved" not in again.text
    assert (Drill.objects.count(), Message.objects.count()) == (1, told)


def test_who_goes_back_and_changes_the_form_hears_that_the_change_is_not_saved(cast):
    client = browser(cast.head)
    form = drill_form(cast, client)
    send(client, form)
    again = send(client, form, {"success_criteria": "Half of it is back."}, follow=True)
    assert "what you changed in the form since is not saved" in again.text
    assert Drill.objects.get().success_criteria == "All of it is back."


def test_a_form_that_was_opened_anew_counts_again(cast):
    client = browser(cast.head)
    for _ in range(2):
        form = drill_form(cast, client)
        send(client, form)
    assert Drill.objects.count() == 2


def test_what_was_refused_is_corrected_and_sent_with_the_same_key(cast):
    client = browser(cast.head)
    form = workload_form(cast, client)
    refused = send(client, form, {"name": ""})
    assert refused.status_code == 422
    assert form.fields["form_key"] in refused.text
    assert send(client, form).status_code == 302
    assert send(client, form).status_code == 303
    assert Workload.objects.filter(name="Quotes").count() == 1


def test_a_deed_that_was_refused_in_red_leaves_its_key_free(cast):
    client = browser(cast.head)
    form = nudge_form(cast, client)
    nudge(campaign=Campaign.objects.get(), by=cast.head, at=timezone.now())
    assert "has been nudged today" in send(client, form, follow=True).text
    assert not IdempotentAnswer.objects.exists()


def test_who_has_to_show_first_that_it_is_she_has_her_key_free_afterwards(cast):
    client = browser(cast.head, proven=True)
    form = token_form(cast, client)
    stale = browser(cast.head)
    form.fields["csrfmiddlewaretoken"] = form_of(stale, "/workloads/add/").fields["csrfmiddlewaretoken"]
    assert send(stale, form)["Location"].startswith("/accounts/reauthenticate/")
    assert not IdempotentAnswer.objects.exists()


def test_a_token_that_was_issued_is_not_shown_again(cast):
    client = browser(cast.head, proven=True)
    form = token_form(cast, client)
    first = send(client, form)
    assert first.status_code == 201
    secret = first.context["key"]
    again = send(client, form, follow=True)
    assert again.redirect_chain == [("/people/me/", 303)]
    assert secret not in again.text
    assert ApiToken.objects.count() == 1
    assert not IdempotentAnswer.objects.filter(body__contains=secret.encode()).exists()


def test_a_deed_that_broke_leaves_nothing_and_its_key_free(cast, monkeypatch):
    client = browser(cast.head)
    client.raise_request_exception = False
    form, done = workload_form(cast, client), Workload.full_clean

    def break_down(*_args, **_values):
        raise RuntimeError

    monkeypatch.setattr("workloads.services.record", break_down)
    assert send(client, form).status_code == 500
    assert not Workload.objects.filter(name="Quotes").exists()
    monkeypatch.undo()
    assert Workload.full_clean is done
    assert send(client, form).status_code == 302


def test_the_key_of_another_person_is_another_key(cast):
    client, other = browser(cast.head), browser(cast.platform)
    form, theirs = drill_form(cast, client), drill_form(cast, other)
    send(client, form)
    send(other, theirs, {"form_key": form.fields["form_key"]})
    assert Drill.objects.count() == 2


def test_a_file_sent_twice_waits_once(cast):
    client = browser(cast.head)
    form = form_of(client, "/workloads/import/")
    assert form.has_file
    sheet = b"name,purpose,team\nQuotes,Sells.,Payments\n"
    answers = [send(client, form, {"file": SimpleUploadedFile("r.csv", sheet)}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 303]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert PendingImport.objects.count() == 1


def test_adding_twice_leads_to_the_list_and_changing_twice_changes_twice(cast):
    client = browser(cast.head)
    form = form_of(client, "/people/contacts/add/")
    form.fields |= {"name": "Duty line", "kind": "vendor", "phone": "110"}
    assert [send(client, form).status_code for _ in range(2)] == [302, 303]
    contact = Contact.objects.get()
    form = form_of(client, f"/people/contacts/{contact.pk}/change/")
    assert "form_key" not in form.fields
    for phone in ("112", "113", "112"):
        assert send(client, form, {"phone": phone}).status_code == 302
    contact.refresh_from_db()
    assert contact.phone == "112"


@pytest.mark.parametrize("key", ["", "short", "x" * 61, "a b" * 9, "ä" * 20])
def test_a_key_that_is_none_is_no_key(cast, key):
    client = browser(cast.head)
    form = workload_form(cast, client)
    assert send(client, form, {"form_key": key}).status_code == 302
    assert not IdempotentAnswer.objects.exists()


def test_the_invitation_of_a_double_click_leaves_once(cast, mailoutbox):
    client = browser(cast.head)
    form = invite_form(cast, client)
    for _ in range(2):
        send(client, form)
    assert len(mailoutbox) == 1
    assert User.objects.filter(pk=cast.stranger.pk).exists()
