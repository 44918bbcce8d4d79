"""Every route with everybody: nobody reads a name that she may not see, nothing breaks, and no stranger changes a row.

The things of one team carry a canary in their names. Who walks has nothing to do with them. ATTACK_NUMBERS=all tries every number
of every thing at every address that takes one; without it, the number of its own thing and of two others.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from people.models import ApiToken, RoleAssignment, Team, organisation_today
from people.services import deactivate_person, issue_token, revoke_token
from tests.cast import NOW, give, make_cast, person
from tests.laws.samples import samples
from tests.laws.test_routes import OURS, REFERENCE
from tests.past import rewriting_history
from workloads import services as workloads
from workloads.models import ColumnMapping, PendingImport, SavedView
from workloads.rights import settle_rights

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.django_db]

CANARY = "canarium"
ALL = os.environ.get("ATTACK_NUMBERS") == "all"
SESSION = "people.backends.SignInBackend"
# What anybody who has signed in may do for herself.
OWN = {
    "people:set-preferences", "people:issue-token", "people:account", "workloads:save-view", "saved-views-list",
    "workloads:save", "account_email",
}  # fmt: skip


@dataclass
class Walker:
    name: str
    client: Client


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """The cast, everything of its one workload under a canary's name, and the walkers; rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = make_cast()
        named = f"{CANARY.capitalize()} Hub"
        workloads.change_workload(
            workload=cast.workload,
            by=cast.head,
            at=NOW,
            name=named,
            purpose=f"A {CANARY} purpose.",
            reference=f"{CANARY}-1",
        )
        cast.workload.refresh_from_db()
        values = samples(cast)
        for view in SavedView.objects.all():
            SavedView.objects.filter(pk=view.pk).update(name=f"{CANARY} view {view.pk}", is_shared=False)
        ColumnMapping.objects.update(name=f"{CANARY} mapping", shared=False)
        PendingImport.objects.update(name=f"{CANARY}.csv")
        ApiToken.objects.update(name=f"{CANARY} token")
        yield cast, values, _walkers(cast)
        transaction.set_rollback(True)


def _session(user: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend=SESSION)
    return client


def _token(user: Any, scope: str) -> tuple[Client, ApiToken]:
    token, key = issue_token(by=user, at=timezone.now(), name=f"{scope} of {user}", scope=scope, days=9)
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"}), token


def _walkers(cast: Any) -> list[Walker]:
    """Ten kinds of people and programs, none of whom may see anything of the canary's team."""
    team = Team.objects.create(name="Elsewhere")
    load = workloads.add_workload(by=cast.head, at=NOW, name="Another", purpose="Elsewhere.", owner_team=team)
    colleague, asked = person("Elsa Where", team=team), person("Asta Else")
    give("business-stakeholder", asked, workload=load)
    former = person("Fritjof Former")
    ended = give("business-stakeholder", former, workload=cast.workload)
    yesterday = organisation_today(timezone.now()) - dt.timedelta(days=1)
    with rewriting_history():
        RoleAssignment.objects.filter(pk=ended.pk).update(until_on=yesterday)
    gone = person("Gro Gone", role="head-of-operations")
    settle_rights(at=timezone.now())  # last: giving a role settles them as of NOW, when she still held hers
    session_of_gone = _session(gone)
    of_gone, _ = _token(gone, "read")
    deactivate_person(person=gone, by=cast.head, at=timezone.now())
    revoked, token = _token(cast.head, "write")
    revoke_token(token=token, by=cast.head, at=timezone.now())
    return [
        Walker("nobody", Client(raise_request_exception=False)),
        Walker("a stranger", _session(cast.stranger)),
        Walker("another team", _session(colleague)),
        Walker("a signer of another workload", _session(asked)),
        Walker("who held a role until yesterday", _session(former)),
        Walker("the session of somebody deactivated", session_of_gone),
        Walker("the token of somebody deactivated", of_gone),
        Walker("a stranger's token that reads", _token(cast.stranger, "read")[0]),
        Walker("another team's token that writes", _token(colleague, "write")[0]),
        Walker("a revoked token of the head of operations", revoked),
    ]


def _addresses(values: Any) -> list[tuple[str, str]]:
    """(name of the route, address) of every route of ours, with the numbers to try."""
    numbers = sorted(
        {n for found in [*values.by_prefix.values(), *values.values()] for n in found.values() if isinstance(n, int)}
    )
    found = []
    for _, name, _ in OURS:
        if name is None:
            continue
        given = values.get(name, {})
        found += [(name, address) for address in _reversed(name, given, numbers)]
    return list(dict.fromkeys(found))


def _reversed(name: str, given: dict[str, Any], numbers: list[int]) -> list[str]:
    names = _parameters(name)
    if not names:
        return [reverse(name)]
    whole = {key: given[key] for key in names if key in given}
    tries = numbers if ALL else [0, numbers[-1]]
    every = [whole] + [whole | {key: n} for key in names for n in tries if isinstance(whole.get(key), int)]
    addresses = []
    for one in every:
        try:
            addresses.append(reverse(name, kwargs=one))
        except NoReverseMatch:
            assert one is not whole, f"add a sample for {name} to tests/laws/samples.py"
    return addresses


