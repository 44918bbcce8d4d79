"""A target out for signature, and who hears about it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache

from signoffs import services as signoffs
from signoffs.models import Request
from tests.cast import NOW, Cast, proof, propose
from workloads import services as workloads
from workloads import telling

LATER = NOW + dt.timedelta(hours=1)
CLOSED = ("completed", "rejected", "withdrawn", "voided")


@pytest.fixture(autouse=True)
def no_tries_yet() -> None:
    """Limits of tries are kept in the cache; each test begins with none."""
    cache.clear()


@pytest.fixture
def sent(cast: Cast) -> Request:
    """A proposal for tier 1, out for three signatures."""
    return workloads.send_for_signature(classification=propose(cast), by=cast.owner, at=NOW)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, set[str]]]:
    """(purpose, names) of every message composed about targets, in order."""
    found: list[tuple[str, set[str]]] = []
    compose: Any = vars(telling)["compose"]

    def listen(purpose: Any, **values: Any) -> Any:
        found.append((str(purpose), {person.name for person in values["to"]}))
        return compose(purpose, **values)

    monkeypatch.setattr(telling, "compose", listen)
    return found


def signers(cast: Cast) -> list[Any]:
    return [cast.stakeholder, cast.sponsor, cast.head]


def sign(request: Request, by: Any, **values: Any) -> Any:
    given: dict[str, Any] = {"at": LATER, "proof": proof(LATER), "digest": request.digest} | values
    return signoffs.sign(request=request, by=by, **given)


def reject(request: Request, by: Any, **values: Any) -> None:
    given: dict[str, Any] = {"at": LATER, "proof": proof(LATER), "reason": "Too dear."} | values
    signoffs.reject(request=request, by=by, **given)


def close(cast: Cast, request: Request, state: str) -> Request:
    """Bring an open request into one of the states it never leaves."""
    if state == "completed":
        for person in signers(cast):
            sign(request, person)
    elif state == "rejected":
        reject(request, cast.sponsor)
    elif state == "withdrawn":
        signoffs.withdraw(request=request, by=cast.owner, at=LATER)
    else:
        signoffs.void(request=request, by=cast.owner, at=LATER)
    request.refresh_from_db()
    assert request.state == state
    return request
