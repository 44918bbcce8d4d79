"""What a key for programs may do, and what never."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Event
from drills import services as drills
from drills.models import DrillKind, Mark
from people import services
from people.models import ApiToken
from tests.cast import NOW, propose, put_in_force
from workloads.services import send_for_signature

PEOPLE = "/api/v1/people/"
WRITES = [("post", PEOPLE), ("patch", f"{PEOPLE}1/"), ("post", "/api/v1/workloads/"), ("post", "/api/v1/drills/1/start/"),
          ("post", "/api/v1/roles/auditor/assign/"), ("post", "/api/v1/workloads/import/"),
          ("post", "/api/v1/messages/deliveries/1/retry/")]  # fmt: skip


def issue(by, **values):
    asked = {"by": by, "at": timezone.now(), "name": "script", "scope": "write", "days": 9} | values
    return services.issue_token(**asked)


def call(key, method="get", path=PEOPLE, data=None, **headers):
    options = {} if method == "get" else {"content_type": "application/json"}
    return getattr(Client(), method)(path, data, headers={"Authorization": f"Bearer {key}"} | headers, **options)


def is_problem(answer, status, code):
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    assert answer.json()["type"] == f"urn:drportal:problem:{code}"


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_read_token_writes_nothing(cast, method, path):
    _, key = issue(cast.head, scope="read")
    assert call(key).status_code == 200
    before = Event.objects.count()
    is_problem(call(key, method, path, {}), 403, "permission-denied")
    is_problem(call(key, method, path, {}, **{"Idempotency-Key": "k"}), 403, "permission-denied")
    assert Event.objects.count() == before


@pytest.mark.parametrize("key", ["", " ", "drp_", "drp_" + "x" * 43, "x" * 5000, "drp_é", "drp_\x00", "a b c"])
def test_a_key_that_was_never_issued_is_no_key(cast, key):
    answer = call(key)
    is_problem(answer, 401, "authentication-failed")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_key_ends_when_it_is_revoked_or_runs_out(cast):
    token, key = issue(cast.head)
    assert call(key).status_code == 200
    services.revoke_token(token=token, by=cast.head, at=timezone.now())
    is_problem(call(key), 401, "authentication-failed")
    _, old = issue(cast.head, at=timezone.now() - dt.timedelta(days=2), days=1)
    is_problem(call(old), 401, "authentication-failed")


def test_a_key_ends_with_its_person(cast):
    _, key = issue(cast.platform)
    services.deactivate_person(person=cast.platform, by=cast.head, at=timezone.now())
    is_problem(call(key), 401, "authentication-failed")


def test_a_bad_key_is_not_saved_by_a_session_beside_it(cast):
    client = Client()
    client.force_login(cast.head, backend="people.backends.SignInBackend")
    assert client.get(PEOPLE).status_code == 200
    is_problem(client.get(PEOPLE, headers={"Authorization": "Bearer drp_nonsense"}), 401, "authentication-failed")


def test_a_token_opens_no_page(cast):
    _, key = issue(cast.head)
    assert call(key, path="/people/").status_code == 302


@pytest.mark.parametrize("verb", ["sign", "reject"])
def test_a_token_cannot_sign(cast, verb):
    request = send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)
    _, key = issue(cast.head)
    body = {"digest": request.digest, "reason": "No."}
    is_problem(call(key, "post", f"/api/v1/signoffs/{request.pk}/{verb}/", body), 403, "token-cannot-sign")


def test_a_token_cannot_reaffirm(cast):
    target = put_in_force(cast)
    _, key = issue(cast.head)
    path = f"/api/v1/classifications/{target.pk}/reaffirm/"
    is_problem(call(key, "post", path, {"digest": "0" * 64}), 403, "token-cannot-sign")


@pytest.mark.parametrize(
    ("machine", "time", "grade"),
    [(True, True, "machine"), (True, False, "machine"), (False, True, "typed"), (False, False, "live")],
)
def test_the_times_of_a_machine_token_are_measured_by_a_machine(cast, machine, time, grade):
    at = timezone.now()
    drill = drills.schedule(
        workload=cast.workload, by=cast.owner, at=at - dt.timedelta(hours=2), kind=DrillKind.RESTORE, success_criteria="Back.",
        window_start=at - dt.timedelta(hours=1), window_end=at + dt.timedelta(hours=3), coordinator=cast.owner,
    )  # fmt: skip
    drills.start(drill=drill, by=cast.owner, at=at - dt.timedelta(minutes=30))
    _, key = issue(cast.platform, machine=machine)
    body = {"what": "outage_began"} | ({"time": (at - dt.timedelta(minutes=9)).isoformat()} if time else {})
    answer = call(key, "post", f"/api/v1/drills/{drill.pk}/mark/", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["grade"] == Mark.objects.get().grade == grade


def test_the_use_of_a_token_is_noted_once_a_minute(cast):
    token, key = issue(cast.head)
    call(key)
    used = ApiToken.objects.get(pk=token.pk).last_used_at
    assert used is not None
    call(key)
    assert ApiToken.objects.get(pk=token.pk).last_used_at == used