def _parameters(name: str) -> list[str]:
    found = get_resolver()
    for namespace in name.split(":")[:-1]:
        found = found.namespace_dict[namespace][1]
    return list(found.reverse_dict.getlist(name.split(":")[-1])[0][0][0][1])


def _body(answer: Any) -> str:
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return raw.decode(errors="replace").lower()


def test_nobody_reads_the_name_of_what_she_may_not_see(world):
    _, values, walkers = world
    leaks, broken, looked = [], [], 0
    for walker in walkers:
        for name, address in _addresses(values):
            answer = walker.client.get(address)
            looked += 1
            if answer.status_code >= 500:
                broken.append((walker.name, address, answer.status_code))
            if CANARY in _body(answer) or CANARY in answer.headers.get("Location", "").lower():
                leaks.append((walker.name, name, address))
    assert leaks == []
    assert broken == []
    assert looked > 2000, f"only {looked} looks"


def test_what_somebody_has_for_herself_nobody_else_reads(world):
    """Views that are not shared, files that wait, tokens, mappings: not even those who see every workload."""
    cast, values, _ = world
    own = {
        "workloads:change-view", "workloads:remove-view", "saved-views-detail", "workloads:import-report",
        "workloads:change-mapping", "workloads:remove-mapping", "people:revoke-token",
    }  # fmt: skip
    for who in (cast.auditor, cast.sponsor, cast.platform):
        client = _session(who)
        for name in own:
            address = reverse(name, kwargs=values.get(name))
            for method in ("get", "post"):
                assert getattr(client, method)(address).status_code in (403, 404, 405), (who.name, method, address)
        for address in ("/workloads/views/", "/workloads/", "/api/v1/saved-views/", "/people/me/"):
            said = _body(client.get(address))
            assert f"{CANARY} view" not in said, (who.name, address)
            assert f"{CANARY} token" not in said, (who.name, address)


def _digest() -> dict[str, str]:
    """What every table of ours holds."""
    tables = [m._meta.db_table for m in apps.get_models(include_auto_created=True) if m._meta.app_label in OUR_APPS]
    parts = [
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"
        for table in dict.fromkeys(tables)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


OUR_APPS = {"audit", "people", "signoffs", "communications", "workloads", "drills", "guardian"}
# When she was here last, and that a token was used: her own.
MOVES_BY_ITSELF = {"people_apitoken"}


def _sent(values: Any, cast: Any) -> dict[str, Any]:
    """A body with something for every field there is, so that no deed fails for want of one."""
    day = (timezone.now() + dt.timedelta(days=30)).date().isoformat()
    return {
        "workload": cast.workload.pk, "needs": cast.workload.pk, "drill": values.by_prefix["drills"]["pk"], "name": "Taken",
        "purpose": "Taken.", "reason": "Taken.", "title": "Taken", "owner": cast.stranger.pk, "person": cast.stranger.pk,
        "deputy": cast.stranger.pk, "role": "workload-team", "to": cast.stranger.pk, "coordinator": cast.stranger.pk,
        "from_on": day, "until_on": day, "last_day": day, "due_on": day, "ends_on": day, "kind": "restore",
        "window_start": f"{day}T10:00:00Z", "window_end": f"{day}T12:00:00Z", "success_criteria": "Taken.", "what": "healthy",
        "tier": 3, "slo": "99.5", "rto": "1 h", "rpo": "1 h", "rto_seconds": 3600, "rpo_seconds": 3600, "how": "Taken.",
        "digest": "0" * 64, "finding": "no-owner", "conditions": "None.", "email": "taken@example.org", "query": "tier=1",
        "owner_team": cast.team.pk, "revision": 0, "answers": [], "strength": "soft", "effect": "Taken.", "severity": 3,
        "likelihood": 3, "noticed": 3, "category": "hardware",
    }  # fmt: skip


def test_no_stranger_changes_a_row(world):
    cast, values, walkers = world
    sent, changed, broken, leaks, tried = _sent(values, cast), [], [], [], 0
    before = _digest()
    for walker in walkers:
        for name, address in _addresses(values):
            if name in OWN or name in REFERENCE:
                continue
            for method in ("post", "put", "patch", "delete") if address.startswith("/api/") else ("post",):
                as_json = (
                    {"content_type": "application/json"} if address.startswith("/api/") or method != "post" else {}
                )
                answer = getattr(walker.client, method)(address, sent, **as_json)
                tried += 1
                if answer.status_code >= 500:
                    broken.append((walker.name, method, address, answer.status_code))
                if CANARY in _body(answer):
                    leaks.append((walker.name, method, address))
        after = _digest()
        changed += [
            (walker.name, table) for table in after if after[table] != before[table] and table not in MOVES_BY_ITSELF
        ]
        before = after
    assert changed == []
    assert broken == []
    assert leaks == []
    assert tried > 2000, f"only {tried} deeds"
