"""Whatever goes wrong in the API, the answer is a problem document (RFC 9457) and says nothing from inside."""

import json
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from rest_framework.throttling import UserRateThrottle

from drportal.errors import by_field
from people import services
from tests.cast import propose

PEOPLE = "/api/v1/people/"
JSON = "application/json"


def key_of(user, **values):
    return services.issue_token(
        **({"by": user, "at": timezone.now(), "name": "script", "scope": "write", "days": 9} | values)
    )[1]


def call(key, method="get", path=PEOPLE, data=None, **options):
    headers = {"Authorization": f"Bearer {key}"} | options.pop("headers", {})
    client = Client(raise_request_exception=False)
    if method != "get":
        options = {"content_type": JSON} | options
    return getattr(client, method)(path, data, headers=headers, **options)


def is_problem(answer, status, code):
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    said = answer.json()
    assert (said["type"], said["status"]) == (f"urn:drportal:problem:{code}", status)
    assert said["title"] == code.replace("-", " ").capitalize()
    assert said["detail"]
    return said


@pytest.fixture
def head(cast):
    return key_of(cast.head)


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing/", "/api/v2/people/", "/api/v1/people/x/y/z/"])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.django_db
def test_an_address_that_does_not_exist(path, method):
    is_problem(getattr(Client(), method)(path), 404, "not-found")


def test_a_page_that_does_not_exist_is_still_a_page(cast):
    assert "text/html" in Client().get("/nothing/")["Content-Type"]


@pytest.mark.parametrize("key", ["0", "-1", "abc", "1.5", "9" * 18, "9" * 40, "9" * 5000, "%00", "1%00", "٣"])
@pytest.mark.parametrize(
    "name", ["people", "workloads", "drills", "signoffs", "classifications", "tiers", "actions", "events"]
)
def test_a_key_that_fits_nothing_is_not_found(head, name, key):
    if (name, key) == ("tiers", "0"):
        return  # the most critical one
    is_problem(call(head, path=f"/api/v1/{name}/{key}/"), 404, "not-found")


@pytest.mark.parametrize("key", ["%00", "a%00", "nobody", "x" * 500, "Ä"])
def test_a_role_that_does_not_exist_is_not_found(head, key):
    is_problem(call(head, "post", f"/api/v1/roles/{key}/assign/", {"from_on": "2026-01-01"}), 404, "not-found")


@pytest.mark.django_db
@pytest.mark.parametrize("path", [PEOPLE, "/api/v1/", "/api/v1/schema/", "/api/v1/docs/"])
def test_nobody_is_asked_who_she_is(path):
    answer = Client().get(path)
    is_problem(answer, 401, "not-authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_method_that_is_not_offered(head):
    answer = call(head, "delete")
    is_problem(answer, 405, "method-not-allowed")
    assert "GET" in answer["Allow"]
    assert "DELETE" not in answer["Allow"]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
def test_a_body_of_another_kind(head, kind):
    is_problem(call(head, "post", data=b"--x--", content_type=kind), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b"nul", b"NaN", b'{"name": Infinity}', b"[" * 100_000, b'{"name": "\\u0000"}', b'{"\\u0000": 1}',
     b'{"name": "\\ud800"}', b'{"teams": ["\\udfff"]}', b'{"n": ' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_json_that_cannot_be_read_or_never_stored(head, body):
    is_problem(call(head, "post", data=body), 400, "parse-error")


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"[[{}]]"])
def test_json_that_is_no_object(head, body):
    assert is_problem(call(head, "post", data=body), 400, "invalid")["errors"]


@pytest.mark.parametrize("charset", ["utf-16", "rot13", "base64", "no-such"])
def test_another_charset_is_not_believed(head, charset):
    body = json.dumps({"name": "X", "email": "x@example.org"}).encode()
    headers = {"Authorization": f"Bearer {head}"}
    client = Client(raise_request_exception=False)
    answer = client.generic("POST", PEOPLE, body, f"application/json; charset={charset}", headers=headers)
    assert answer.status_code == 201, answer.content


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_body_that_is_too_big(head, settings, headers):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    is_problem(call(head, "post", data=b'{"name": "' + b"x" * 1000 + b'"}', headers=headers), 413, "too-big")


def test_values_that_do_not_fit_are_named(head):
    errors = is_problem(call(head, "post", data={"email": "nonsense"}), 400, "invalid")["errors"]
    assert errors == {"name": ["This field is required."], "email": ["Enter a valid email address."]}


def test_values_that_a_deed_refuses_are_named_alike(cast, head):
    answer = call(head, "post", "/api/v1/roles/auditor/assign/", {"from_on": timezone.localdate()})
    assert is_problem(answer, 400, "invalid")["errors"] == {"person": ["Choose a person, a deputy, or both."]}


def test_messages_inside_values_get_a_path():
    detail = {"a": ["x"], "b": {0: ["y"], 2: {"c": ["z"]}}, "d": [{}, {"e": ["w"]}], "f": "v"}
    assert by_field(detail) == {"a": ["x"], "b.0": ["y"], "b.2.c": ["z"], "d.1.e": ["w"], "f": ["v"]}
    assert by_field(["x"]) == {"non_field_errors": ["x"]}


def test_a_session_without_the_csrf_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    before = type(cast.head).objects.count()
    said = is_problem(
        client.post(PEOPLE, {"name": "X", "email": "x@example.org"}, content_type=JSON), 403, "permission-denied"
    )
    assert "CSRF" in said["detail"]
    assert type(cast.head).objects.count() == before


