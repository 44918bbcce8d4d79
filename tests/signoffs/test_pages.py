"""The pages of signing, without JavaScript: what is shown, what a form does, who gets in."""

import datetime as dt
import hashlib
import json
import time

import pytest
from django.test import Client
from django.urls import reverse

from people.models import RoleAssignment, User
from signoffs.models import Signature
from tests.cast import NOW, PASSWORD, propose
from tests.past import rewriting_history
from tests.signoffs.conftest import close, sign
from workloads import services as workloads
from workloads.models import Dependency, Workload
from workloads.rights import settle_rights


def page(name, *args):
    return reverse(f"signoffs:{name}", args=args)


def signed_in(user):
    client = Client()
    client.force_login(user, backend="people.backends.SignInBackend")
    return client


def send(client, sent, verb="sign", **values):
    data = {"digest": sent.digest, "password": PASSWORD} | values
    return client.post(page(verb, sent.pk), {name: value for name, value in data.items() if value is not None})


@pytest.fixture
def head(cast):
    return signed_in(cast.head)


def test_the_signing_page_shows_document_meaning_digest_and_one_way_to_sign(head, sent):
    html = head.get(page("sign", sent.pk)).content.decode()
    assert "Back within 15\xa0min" in html
    assert "I take responsibility that these targets can be operated and drilled" in html
    assert sent.digest_words in html
    assert f'name="digest" value="{sent.digest}"' in html
    assert html.count("btn-primary btn-lg w-100") == 1
    assert "Sign as Maren Holt" in html
    assert 'autocomplete="current-password"' in html


def needs_an_unclassified_one(cast):
    """A warning, which stands in nobody's way."""
    other = Workload.objects.create(name="Old", purpose="x", owner_team=cast.team, added_at=NOW, added_by=cast.head)
    Dependency.objects.create(workload=cast.workload, needs=other, added_at=NOW, added_by=cast.head)


@pytest.mark.parametrize("name", ["sign", "request", "document", "text"])
def test_nothing_about_a_signature_is_kept_in_caches(head, sent, name):
    assert "no-store" in head.get(page(name, sent.pk)).headers["Cache-Control"]


def test_changes_since_the_last_signed_document_are_marked_in_place(cast, sent):
    close(cast, sent, "completed")
    again = workloads.send_for_signature(classification=propose(cast, tier=0), by=cast.owner, at=NOW)
    html = signed_in(cast.head).get(page("sign", again.pk)).content.decode()
    assert "<ins>60\xa0s</ins><del>15\xa0min</del>" in html
    assert "changes since the last signed one" in html
    changed, unchanged = html.split("<dt>Changed</dt>")[1].split("</dl>")[0].split("<dt>Unchanged</dt>")
    assert "RTO, longest downtime" in changed
    assert "Owner team" in unchanged


def test_a_first_signature_says_that_there_is_nothing_to_compare_with(cast, sent):
    html = signed_in(cast.head).get(page("sign", sent.pk)).content.decode()
    assert "None was signed before it" in html
    assert "Unchanged" not in html


def test_findings_that_came_since_the_last_signature_are_changes_and_those_that_went_too(cast, sent):
    close(cast, sent, "completed")
    needs_an_unclassified_one(cast)
    again = workloads.send_for_signature(classification=propose(cast, tier=1), by=cast.owner, at=NOW)
    html = signed_in(cast.head).get(page("sign", again.pk)).content.decode()
    assert "<dt>Changed</dt><dd>Known when this was sent</dd>" in html
    assert "The promise in one sentence · " in html.split("<dt>Unchanged</dt>")[1]
    close(cast, again, "completed")
    Dependency.objects.all().delete()
    last = workloads.send_for_signature(classification=propose(cast, tier=1), by=cast.owner, at=NOW)
    html = signed_in(cast.head).get(page("sign", last.pk)).content.decode()
    assert "<dt>Changed</dt><dd>Known when this was sent</dd>" in html
    assert "<del>- " in html


