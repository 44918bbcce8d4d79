"""One real thing for each parameter of each route; the laws about routes fill addresses with them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import QueryDict

from audit.models import Event
from communications.models import Delivery, Message
from drills import gaps, marking
from drills import services as drills
from drills.models import Drill, DrillKind
from people import services as people
from people.models import ContactKind, Role, RoleAssignment
from people.permissions import WORKLOAD_OWNER
from signoffs.models import Request
from tests.cast import NOW, Cast, person, propose, put_in_force
from tests.past import rewriting_history
from tests.workloads.impact import month_end
from tests.workloads.parts import add_component, add_dependency, add_failure_mode, add_flow, add_third_party
from workloads.campaigns.services import open_campaign
from workloads.catalogue.services import save_mapping
from workloads.gates.services import request_waiver
from workloads.models import Waiver
from workloads.register.waiting import keep_import
from workloads.saved.services import save_view
from workloads.services import send_for_signature


def samples(cast: Cast) -> Samples:
    """Parameters by the name of a route. Each thing belongs to the cast's one workload, or to the head of operations."""
    in_force = put_in_force(cast)
    campaign = open_campaign(
        by=cast.head, at=NOW, name="Fourth quarter", due_on=NOW.date() + dt.timedelta(days=28), params=QueryDict()
    )
    draft = propose(cast, tier=2, at=NOW)
    request = send_for_signature(classification=draft, by=cast.owner, at=NOW)
    finished, drill = _running_drill(cast, 1), _running_drill(cast, 24)
    drills.finish(drill=finished, by=cast.owner, at=NOW + dt.timedelta(hours=2))
    mark = marking.mark(drill=drill, what="outage_began", by=cast.owner, at=NOW + dt.timedelta(hours=24, minutes=1))
    action = gaps.open_action(
        drill=drill, by=cast.owner, at=NOW + dt.timedelta(hours=25), title="Slow names", owner=cast.owner,
        due_on=NOW.date() + dt.timedelta(days=9),
    )  # fmt: skip
    contact = people.add_contact(by=cast.head, at=NOW, name="Duty line", kind=ContactKind.VENDOR, phone="110")
    token, _ = people.issue_token(by=cast.head, at=NOW, name="probe", scope="read", days=3)
    of_workload = RoleAssignment.objects.filter(workload_id=cast.workload.pk, role="business-stakeholder").get()
    of_organisation = RoleAssignment.objects.filter(workload_id=None).first()
    assert of_organisation is not None
    pending = keep_import(
        data=b"reference,name,purpose,team\nA-2,New,For tests.,Payments\n", name="a.csv", by=cast.head, at=NOW
    )
    delivery = Delivery.objects.filter(message__thread=cast.workload.trail_thread).first()
    assert delivery is not None
    assert Request.objects.filter(pk=request.pk).exists()
    waiting = people.assign_role(
        by=cast.head, at=NOW, role=Role.objects.get(pk="auditor"), person=person("Berit Waits"), deputy=None,
        from_on=NOW.date(),
    ).confirmation_id  # fmt: skip
    view = save_view(by=cast.head, at=NOW, name="Tier 1", query="tier=1")
    shared = save_view(by=cast.head, at=NOW, name="Tier 2", query="tier=2", is_shared=True)
    mapping = save_mapping(
        by=cast.head, at=NOW, name="CMDB", shared=True, rows="services", constants={}, translations={},
        paths={"name": "name", "purpose": "what", "team": "team"},
    )  # fmt: skip
    by_prefix: dict[str, dict[str, Any]] = {
        "people": {"pk": cast.owner.pk}, "signoffs": {"pk": request.pk}, "workloads": {"pk": cast.workload.pk},
        "drills": {"pk": drill.pk}, "communications": {"pk": Message.objects.get(pk=delivery.message_id).pk},
        "actions": {"pk": action.pk}, "classifications": {"pk": in_force.pk}, "campaigns": {"pk": campaign.pk},
        "tiers": {"pk": 1}, "chain": {"pk": cast.workload.pk}, "impact": {"pk": cast.workload.pk},
        "events": {"pk": Event.objects.latest("pk").pk},
        "messages": {"pk": delivery.message_id, "delivery": delivery.pk}, "roles": {"pk": "auditor"},
        "assignments": {"pk": of_workload.pk}, "confirmations": {"pk": waiting},
    }  # fmt: skip
    exact: dict[str, dict[str, Any]] = {
        "people:assign": {"key": "auditor"}, "people:end-role": {"pk": of_organisation.pk},
        "people:change-contact": {"pk": contact.pk}, "people:change-team": {"pk": cast.team.pk},
        "people:revoke-token": {"pk": token.pk}, "workloads:import-template": {"kind": "csv"},
        "workloads:import-report": {"pk": pending.pk}, "workloads:change-mapping": {"pk": mapping.pk},
        "workloads:remove-mapping": {"pk": mapping.pk}, "workloads:export-all": {"form": "json"},
        "workloads:export-kind": {"kind": "workloads", "form": "csv"},
        "workloads:end-role": {"pk": cast.workload.pk, "assignment_pk": of_workload.pk},
        "drills:correct": {"pk": mark.pk}, "drills:report": {"pk": finished.pk}, "roles-end": {"assignment": of_workload.pk},
        "communications:retry": {"pk": delivery.pk},
    }  # fmt: skip
    for name in ("workloads:change-view", "workloads:remove-view", "saved-views-detail"):
        exact[name] = {"pk": view.pk}
    exact |= {name: {"pk": shared.pk} for name in ("workloads:take-back-view", "saved-views-take-back")}
    for name in ("confirmation", "confirm", "refuse", "withdraw-confirmation"):
        exact[f"people:{name}"] = {"pk": waiting}
    season = month_end(cast)
    for name in ("change-season", "remove-season"):
        exact[f"workloads:{name}"] = {"pk": season.pk}
    component, flow, mode = add_component(cast), add_flow(cast), add_failure_mode(cast)
    third_party = add_third_party(cast)
    dependency = add_dependency(cast, third_party=third_party)
    parts = {
        "component": component, "flow": flow, "failure-mode": mode, "dependency": dependency, "third-party": third_party,
    }  # fmt: skip
    exact |= {
        f"workloads:{deed}-{part}": {"pk": thing.pk} for part, thing in parts.items() for deed in ("change", "remove")
    }
    exact["workloads:third-party"] = {"pk": third_party.pk}
    exact["workloads:register-component"] = {"pk": component.pk}
    resources = ("components", "flows", "failure-modes", "dependencies", "third-parties")
    by_prefix |= {name: {"pk": thing.pk} for name, thing in zip(resources, parts.values(), strict=True)}
    exact |= {f"{name}-detail": by_prefix[name] for name in resources}
    exact["components-register"] = {"pk": component.pk}
    for name in ("classification", "change-proposal", "send", "withdraw", "review"):
        exact[f"workloads:{name}"] = {"pk": in_force.pk if name == "review" else draft.pk}
    waiver = _waiver(cast)
    for name in ("workloads:waiver", "workloads:withdraw-waiver", "waivers-detail", "waivers-withdraw"):
        exact[name] = {"pk": waiver.pk}
    for name in ("campaign", "nudge", "close-campaign", "export-reviews"):
        exact[f"workloads:{name}"] = {"pk": campaign.pk}
    for name in ("action", "change_action", "done", "reopen"):
        exact[f"drills:{name}"] = {"pk": action.pk}
    return Samples(by_prefix, exact)


