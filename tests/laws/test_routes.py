"""Every route declares who may come in, and a stranger learns nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from people.access import PUBLIC, rule_of
from people.middleware import library_rule
from tests.cast import PASSWORD
from tests.laws.samples import samples


def _routes(patterns, prefix="", namespace=""):
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry.url_patterns, route, entry.namespace or namespace)
        elif isinstance(entry, URLPattern):
            yield route, (f"{namespace}:{entry.name}" if namespace else entry.name), entry.callback


ROUTES = list(_routes(get_resolver().url_patterns))
REFERENCE = {"tiers-detail", "workloads:import-template"}  # the same for everybody who signs in
# Files of what one may see: a stranger's are empty.
OWN_FILES = {"workloads:export-all", "workloads:export-kind"}
OURS = [(route, name, view) for route, name, view in ROUTES if rule_of(view) and not library_rule(route)]


@pytest.mark.parametrize(("route", "view"), [(r, v) for r, _, v in ROUTES], ids=[r or "/" for r, _, _ in ROUTES])
def test_every_route_declares_its_rule(route, view):
    assert rule_of(view) or library_rule(route), f"{route} declares no rule: @rule(…) from people.access"


def _address(name, values):
    found = get_resolver()
    for namespace in name.split(":")[:-1]:
        found = found.namespace_dict[namespace][1]
    for _, parameters in (option for entry in found.reverse_dict.getlist(name.split(":")[-1]) for option in entry[0]):
        if not parameters:
            return reverse(name), False
        if all(p in values for p in parameters):
            return reverse(name, kwargs={p: values[p] for p in parameters}), True
    raise AssertionError(f"add a sample for {name} to tests/laws/samples.py")


@pytest.mark.django_db
def test_nobody_comes_in_without_signing_in(cast):
    values = samples(cast)
    for _, name, view in OURS:
        if rule_of(view) == PUBLIC or name is None:
            continue
        address, _ = _address(name, values.get(name, {}))
        for method in ("get", "post"):
            answer = getattr(Client(), method)(address)
            signed_out = answer.status_code in (401, 403, 404, 405) or "/accounts/login/" in answer.headers.get(
                "Location", ""
            )
            assert signed_out, f"{method} {address} answered {answer.status_code} to nobody"


@pytest.mark.django_db
def test_a_stranger_finds_nothing(cast):
    """Signed in, without any role: things are not found, lists do not name them, and no deed happens."""
    values = samples(cast)
    client = Client()
    assert client.login(email=cast.stranger.email, password=PASSWORD)
    for _, name, view in OURS:
        if name is None or rule_of(view) == PUBLIC:
            continue
        address, has_object = _address(name, values.get(name, {}))
        for method in ("get", "post"):
            answer = getattr(client, method)(address)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if has_object and name not in REFERENCE | OWN_FILES:
                assert answer.status_code in (403, 404, 405), f"{method} {address} answered {answer.status_code}"
            assert answer.status_code < 500, f"{method} {address} answered {answer.status_code}"
            assert b"Payment Hub" not in body, f"{method} {address} shows a stranger the workload"


@pytest.mark.django_db
def test_the_same_things_are_there_for_the_head_of_operations(cast):
    """The stranger's law could pass because an address is wrong; here each one answers."""
    values = samples(cast)
    client = Client()
    assert client.login(email=cast.head.email, password=PASSWORD)
    for _, name, _ in OURS:
        if name is None:
            continue
        address, _ = _address(name, values.get(name, {}))
        answer = client.get(address)
        assert answer.status_code in (200, 302, 405), f"{address} answered {answer.status_code}"
        policy = answer.headers.get("Content-Security-Policy", "")
        assert "default-src 'self'" in policy, f"{address} has no policy"
        assert "unsafe" not in policy, address