def test_signing_with_the_password_says_what_happened_and_what_comes_next(cast, sent):
    client = signed_in(cast.stakeholder)
    answer = send(client, sent)
    assert (answer.status_code, answer["Location"]) == (302, page("request", sent.pk))
    html = client.get(answer["Location"]).content.decode()
    assert "You signed, 1 of 3." in html
    assert "David Okafor (Executive sponsor)" in html
    assert Signature.objects.get().method == "password"


def test_the_last_signer_reads_that_it_is_in_force(cast, sent):
    sign(sent, cast.stakeholder)
    sign(sent, cast.sponsor)
    client = signed_in(cast.head)
    assert "The last of 3: it is in force when you sign" in client.get(page("sign", sent.pk)).content.decode()
    html = client.get(send(client, sent)["Location"]).content.decode()
    assert "Yours was the last of 3: it is in force." in html


def test_a_wrong_password_is_said_and_nothing_is_signed(cast, sent):
    client = signed_in(cast.head)
    answer = send(client, sent, password="not-her-password")
    assert answer.status_code == 422
    assert "This is not your password. Nothing has been done." in answer.content.decode()
    assert not Signature.objects.exists()


def test_without_a_proof_nothing_is_signed(head, sent):
    answer = send(head, sent, password=None)
    assert answer.status_code == 422
    assert "Show once more that it is you" in answer.content.decode()
    assert not Signature.objects.exists()


def test_being_signed_in_by_password_just_now_is_no_proof(cast, sent):
    client = Client()
    client.post(reverse("account_login"), {"login": cast.head.email, "password": PASSWORD})
    assert client.get(reverse("people:account")).status_code == 200
    assert send(client, sent, password=None).status_code == 422
    assert not Signature.objects.exists()


def test_one_proof_counts_for_the_next_document_within_five_minutes(cast, sent, monkeypatch):
    client = signed_in(cast.stakeholder)
    send(client, sent, password=PASSWORD, digest="0" * 64)  # another version: not signed, but proven
    html = client.get(page("sign", sent.pk)).content.decode()
    assert "You showed that it is you" in html
    assert 'name="password"' not in html
    assert send(client, sent, password=None).status_code == 302


def test_after_five_minutes_the_proof_is_asked_for_again(cast, sent):
    client = signed_in(cast.stakeholder)
    send(client, sent, digest="0" * 64)
    session = client.session
    for entry in session["account_authentication_methods"]:
        entry["at"] = time.time() - 301
    session.save()
    assert send(client, sent, password=None).status_code == 422
    assert not Signature.objects.exists()


def test_a_proof_belongs_to_its_session_and_person(cast, sent):
    client = signed_in(cast.stakeholder)
    send(client, sent, digest="0" * 64)
    assert send(signed_in(cast.stakeholder), sent, password=None).status_code == 422
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    assert send(client, sent, password=None).status_code == 422
    assert not Signature.objects.exists()


def test_guessing_the_password_here_is_slowed_down(cast, sent):
    client = signed_in(cast.head)
    answers = [send(client, sent, password=f"guess {n}").status_code for n in range(12)]
    assert answers[0] == 422
    assert 429 in answers
    assert send(client, sent).status_code == 429, "not even the right one, for a while"
    assert not Signature.objects.exists()


def test_rejecting_needs_a_reason_and_keeps_what_was_written(cast, sent):
    client = signed_in(cast.sponsor)
    answer = send(client, sent, "reject", reason="  ")
    assert answer.status_code == 400
    assert "Write why you do not sign." in answer.content.decode()
    assert send(client, sent, "reject", reason="Too dear.").status_code == 302
    html = client.get(page("request", sent.pk)).content.decode()
    assert "David Okafor did not sign" in html
    assert "Too dear." in html