def test_too_many_requests_are_slowed_down_for_this_person_only(cast, head, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min", "anon": "2/min"})
    assert [call(head).status_code for _ in range(2)] == [200, 200]
    answer = call(head)
    is_problem(answer, 429, "throttled")
    assert 0 < int(answer["Retry-After"]) <= 60
    again = key_of(cast.head, name="another key, the same person")
    assert call(again).status_code == 429
    assert call(key_of(cast.owner)).status_code == 200


def test_what_somebody_may_not_do(cast):
    is_problem(call(key_of(cast.auditor), "post", data={"name": "X", "email": "x@example.org"}), 403, "not-allowed")


def test_what_has_moved_on(cast, head):
    proposal = propose(cast)
    path = f"/api/v1/classifications/{proposal.pk}/withdraw/"
    assert call(head, "post", path).status_code == 200
    is_problem(call(head, "post", path), 409, "wrong-state")


@pytest.mark.parametrize("error", [RuntimeError("secret inside"), RecursionError()])
def test_what_breaks_says_nothing_from_inside(head, monkeypatch, error, caplog):
    def breaks(**_):
        raise error

    monkeypatch.setattr(services, "add_person", breaks)
    answer = call(head, "post", data={"name": "X", "email": "x@example.org"})
    is_problem(answer, 500, "internal-server-error")
    assert "Nothing was" not in answer.json()["detail"]
    assert "look before you send it again" in answer.json()["detail"]
    assert b"secret" not in answer.content
    assert b"Traceback" not in answer.content
    assert any(line.exc_info for line in caplog.records), "but the log tells"


@pytest.mark.parametrize(("status", "error"), [(500, RuntimeError()), (503, OperationalError("secret inside"))])
def test_what_broke_under_a_key_may_be_sent_again_with_it(head, monkeypatch, status, error):
    monkeypatch.setattr(services, "add_person", mock.Mock(side_effect=error))
    data, key = {"name": "X", "email": "x@example.org"}, {"Idempotency-Key": "k"}
    answer = call(head, "post", data=data, headers=key)
    assert answer.status_code == status
    assert "Send it again with the same key" in answer.json()["detail"]
    assert b"secret" not in answer.content
    monkeypatch.undo()
    assert call(head, "post", data=data, headers=key).status_code == 201


def test_while_the_database_is_away_it_says_when_to_come_back(head, monkeypatch):
    monkeypatch.setattr(services, "add_person", mock.Mock(side_effect=OperationalError("secret inside")))
    answer = call(head, "post", data={"name": "X", "email": "x@example.org"})
    is_problem(answer, 503, "unavailable")
    assert int(answer["Retry-After"]) > 0


@pytest.mark.django_db
def test_a_wrong_host(settings):
    is_problem(
        Client(raise_request_exception=False).get(PEOPLE, headers={"Host": "elsewhere.example"}), 400, "bad-request"
    )


def test_only_json_is_spoken(head):
    is_problem(call(head, headers={"Accept": "text/html"}), 406, "not-acceptable")


def test_an_error_carries_the_headers_of_every_page(head):
    answer = Client().get("/api/v1/nothing/")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("size", ["nonsense", "0", "-5", "1001", "²", "9" * 30, "9" * 5000, "%00"])
def test_a_size_that_is_none_is_refused(head, size):
    answer = call(head, path=f"{PEOPLE}?page_size={size}")
    is_problem(answer, 400, "invalid")
    assert "page_size" in answer.json()["errors"]


@pytest.mark.parametrize("order", ["password", "%00", "-", "teams__name"])
def test_an_order_that_is_none_is_refused(head, order):
    answer = call(head, path=f"{PEOPLE}?ordering={order}")
    is_problem(answer, 400, "invalid")
    assert "Known are “name”, “id”." in answer.json()["errors"]["ordering"][0]


def test_an_empty_order_is_the_usual_one(head):
    assert call(head, path=f"{PEOPLE}?ordering=,,").json() == call(head, path=PEOPLE).json()


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "9" * 5000, "%00"])
def test_a_page_that_is_not_there(head, page):
    is_problem(call(head, path=f"{PEOPLE}?page={page}"), 404, "not-found")


@pytest.mark.parametrize(
    "query",
    [
        "events/?since=",
        "events/?until=",
        "messages/?written_after=",
        "drills/?from_on=",
        "drills/?until_on=",
        "actions/?due_until=",
    ],
)
@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00", "9999-07-17T07:58:14-23:48", "0000-00-00", "10000-01-01",
     "0001-01-01", "9999-12-31", "2026-02-30", "2026-01-01T00:00", "-1", "%00", "now", "9" * 5000],
)  # fmt: skip
def test_a_time_at_the_ends_of_the_calendar_breaks_nothing(head, query, time):
    answer = call(head, path=f"/api/v1/{query}{time}")
    assert answer.status_code in (200, 400), answer.content


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-07-17T07:58:14-23:48"]
)
def test_a_drill_at_the_ends_of_the_calendar_is_refused(cast, head, time):
    body = {
        "workload": cast.workload.pk, "kind": "restore", "window_start": time, "window_end": time,
        "coordinator": cast.owner.pk, "success_criteria": "Back.",
    }  # fmt: skip
    is_problem(call(head, "post", "/api/v1/drills/", body), 400, "invalid")
