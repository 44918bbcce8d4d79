"""Every form that makes something or tells somebody carries a key, so that it counts once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from people.access import PUBLIC, rule_of
from people.middleware import library_rule
from tests.cast import PASSWORD
from tests.forms import forms_in
from tests.laws.samples import samples
from tests.laws.test_routes import OURS, _address

TEMPLATES = Path("templates")
FORM = re.compile(r"<form\b(?=[^>]*\bmethod=\"post\").*?</form>", re.DOTALL)

# Forms of the libraries: sign-in, proofs, sessions. They make nothing of ours.
LIBRARIES = {"account", "mfa", "usersessions", "socialaccount"}
# What these say is so afterwards, however often they are sent; who comes back to one and sends something else means it.
SETS = {
    "frame/_person.html": "signs out",
    "people/account.html": "sets one's own preferences",
    "workloads/change.html": "sets what is said of a workload",
    "workloads/impact/answer.html": "sets answers, on the revision that it was opened on",
}
# The same of routes whose template also adds.
CHANGES = {
    "drills:change", "drills:change_action", "people:change", "people:change-contact", "people:change-team",
    "people:set-preferences", "workloads:change", "workloads:change-component", "workloads:change-dependency",
    "workloads:change-failure-mode", "workloads:change-flow", "workloads:change-mapping", "workloads:change-proposal",
    "workloads:change-season", "workloads:change-third-party", "workloads:change-view", "workloads:answer-impact",
}  # fmt: skip


def test_every_form_of_a_template_carries_a_key():
    without = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = str(path.relative_to(TEMPLATES))
        if path.parts[1] in LIBRARIES or name in SETS:
            continue
        without += [f"{name}: {form[:90]}" for form in FORM.findall(path.read_text()) if "{% form_key" not in form]
    assert without == [], "add {% form_key %} inside of the form, or say in SETS why it may be sent twice"


@pytest.mark.django_db
def test_every_form_that_is_shown_carries_a_key_unless_it_changes_what_is_there(cast):
    values, client = samples(cast), Client()
    shown, wrong = set(), []
    for who in (cast.head, cast.owner, cast.stakeholder):
        assert client.login(email=who.email, password=PASSWORD)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        for route, name, view in OURS:
            if name is None or route.startswith("api/") or rule_of(view) == PUBLIC:
                continue
            address, _ = _address(name, values.get(name, {}))
            answer = client.get(address)
            if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
                continue
            for form in forms_in(address, answer.text):
                goal = _route_of(form.action)
                has_key = "form_key" in form.fields or "form_key=" in form.action
                shown.add(goal)
                if goal and has_key == (goal in CHANGES):
                    wrong.append((address, goal))
    assert wrong == [], "a form that makes something has no key, or one that changes has one"
    assert len(shown) > 45, f"only {len(shown)} forms were shown: {sorted(shown)}"


def _route_of(address: str) -> str:
    """The name of one of our routes; "" for one of a library."""
    try:
        match = resolve(address.partition("?")[0])
    except Resolver404:
        pytest.fail(f"a form leads nowhere: {address}")
    return "" if library_rule(match.route) else match.view_name
