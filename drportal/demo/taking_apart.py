"""Writing down what the demo's workloads do, are made of and need, by the portal's own deeds."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from drportal.demo import estate
from people.models import Contact, User, organisation_today
from people.queries import people_in_role
from people.wording import parse_duration
from workloads.dependencies import services as dependencies
from workloads.flows import components, services
from workloads.models import Component, Dependency, Order, Strength, ThirdParty, Workload

if TYPE_CHECKING:
    from drportal.demo.build import Organisation


def take_apart(org: Organisation, workloads: dict[str, Workload]) -> None:
    """Components, dependencies, flows and failure modes of all of them, within two days of being registered."""
    parties = {outside.name: _third_party(org, outside) for outside in estate.THIRD_PARTIES}
    for name, workload in workloads.items():
        at, by = workload.added_at + dt.timedelta(days=1), _lead(org, workload)
        parts = _components(workload, by, at)
        needs = [
            _need(said, workload, workloads, parties, org.people["jonas"], at) for said in estate.NEEDS.get(name, ())
        ]
        _flows(workload, by, at + dt.timedelta(hours=2), parts, needs)
        _failure_modes(workload, by, at + dt.timedelta(hours=4), parts)


def find_out_later(org: Organisation, workloads: dict[str, Workload]) -> None:
    """Dependencies that turned out to be hard after the targets were signed."""
    jonas = org.people["jonas"]
    for days, name, provider, note in estate.FOUND_LATER:
        workload, needs, at = workloads[name], workloads[provider], org.now - dt.timedelta(days=days)
        known = Dependency.objects.filter(workload=workload, needs=needs).first()
        values: dict[str, Any] = {"strength": Strength.HARD, "order": Order.SEQUENTIAL, "note": note}
        if known is None:
            known = dependencies.add_dependency(workload=workload, needs=needs, by=jonas, at=at, **values)
        else:
            dependencies.change_dependency(dependency=known, by=jonas, at=at, remains="", **values)
        for flow in workload.flows.filter(is_critical=True):
            services.change_flow(flow=flow, by=jonas, at=at, dependencies=[*flow.dependencies.all(), known])


def _lead(org: Organisation, workload: Workload) -> User:
    return people_in_role("workload-team", workload_id=workload.pk, on=organisation_today(org.now))[0]


def _third_party(org: Organisation, said: estate.Outside) -> ThirdParty:
    until = organisation_today(org.now) + dt.timedelta(days=said.days) if said.days is not None else None
    return dependencies.add_third_party(
        by=org.people["jonas"], at=org.now - dt.timedelta(days=742), name=said.name, vendor=said.vendor,
        contact=Contact.objects.filter(organisation=said.contact).first() if said.contact else None,
        rto_seconds=parse_duration(said.rto), rpo_seconds=parse_duration(said.rpo), document=said.document,
        promised_until_on=until, has_failover=said.has_failover, note=said.note,
    )  # fmt: skip


def _components(workload: Workload, by: User, at: dt.datetime) -> dict[str, Component]:
    said = [part.split(": ") for part in estate.COMPONENTS.get(workload.name, "").split(" | ") if part]
    return {
        name: components.add_component(workload=workload, by=by, at=at, name=name, kind=kind) for name, kind in said
    }


def _need(
    said: str,
    workload: Workload,
    workloads: dict[str, Workload],
    parties: dict[str, ThirdParty],
    by: User,
    at: dt.datetime,
) -> Dependency:
    is_soft, is_after = said.startswith("~"), said.startswith("+")
    name, _, remains = said.lstrip("~+").partition(": ")
    on: dict[str, Any] = {"third_party": parties[name[1:]]} if name.startswith("@") else {"needs": workloads[name]}
    # Nobody depends on what did not exist yet.
    at = max(at, on["needs"].added_at + dt.timedelta(hours=1)) if "needs" in on else at
    return dependencies.add_dependency(
        workload=workload, by=by, at=at, strength=Strength.SOFT if is_soft else Strength.HARD, remains=remains,
        order=Order.SEQUENTIAL if is_after else Order.PARALLEL, **on,
    )  # fmt: skip


def _flows(workload: Workload, by: User, at: dt.datetime, parts: dict[str, Component], needs: list[Dependency]) -> None:
    """A critical flow uses everything that is hard; the others what comes first."""
    hard = [need for need in needs if need.strength == Strength.HARD]
    for line in estate.FLOWS.get(workload.name, "").strip().splitlines():
        name, what, who, down, *own = (part.strip() for part in line.split(" | "))
        rto, rpo = (parse_duration(said) for said in own[0].split(" / ")) if own else (None, None)
        is_critical = name.startswith("!")
        services.add_flow(
            workload=workload, by=by, at=at, name=name.removeprefix("!"), what=f"{what}.", relied_on_by=f"{who}.",
            when_down=f"{down}.", is_critical=is_critical, rto_seconds=rto, rpo_seconds=rpo,
            components=list(parts.values()) if is_critical else list(parts.values())[:1],
            dependencies=hard if is_critical else hard[:1],
        )  # fmt: skip


def _failure_modes(workload: Workload, by: User, at: dt.datetime, parts: dict[str, Component]) -> None:
    hit = list(workload.flows.filter(is_critical=True))
    for line in estate.FAILURE_MODES.get(workload.name, "").strip().splitlines():
        what, part, category, effect, scores, detection, mitigation = (said.strip() for said in line.split(" | "))
        severity, likelihood, noticed = (int(score) for score in scores.split())
        services.add_failure_mode(
            workload=workload, by=by, at=at, what=what, component=parts[part], category=category, effect=f"{effect}.",
            severity=severity, likelihood=likelihood, noticed=noticed, detection=f"{detection}.",
            mitigation=f"{mitigation}.", flows=hit if severity > 2 else hit[:1],
        )  # fmt: skip
