"""`Idempotency-Key`: one deed for one key, whoever asks how often, and nothing kept of what did not happen."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, connections
from django.test import Client
from django.utils import timezone

from audit.models import Event
from drportal import idempotency
from drportal.limits import PersonLimit
from drportal.models import IdempotentAnswer
from people import services
from people.models import User
from signoffs.models import Signature
from tests.cast import NOW, PASSWORD, give, make_cast, propose
from workloads.models import Workload
from workloads.services import send_for_signature

PEOPLE = "/api/v1/people/"
JSON = "application/json"
IDA = {"name": "Ida Moe", "email": "ida.moe@example.org"}


def key_of(user, name="script"):
    return services.issue_token(by=user, at=timezone.now(), name=name, scope="write", days=9)[1]


def post(token, data=IDA, *, key="k1", path=PEOPLE, client=None, **options):
    headers = {"Idempotency-Key": key} | ({"Authorization": f"Bearer {token}"} if token else {})
    client = client or Client(raise_request_exception=False)
    return client.post(path, data, headers=headers, **({"content_type": JSON} | options))


def replayed(answer):
    return answer.headers.get("Idempotency-Replayed") == "true"


@pytest.fixture
def head(cast):
    return key_of(cast.head)


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_is_done_and_all_hear_the_same():
    cast = make_cast()
    token = key_of(cast.head)
    body = {"name": "Quotes", "purpose": "Sells.", "owner_team": cast.team.pk}

    def ask(_):
        try:
            return post(token, body, path="/api/v1/workloads/")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(replayed(answer) for answer in answers) == [False] + [True] * 19
    assert Workload.objects.filter(name="Quotes").count() == 1
    assert Event.objects.filter(kind="workload.added", subject_name="Quotes").count() == 1


def browser(user, *, proven=False):
    """Signed in as in a browser, with CSRF checks on and a token of hers at hand."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(user, backend="people.backends.SignInBackend")
    client.get("/people/me/")
    client.defaults["HTTP_X_CSRFTOKEN"] = client.cookies["portal_csrf"].value
    if proven:
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def at_once(client, data, *, path, times=20):
    """The answers to the same call from so many tabs of one browser."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def ask(_):
        tab = Client(enforce_csrf_checks=True, raise_request_exception=False)
        tab.cookies.load(cookies)
        tab.defaults |= client.defaults
        try:
            return post(None, data, path=path, client=tab)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(ask, range(times)))


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_from_a_browser_one_is_done_and_all_hear_the_same():
    cast = make_cast()
    body = {"name": "Quotes", "purpose": "Sells.", "owner_team": cast.team.pk}
    answers = at_once(browser(cast.head), body, path="/api/v1/workloads/")
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(replayed(answer) for answer in answers) == [False] + [True] * 19
    assert Workload.objects.filter(name="Quotes").count() == 1


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_a_signature_asked_for_twenty_times_at_once_is_one_and_all_hear_the_same():
    """Signing is done in a session only, so only there a key can guard it."""
    cast = make_cast()
    cache.clear()
    request = send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    path = f"/api/v1/signoffs/{request.pk}/sign/"
    answers = at_once(browser(cast.stakeholder, proven=True), {"digest": request.digest}, path=path)
    assert {answer.status_code for answer in answers} == {200}, answers[0].content
    assert len({answer.content for answer in answers}) == 1
    assert sorted(replayed(answer) for answer in answers) == [False] + [True] * 19
    assert Signature.objects.filter(slot__request=request).count() == 1


def test_a_signature_that_lacked_the_proof_is_given_with_the_same_key(cast):
    cache.clear()
    request = send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    client, path = browser(cast.stakeholder), f"/api/v1/signoffs/{request.pk}/sign/"
    assert post(None, {"digest": request.digest}, path=path, client=client).status_code == 403
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    first = post(None, {"digest": request.digest}, path=path, client=client)
    again = post(None, {"digest": request.digest}, path=path, client=client)
    assert (first.status_code, replayed(first)) == (200, False), first.content
    assert (again.content, replayed(again)) == (first.content, True)


def test_the_same_key_gives_the_same_answer(head):
    first, again = post(head), post(head)
    assert (first.status_code, replayed(first)) == (201, False)
    assert (again.status_code, again.content, again["Content-Type"]) == (201, first.content, first["Content-Type"])
    assert replayed(again)
    assert User.objects.filter(name="Ida Moe").count() == 1


@pytest.mark.parametrize("other", [{"data": IDA | {"title": "Planner"}}, {"path": f"{PEOPLE}?x=1"}])
def test_the_same_key_for_another_request_is_refused(head, other):
    post(head)
    answer = post(head, **({"data": IDA} | other))
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:drportal:problem:idempotency-key-reused"


def test_another_persons_key_is_another_key(cast, head):
    post(head)
    answer = post(key_of(cast.platform), IDA | {"email": "another@example.org"})
    assert (answer.status_code, replayed(answer)) == (201, False)


def test_a_person_has_one_set_of_keys_for_tokens_and_sessions(cast, head):
    first = post(head)
    client = Client()
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    answer = post(None, client=client)
    assert (answer.content, replayed(answer)) == (first.content, True)


def test_a_token_counts_and_not_the_session_beside_it(cast, head):
    post(head)
    client = Client()
    client.force_login(cast.platform, backend="people.backends.SignInBackend")
    assert replayed(post(head, client=client))
    stale = post("drp_" + "x" * 43, client=client)
    assert (stale.status_code, replayed(stale)) == (401, False)


def test_without_the_csrf_token_a_session_is_refused_first_and_again(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    assert post(None, client=client).status_code == 403
    client.get("/people/me/")
    client.defaults["HTTP_X_CSRFTOKEN"] = client.cookies["portal_csrf"].value
    answer = post(None, client=client)
    assert (answer.status_code, replayed(answer)) == (201, False)
    assert replayed(post(None, client=client))
    client.defaults["HTTP_X_CSRFTOKEN"] = "x" * 32
    answer = post(None, client=client)
    assert (answer.status_code, replayed(answer)) == (403, False)


def test_a_refusal_for_the_state_of_things_is_given_again(cast, head):
    path = f"/api/v1/classifications/{propose(cast).pk}/withdraw/"
    assert post(head, {}, path=path, key="a").status_code == 200
    first = post(head, {}, path=path, key="b")
    again = post(head, {}, path=path, key="b")
    assert (first.status_code, replayed(first)) == (409, False)
    assert (again.status_code, again.content, replayed(again)) == (409, first.content, True)
    assert again["Content-Type"] == "application/problem+json"


def test_a_server_error_is_not_kept_and_undoes_all(head, monkeypatch):
    done = services.add_person

    def add_and_break(**values):
        done(**values)
        raise RuntimeError

    monkeypatch.setattr(services, "add_person", add_and_break)
    assert post(head).status_code == 500
    assert not User.objects.filter(name="Ida Moe").exists()
    assert not IdempotentAnswer.objects.exists()
    monkeypatch.setattr(services, "add_person", done)
    answer = post(head)
    assert (answer.status_code, replayed(answer)) == (201, False)


def test_what_the_client_can_mend_is_not_kept(cast, head, monkeypatch):
    assert post(head, {"name": "Ida Moe"}).status_code == 400
    assert post(head).status_code == 201, "the value was corrected"
    poor = key_of(cast.stakeholder)
    assert post(poor, IDA | {"email": "b@example.org"}).status_code == 403
    give("head-of-operations", cast.stakeholder)
    assert post(poor, IDA | {"email": "b@example.org"}).status_code == 201, "the right was given"
    rate = PersonLimit.allow_request
    monkeypatch.setattr(PersonLimit, "allow_request", lambda *_: False)
    monkeypatch.setattr(PersonLimit, "wait", lambda *_: 9)
    assert post(head, IDA | {"email": "c@example.org"}, key="k2").status_code == 429
    monkeypatch.setattr(PersonLimit, "allow_request", rate)
    assert post(head, IDA | {"email": "c@example.org"}, key="k2").status_code == 201, "she waited"


def test_a_key_is_free_again_after_two_days(head):
    post(head)
    IdempotentAnswer.objects.update(kept_until=timezone.now() - dt.timedelta(seconds=1))
    answer = post(head, IDA | {"email": "b@example.org"})
    assert (answer.status_code, replayed(answer)) == (201, False)
    (kept,) = IdempotentAnswer.objects.all()
    assert kept.kept_until > timezone.now() + dt.timedelta(days=1, hours=23)


def test_answers_whose_time_is_over_are_thrown_away(head):
    over = timezone.now() - dt.timedelta(seconds=1)
    IdempotentAnswer.objects.bulk_create(IdempotentAnswer(key=f"u0:{n}", asked="", kept_until=over) for n in range(150))
    post(head, key="a")
    post(head, key="b")
    assert sorted(IdempotentAnswer.objects.values_list("status", flat=True)) in ([201], [201, 400], [201, 409])


@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(head, key):
    answer = post(head, key=key)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:drportal:problem:idempotency-key")


def test_reading_with_a_key_keeps_nothing(head):
    Client().get(PEOPLE, headers={"Authorization": f"Bearer {head}", "Idempotency-Key": "k1"})
    assert not IdempotentAnswer.objects.exists()


def test_a_stranger_keeps_nothing(db):
    assert post(None).status_code == 401
    assert not IdempotentAnswer.objects.exists()


def test_a_file_sent_again_has_another_boundary_and_is_the_same(cast, head):
    """Each try of a client draws the boundary of its form anew."""
    sheet = b"name,purpose,team\nQuotes,Sells.,Payments\n"

    def send(boundary, text=sheet):
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="dry_run"\r\n\r\nfalse\r\n--{boundary}\r\n'
            f'Content-Disposition: form-data; name="file"; filename="r.csv"\r\nContent-Type: text/csv\r\n\r\n'
        ).encode() + text + f"\r\n--{boundary}--\r\n".encode()  # fmt: skip
        kind = f"multipart/form-data; boundary={boundary}"
        return post(head, body, path="/api/v1/workloads/import/", content_type=kind)

    first, again, other = send("one"), send("another"), send("one", sheet.replace(b"Sells", b"Sold"))
    assert first.status_code == 200, first.content
    assert (again.content, replayed(again)) == (first.content, True)
    assert other.status_code == 422
    assert Workload.objects.filter(name="Quotes").count() == 1


def test_a_file_of_a_session_is_read_and_the_csrf_token_with_it(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    client.get("/people/me/")
    form = {
        "file": SimpleUploadedFile("r.csv", b"name,purpose,team\nQuotes,Sells.,Payments\n"),
        "csrfmiddlewaretoken": client.cookies["portal_csrf"].value,
    }
    answer = client.post("/api/v1/workloads/import/", form, headers={"Idempotency-Key": "k1"})
    assert (answer.status_code, answer.json()["summary"]["new"]) == (200, 1)
    form["file"].seek(0)
    again = client.post("/api/v1/workloads/import/", form, headers={"Idempotency-Key": "k1"})
    assert (again.content, replayed(again)) == (answer.content, True)


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["before the answer is kept", "after the answer is kept"])
def test_the_deed_and_its_key_fall_together_when_the_connection_dies(monkeypatch, when):
    token = key_of(make_cast().head)
    keep = idempotency._keep

    def die(key, response):
        assert User.objects.filter(name="Ida Moe").exists(), "the deed was done"
        if when.startswith("after"):
            keep(key, response)
        with pytest.raises(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise OperationalError

    monkeypatch.setattr(idempotency, "_keep", die)
    assert post(token).status_code == 503
    assert not User.objects.filter(name="Ida Moe").exists()
    assert not IdempotentAnswer.objects.exists()
    monkeypatch.setattr(idempotency, "_keep", keep)
    assert post(token).status_code == 201
    assert replayed(post(token))
