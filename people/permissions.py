"""The rights of the portal and the roles that carry them, written so that an auditor can read them.

A right is the name of a Django model permission. Held for the whole organisation it comes from `people.backends.RoleBackend`;
held for one workload it is a django-guardian row, laid down from the role assignments by `workloads.services.settle_rights`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class Permission(models.TextChoices):
    VIEW_WORKLOADS = "workloads.view_workload", "See workloads, their targets and drills"
    ADD_WORKLOADS = "workloads.add_workload", "Add workloads and import registers"
    CHANGE_WORKLOADS = "workloads.change_workload", "Change a workload's description"
    PROPOSE = "workloads.propose_tier", "Propose, send and withdraw a tier with its targets"
    REVIEW = "workloads.review_tier", "Reaffirm a target when its review is due"
    ANSWER_IMPACT = "workloads.answer_impact", "Answer the impact analysis of a workload"
    SHARE_VIEWS = "workloads.share_view", "Share views of the register with everybody"
    TAKE_BACK_VIEWS = "workloads.take_back_view", "Take back views that others share"
    OPEN_CAMPAIGNS = "workloads.open_campaign", "Open review campaigns and nudge those who are late"
    SCHEDULE_DRILLS = "workloads.schedule_drill", "Schedule, change and cancel drills"
    RUN_DRILLS = "workloads.run_drill", "Start drills, record times, finish"
    VIEW_PEOPLE = "people.view_user", "See people, teams, contacts and roles"
    ADD_PEOPLE = "people.add_user", "Add and change people, teams and contacts"
    ASSIGN_ROLES = "people.assign_role", "Give roles and end them"
    ISSUE_MACHINE_TOKENS = "people.issue_machine_token", "Issue tokens whose times count as measured by a machine"
    CONFIGURE = "people.configure", "Change reference data: tiers, signing rules, intervals, roles"
    VIEW_MESSAGES = "communications.view_message", "See every message; without it, only the ones to oneself"
    RETRY_MESSAGES = "communications.retry_delivery", "Send a failed message again"
    VIEW_TRAIL = "audit.view_event", "Read the whole trail"


P = Permission

# Rights that make sense for one workload; the others are held for the whole organisation or not at all.
PER_WORKLOAD = frozenset(
    {
        P.VIEW_WORKLOADS,
        P.CHANGE_WORKLOADS,
        P.PROPOSE,
        P.REVIEW,
        P.ANSWER_IMPACT,
        P.SCHEDULE_DRILLS,
        P.RUN_DRILLS,
    }
)
# What the team that owns a workload may do with it, without any further role.
OWNER_TEAM = frozenset(
    {P.VIEW_WORKLOADS, P.CHANGE_WORKLOADS, P.PROPOSE, P.ANSWER_IMPACT, P.SCHEDULE_DRILLS, P.RUN_DRILLS}
)


@dataclass(frozen=True)
class ShippedRole:
    """A role as delivered; an administrator may edit the row that is made from it."""

    key: str
    name: str
    duties: str
    rights: tuple[Permission, ...]


HEAD_OF_OPERATIONS = "head-of-operations"
IT_OPERATIONS = "it-operations"
CONTINUITY_PLANNER = "continuity-planner"
COMMUNICATION_LEAD = "communication-lead"
EXECUTIVE_SPONSOR = "executive-sponsor"
WORKLOAD_OWNER = "workload-team"
BUSINESS_STAKEHOLDER = "business-stakeholder"
AUDITOR = "auditor"

SHIPPED_ROLES = (
    ShippedRole(
        HEAD_OF_OPERATIONS,
        "Head of operations",
        "Answers for the recovery plan as a whole: that it is made, used and kept up. Brings the risk assessment together, "
        "leads recovery when it counts, and sees that tests and updates happen on time.",
        tuple(p for p in Permission if p is not P.ISSUE_MACHINE_TOKENS),
    ),
    ShippedRole(
        IT_OPERATIONS,
        "IT operations / platform administrator",
        "Does the technical recovery: keeps backups and redundancy in place, restores systems, checks that the data is whole. "
        "Looks after the portal itself.",
        (
            P.VIEW_WORKLOADS,
            P.ADD_WORKLOADS,
            P.CHANGE_WORKLOADS,
            P.PROPOSE,
            P.ANSWER_IMPACT,
            P.SHARE_VIEWS,
            P.SCHEDULE_DRILLS,
            P.RUN_DRILLS,
            P.VIEW_PEOPLE,
            P.ADD_PEOPLE,
            P.ISSUE_MACHINE_TOKENS,
            P.CONFIGURE,
            P.VIEW_MESSAGES,
            P.RETRY_MESSAGES,
        ),
    ),
    ShippedRole(
        CONTINUITY_PLANNER,
        "Business continuity planner",
        "Keeps the business running during and after an outage: maintains the continuity plan and ties it to recovery and to "
        "the people who depend on it.",
        (
            P.VIEW_WORKLOADS,
            P.ADD_WORKLOADS,
            P.CHANGE_WORKLOADS,
            P.PROPOSE,
            P.ANSWER_IMPACT,
            P.SHARE_VIEWS,
            P.OPEN_CAMPAIGNS,
            P.SCHEDULE_DRILLS,
            P.RUN_DRILLS,
            P.VIEW_PEOPLE,
            P.ADD_PEOPLE,
            P.ASSIGN_ROLES,
            P.VIEW_MESSAGES,
        ),
    ),
    ShippedRole(
        COMMUNICATION_LEAD,
        "Communication lead",
        "Speaks inside and outside: prepares plans and templates, and gets messages to the right people in time.",
        (P.VIEW_WORKLOADS, P.VIEW_PEOPLE, P.VIEW_MESSAGES, P.RETRY_MESSAGES),
    ),
    ShippedRole(
        EXECUTIVE_SPONSOR,
        "Executive sponsor",
        "Leads from the top: provides money and people, approves targets and plans, keeps recovery in line with the business.",
        (P.VIEW_WORKLOADS, P.VIEW_PEOPLE, P.VIEW_TRAIL),
    ),
    ShippedRole(
        WORKLOAD_OWNER,
        "Workload team",
        "Makes its own workload recoverable: follows the templates, backs up, proposes targets, tests recovery.",
        (P.VIEW_WORKLOADS, P.CHANGE_WORKLOADS, P.PROPOSE, P.ANSWER_IMPACT, P.SCHEDULE_DRILLS, P.RUN_DRILLS),
    ),
    ShippedRole(
        BUSINESS_STAKEHOLDER,
        "Business stakeholder",
        "Speaks for the business: names the critical functions, agrees the recovery targets, takes part in drills and reviews.",
        (P.VIEW_WORKLOADS, P.REVIEW, P.ANSWER_IMPACT),
    ),
    ShippedRole(
        AUDITOR,
        "Auditor",
        "Reads everything, changes nothing.",
        (P.VIEW_WORKLOADS, P.VIEW_PEOPLE, P.VIEW_MESSAGES, P.VIEW_TRAIL),
    ),
)
