"""The API against its own description: whatever is sent, it answers as documented and never breaks.

Requests are made from the OpenAPI schema, those that fit and those that do not, as the head of operations with a session
that may sign, on a register with one of each thing. Each request is rolled back. SCHEMATHESIS_EXAMPLES=200 looks longer.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest
import schemathesis
from django.conf import settings as portal
from django.core.signals import got_request_exception, request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from signoffs.models import Request
from tests.cast import PASSWORD, make_cast
from tests.laws.samples import samples

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "20261121"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
SCHEMA.app = get_wsgi_application()
OPERATIONS = {o.definition.raw["operationId"]: o for o in (cast("Any", r).ok() for r in SCHEMA.get_all_operations())}
JSON = "application/json"
MODES = {"fits": GenerationMode.POSITIVE, "does not fit": GenerationMode.NEGATIVE}


class World:
    """One of each thing, and the head of operations with a session whose proof is fresh."""

    def __init__(self) -> None:
        people = make_cast()
        self.samples = samples(people)
        client = Client()
        client.force_login(people.head, backend="people.backends.SignInBackend")
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        client.get(reverse("people:account"))  # sets the cookie against forged requests
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        self.headers = {"X-CSRFToken": self.cookies[portal.CSRF_COOKIE_NAME]}
        drill, action = self.samples.by_prefix["drills"]["pk"], self.samples.by_prefix["actions"]["pk"]
        day = f"{timezone.now().year + 1}-01-01"
        self.known: dict[str, Any] = {
            "workload": people.workload.pk, "drill": drill, "coordinator": people.owner.pk, "owner": people.owner.pk,
            "owner_team": people.team.pk, "teams": [people.team.name], "participants": [people.head.pk],
            "retested": [action], "person": people.auditor.pk, "deputy": people.head.pk, "tier": 1, "slo": "99.95",
            "window_start": f"{day}T10:00:00Z", "window_end": f"{day}T12:00:00Z", "due_on": day, "from_on": "2026-01-01",
            "until_on": day, "last_day": day, "title": "Slow names", "success_criteria": "Back in time.", "how": "Done.",
            "looser_reason": "Cheap.", "purpose": "Pays claims.", "time_zone": "Asia/Tokyo",
            "digest": Request.objects.get(pk=self.samples.by_prefix["signoffs"]["pk"]).digest,
            "file": b"name,purpose,team,tier\nQuotes,Sells.,Payments,\nPayment Hub,Pays.,Payments,\n",
        }  # fmt: skip

    def address(self, operation: Any) -> dict[str, Any]:
        """Path parameters that lead to a thing that is there."""
        name = operation.path.split("/")[3]
        values = self.samples.by_prefix.get(name) or self.samples.get(f"{name}-detail") or {}
        values = values | {"assignment": 1}
        return {p: values.get(p, values.get("pk")) for p in re.findall("{([a-z_]+)}", operation.path)}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        made = World()
        # A request closes a connection that is in a transaction; here it stays. (Django's own client does the same.)
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        yield made
        transaction.set_rollback(True)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def broken() -> Iterator[list[BaseException | None]]:
    """The exceptions that requests ended with: the answers keep them to themselves."""
    found: list[BaseException | None] = []

    def note(**_: Any) -> None:
        found.append(sys.exc_info()[1])

    got_request_exception.connect(note)
    yield found
    got_request_exception.disconnect(note)


def ask_and_check(case: Any, world: World, checks: list[Any], broken: list[BaseException | None]) -> None:
    """Ask, check, and undo."""
    broken.clear()
    with transaction.atomic():
        answer = case.call(headers=world.headers, cookies=world.cookies)
        if broken and broken[-1]:
            raise AssertionError(case.as_curl_command()) from broken[-1]
        case.validate_response(answer, checks=checks)
        if not connection.needs_rollback:
            connection.check_constraints()  # what is deferred to the commit would break there
        transaction.set_rollback(True)


def requests_for(operation: Any, mode: GenerationMode, world: World) -> st.SearchStrategy[Any]:
    """Half of them lead to what is there, and name what is there."""
    anywhere, real = operation.as_strategy(mode), world.address(operation)
    somewhere = operation.as_strategy(mode, path_parameters=real) if real else operation.as_strategy(mode)
    found: st.SearchStrategy[Any] = anywhere | somewhere.map(lambda case: named(case, world.known))
    return found.map(as_head)


def as_head(case: Any) -> Any:
    """Without the sign-in that was made up with the rest: `tests/frame` tries wrong ones."""
    case.headers.pop("Authorization", None)
    case.cookies.clear()
    return case


def named(case: Any, known: dict[str, Any]) -> Any:
    case.query.pop("page", None)  # most pages are not there
    if isinstance(case.body, dict):
        case.body = {name: known.get(name, value) for name, value in case.body.items()}
    return case


def trying(test: Any, requests: st.SearchStrategy[Any]) -> None:
    """The same requests each time."""
    phases = (Phase.generate, Phase.shrink) if EXAMPLES > 20 else (Phase.generate,)
    options = settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=phases
    )
    seed(SEED)(options(given(case=requests)(test)))()


@pytest.mark.fault
@pytest.mark.django_db
@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("name", list(OPERATIONS))
def test_it_answers_as_documented(name, mode, world, broken):
    trying(lambda case: ask_and_check(case, world, CHECKS, broken), requests_for(OPERATIONS[name], MODES[mode], world))


@pytest.mark.fault
@pytest.mark.django_db
@pytest.mark.parametrize("name", list(OPERATIONS))
def test_what_does_not_fit_is_never_taken(name, world, broken):
    """Only what was made up, at an address that is there: what is named for real above may fit again."""
    operation = OPERATIONS[name]
    real = world.address(operation)
    made = operation.as_strategy(GenerationMode.NEGATIVE, **({"path_parameters": real} if real else {}))

    def ask(case: Any) -> None:
        checks = [negative_data_rejection] if is_wrong_as_sent(case) else [not_a_server_error]
        ask_and_check(case, world, checks, broken)

    trying(ask, made.map(as_head))


def is_wrong_as_sent(case: Any) -> bool:
    """Not when all that was wrong were the headers that `as_head` takes away, or in the query a value that is empty, which was
    not asked, as in a form, or given twice: the last counts."""
    wrong = {place for place, made in case.meta.components.items() if made.mode.is_negative}
    if "query" in wrong and any(value in ("", None) or isinstance(value, list | dict) for value in case.query.values()):
        return False
    return bool(wrong - {"header", "cookie"})


METHODS = {"get", "post", "put", "patch", "delete"}
UNDESCRIBED = sorted(
    (path, method) for path, item in SCHEMA.raw_schema["paths"].items() for method in METHODS - set(item)
)


@pytest.mark.fault
@pytest.mark.django_db
@pytest.mark.parametrize(("path", "method"), UNDESCRIBED)
def test_a_method_that_is_not_described_is_not_allowed(path, method, world):
    operation = next(operation for operation in OPERATIONS.values() if operation.path == path)
    client = Client(raise_request_exception=False)
    client.cookies.load(world.cookies)
    with transaction.atomic():
        answer = client.generic(
            method.upper(), path.format(**world.address(operation)), b"{}", JSON, headers=world.headers
        )
        transaction.set_rollback(True)
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"
    allowed = {word.strip().lower() for word in answer["Allow"].split(",")}
    assert allowed - {"head", "options"} == set(SCHEMA.raw_schema["paths"][path]) & METHODS
