"""Flows, components, failure modes and dependencies, written down for tests."""

from __future__ import annotations

from typing import Any

from people.models import Team
from tests.cast import NOW, Cast
from workloads import services as workloads
from workloads.dependencies import services as dependencies
from workloads.flows import components, services
from workloads.models import Component, Dependency, FailureMode, ThirdParty, UserFlow, Workload


def add_flow(cast: Cast, name: str = "Pay a claim", **values: Any) -> UserFlow:
    given: dict[str, Any] = {
        "workload": cast.workload,
        "by": cast.owner,
        "at": NOW,
        "what": "Sends the money.",
    } | values
    return services.add_flow(name=name, **given)


def add_component(cast: Cast, name: str = "Claims database", **values: Any) -> Component:
    given: dict[str, Any] = {"workload": cast.workload, "by": cast.owner, "at": NOW, "kind": "database"} | values
    return components.add_component(name=name, **given)


def add_failure_mode(cast: Cast, what: str = "The disk fills up", **values: Any) -> FailureMode:
    given: dict[str, Any] = {
        "workload": cast.workload, "by": cast.owner, "at": NOW, "category": "load", "effect": "Nothing is saved.",
        "likelihood": 3, "severity": 3, "noticed": 2,
    } | values  # fmt: skip
    return services.add_failure_mode(what=what, **given)


def another(cast: Cast, name: str = "Policy Ledger", team: str = "Policy") -> Workload:
    owner = Team.objects.get_or_create(name=team)[0]
    return workloads.add_workload(by=cast.head, at=NOW, name=name, purpose="Book of record.", owner_team=owner)


def add_dependency(cast: Cast, needs: Workload | None = None, **values: Any) -> Dependency:
    given: dict[str, Any] = {"workload": cast.workload, "by": cast.head, "at": NOW, "needs": needs} | values
    return dependencies.add_dependency(**given)


def add_third_party(cast: Cast, name: str = "Card network", **values: Any) -> ThirdParty:
    given: dict[str, Any] = {"by": cast.head, "at": NOW} | values
    return dependencies.add_third_party(name=name, **given)