def test_a_reason_is_shown_as_it_was_written_and_runs_nothing(cast, sent):
    client = signed_in(cast.sponsor)
    send(client, sent, "reject", reason="<script>alert(1)</script>")
    html = client.get(page("request", sent.pk)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_document_that_changed_becomes_void_and_stays_so(cast, sent):
    Workload.objects.update(purpose="Changed past the deeds.")
    answer = send(signed_in(cast.head), sent)
    assert answer.status_code == 409
    assert "This changed while it was out for signature" in answer.content.decode()
    sent.refresh_from_db()
    assert sent.state == "voided"
    assert "Sign as" not in answer.content.decode()


@pytest.mark.parametrize("state", ["completed", "rejected", "withdrawn", "voided"])
def test_a_closed_request_shows_its_end_and_no_form(cast, sent, state):
    close(cast, sent, state)
    html = signed_in(cast.head).get(page("sign", sent.pk)).content.decode()
    assert "Sign as" not in html
    assert send(signed_in(cast.head), sent).status_code == 409


def test_who_may_see_but_is_not_asked_reads_without_a_form(cast, sent):
    client = signed_in(cast.auditor)
    answer = client.get(page("sign", sent.pk))
    assert answer.status_code == 200
    assert "Sign as" not in answer.content.decode()
    assert send(client, sent).status_code == 403
    assert not Signature.objects.exists()


@pytest.mark.parametrize("name", ["request", "sign", "document", "text"])
def test_a_stranger_finds_nothing(cast, sent, name):
    assert signed_in(cast.stranger).get(page(name, sent.pk)).status_code == 404


@pytest.mark.parametrize("verb", ["sign", "reject"])
def test_a_stranger_does_nothing(cast, sent, verb):
    assert send(signed_in(cast.stranger), sent, verb, reason="No.").status_code == 404


@pytest.mark.parametrize("name", ["list", "request", "sign"])
def test_who_is_not_signed_in_is_asked_to_and_comes_back(sent, name):
    address = page(name, *([] if name == "list" else [sent.pk]))
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('account_login')}?next={address}"


def test_who_signed_may_read_it_for_ever(cast, sent):
    sign(sent, cast.stakeholder)
    with rewriting_history():
        RoleAssignment.objects.filter(person=cast.stakeholder).delete()
    settle_rights(at=dt.datetime.now(dt.UTC))
    user = User.objects.get(pk=cast.stakeholder.pk)
    assert signed_in(user).get(page("request", sent.pk)).status_code == 200


def test_the_download_is_exactly_the_bytes_that_were_signed(head, sent):
    answer = head.get(page("document", sent.pk))
    assert hashlib.sha256(answer.content).hexdigest() == sent.digest
    assert json.loads(answer.content) == sent.document
    assert answer.headers["Content-Disposition"] == f'attachment; filename="signoff-{sent.pk}.json"'
    assert head.get(page("text", sent.pk)).content.decode() == sent.text


def test_a_deputy_is_told_that_she_signs_as_one(cast, sent):
    html = signed_in(cast.deputy).get(page("sign", sent.pk)).content.decode()
    assert "You sign as a deputy" in html
    assert "held by Priya Raman" in html


def test_the_lists_show_what_waits_and_what_was_signed(cast, sent):
    client = signed_in(cast.stakeholder)
    assert page("sign", sent.pk) in client.get(page("list")).content.decode()
    send(client, sent)
    assert "Nothing waits for your signature" in client.get(page("list")).content.decode()
    assert page("request", sent.pk) in client.get(page("list") + "?view=signed").content.decode()
    assert (
        page("request", sent.pk) in signed_in(cast.auditor).get(page("list") + "?view=all&state=open").content.decode()
    )
    assert "No request is in this state" in client.get(page("list") + "?view=all&state=rejected").content.decode()
    assert page("request", sent.pk) not in signed_in(cast.stranger).get(page("list") + "?view=all").content.decode()


@pytest.mark.parametrize("verb", ["sign", "reject"])
def test_a_form_from_elsewhere_is_refused(cast, sent, verb):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    assert send(client, sent, verb, reason="No.").status_code == 403
    assert not Signature.objects.exists()


def test_the_session_key_changes_at_sign_in(cast):
    client = Client()
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = str(session.session_key)
    client.cookies["portal_session"] = before
    client.post(reverse("account_login"), {"login": cast.head.email, "password": PASSWORD})
    assert client.cookies["portal_session"].value != before


def test_who_has_no_password_and_no_passkey_is_told_how_to_get_one(cast, sent):
    cast.head.set_unusable_password()
    cast.head.save()
    html = signed_in(cast.head).get(page("sign", sent.pk)).content.decode()
    assert "You need a passkey to sign" in html
    assert 'name="password"' not in html
