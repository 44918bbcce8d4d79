"""Reference data as delivered: tiers (domain section 2) and who signs what. Laid down by a migration, edited in the admin."""

from __future__ import annotations

from people.permissions import BUSINESS_STAKEHOLDER, EXECUTIVE_SPONSOR, HEAD_OF_OPERATIONS

MINUTE, HOUR, DAY = 60, 3600, 86400

SHIPPED_TIERS = (
    {
        "level": 0,
        "name": "Mission critical",
        "slo_words": "above 99.99 %",
        "slo_floor": "99.99",
        "rto_seconds": 60,
        "rpo_seconds": 5,
        "typical_systems": "Payments and finance, health care, security infrastructure",
        "usual_strategy": "Active-active in several regions",
        "cost_levers": "The highest cost, and it is accepted. Reserve capacity and use licence benefits, keep the design simple. "
        "Infrastructure as code, automated deployment and automated tests are a must here.",
        "review_days": 90,
        "drill_days": 90,
    },
    {
        "level": 1,
        "name": "Business critical",
        "slo_words": "about 99.95 %",
        "slo_floor": "99.95",
        "rto_seconds": 15 * MINUTE,
        "rpo_seconds": 5 * MINUTE,
        "typical_systems": "Web shops, applications that customers use, partner portals",
        "usual_strategy": "Active-active or warm standby",
        "cost_levers": "Run the second region at part of the scale and let it grow on demand. People start the failover, a "
        "runbook leads it. Test it often.",
        "review_days": 90,
        "drill_days": 180,
    },
    {
        "level": 2,
        "name": "Business operational",
        "slo_words": "about 99.9 %",
        "slo_floor": "99.9",
        "rto_seconds": 4 * HOUR,
        "rpo_seconds": 4 * HOUR,
        "typical_systems": "Reporting, dashboards for staff, administration tools",
        "usual_strategy": "Warm or cold standby",
        "cost_levers": "Keep the standby cold, pay by consumption or with spot prices, provision when it is needed. Say clearly "
        "what counts as a disaster.",
        "review_days": 90,
        "drill_days": 365,
    },
    {
        "level": 3,
        "name": "Administrative",
        "slo_words": "below 99.9 %",
        "slo_floor": None,
        "rto_seconds": 3 * DAY,
        "rpo_seconds": DAY,
        "typical_systems": "Archives, sandboxes, training, batch work",
        "usual_strategy": "Backup and restore",
        "cost_levers": "Backup and archive storage with replicated vaults, no standby at all. Test restores: the data must "
        "survive here too.",
        "review_days": 90,
        "drill_days": 365,
    },
)

MEANINGS = {
    BUSINESS_STAKEHOLDER: "As business stakeholder I confirm that these targets meet the need of the business.",
    EXECUTIVE_SPONSOR: "As executive sponsor I approve these targets and accept what it costs to keep them.",
    HEAD_OF_OPERATIONS: "As head of operations I take responsibility that these targets can be operated and drilled.",
}

SHIPPED_SIGNERS = {
    0: (BUSINESS_STAKEHOLDER, EXECUTIVE_SPONSOR, HEAD_OF_OPERATIONS),
    1: (BUSINESS_STAKEHOLDER, EXECUTIVE_SPONSOR, HEAD_OF_OPERATIONS),
    2: (BUSINESS_STAKEHOLDER, HEAD_OF_OPERATIONS),
    3: (BUSINESS_STAKEHOLDER,),
}