def _waiver(cast: Cast) -> Waiver:
    """One of a finding that came after everything was sent."""
    with rewriting_history():
        RoleAssignment.objects.filter(workload_id=cast.workload.pk, role=WORKLOAD_OWNER).delete()
    given = {"reason": "She left.", "conditions": "Until May.", "ends_on": NOW.date() + dt.timedelta(days=90)}
    return request_waiver(workload=cast.workload, by=cast.owner, at=NOW, finding="no-owner", **given)  # type: ignore[arg-type]


def _running_drill(cast: Cast, hours: int) -> Drill:
    """A drill that began so many hours from NOW."""
    begins = NOW + dt.timedelta(hours=hours)
    drill = drills.schedule(
        workload=cast.workload, by=cast.owner, at=NOW, kind=DrillKind.RESTORE, window_start=begins,
        window_end=begins + dt.timedelta(hours=3), coordinator=cast.owner, success_criteria="Back in time.",
    )  # fmt: skip
    drills.start(drill=drill, by=cast.owner, at=begins)
    return drill


class Samples(dict[str, dict[str, Any]]):
    """Looks a route up by its exact name, else by its room or resource."""

    def __init__(self, by_prefix: dict[str, dict[str, Any]], exact: dict[str, dict[str, Any]]) -> None:
        super().__init__(exact)
        self.by_prefix = by_prefix

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name) or self.by_prefix.get(name.replace(":", "-").split("-")[0], default)
