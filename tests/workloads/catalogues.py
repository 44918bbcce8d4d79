"""A small register with everything in it, as a document."""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml
from django.utils import timezone

from people.models import Contact, ContactKind, organisation_today

# A role begins today or later, for who imports at the time of the tests and for who does at that of the clock.
BEGINS = organisation_today(timezone.now())

WHOLE: dict[str, list[dict[str, Any]]] = {
    "workloads": [
        {"reference": "APP-7", "name": "Quote Engine", "purpose": "Quotes prices.", "team": "Payments", "lifecycle": "live",
         "business_unit": "Sales", "tags": ["money", "web"], "own_rto": "6 min", "tier": 1, "slo": 99.95,
         "rto": "10 min", "rpo": "5 min",
         "reason": "Each hour costs € 9,000."},
        {"reference": "", "name": "Ledger; “main”", "purpose": "=Keeps the books.", "team": "Payments"},
        {"reference": "DB-1", "name": "Quotes database", "purpose": "Stores quotes.", "team": "Payments", "lifecycle": "planned"},
    ],
    "components": [
        {"workload": "APP-7", "name": "API; public", "kind": "service", "note": "+ two replicas"},
        {"workload": "APP-7", "name": "Store", "kind": "database", "own": "DB-1"},
    ],
    "third_parties": [
        {"name": "CardGate", "vendor": "CardGate plc", "contact": "Duty line", "contact_organisation": "CardGate plc",
         "rto": "4 h", "rpo": "0 s", "document": "Contract 12, § 4", "promised_until": "2027-03-31", "has_failover": True},
    ],
    "dependencies": [
        {"workload": "APP-7", "needs": "DB-1"},
        {"workload": "Quote Engine", "needs": "Ledger; “main”", "strength": "soft", "remains": "Quotes, not bound.",
         "order": "parallel"},
        {"workload": "APP-7", "third_party": "CardGate", "note": "Cards only."},
        {"workload": "DB-1", "needs": "Quote Engine", "note": "A cycle, as it is."},
    ],
    "flows": [
        {"workload": "APP-7", "name": "Quote by phone", "what": "An agent asks for a price.", "relied_on_by": "40 agents",
         "when_down": "They write on paper.", "is_critical": True, "rto": "5 min", "components": ["API; public", "Store"],
         "needs": ["DB-1", "Ledger; “main”"], "third_parties": ["CardGate"]},
    ],
    "failure_modes": [
        {"workload": "APP-7", "component": "Store", "category": "single point of failure", "what": "The disk fills.",
         "effect": "No quote can be kept.", "likelihood": "likely", "severity": "serious", "noticed": "late",
         "detection": "A customer rings.", "mitigation": "= A second disk.", "flows": ["Quote by phone"]},
        {"workload": "APP-7", "category": "excessive load", "what": "The first of the month.", "effect": "It is slow.",
         "likelihood": "frequent", "severity": "slight", "noticed": "at once"},
        {"workload": "APP-7", "category": "excessive load", "what": "The first of the month.", "effect": "Twice the same.",
         "likelihood": "rare", "severity": "slight", "noticed": "perhaps never"},
    ],
    "roles": [
        {"role": "business-stakeholder", "workload": "APP-7", "person": "priya.raman@example.org",
         "deputy": "oskar.berge@example.org", "from": BEGINS.isoformat(), "until": "2099-12-31"},
    ],
    "impact": [{"workload": "APP-7", "currency": "NOK", "note": "From last year's figures."}],
    "seasons": [
        {"workload": "APP-7", "season": "Month end", "working_days": 3},
        {"workload": "APP-7", "season": "Year end", "from_month": 12, "from_day": 20, "to_month": 1, "to_day": 5},
    ],
    "impact_answers": [
        {"workload": "APP-7", "category": "money", "after": "4 h", "level": "serious", "amount_per_hour": 9000},
        {"workload": "APP-7", "season": "Month end", "category": "money", "after": "4 h", "level": "intolerable"},
        {"workload": "APP-7", "loss": "data", "category": "trust", "after": "1 h", "level": "none"},
    ],
}  # fmt: skip
COUNT = sum(map(len, WHOLE.values()))


def whole() -> dict[str, list[dict[str, Any]]]:
    return copy.deepcopy(WHOLE)


def contact() -> Contact:
    return Contact.objects.create(name="Duty line", organisation="CardGate plc", kind=ContactKind.VENDOR, phone="110")


def as_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def as_yaml(document: Any) -> bytes:
    return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False)).encode()
