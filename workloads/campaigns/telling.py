"""Who hears of a campaign: each person once, with the list of her own workloads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from communications.purposes import Purpose
from communications.services import Reminder, remind_many
from people.models import User, organisation_today
from people.permissions import BUSINESS_STAKEHOLDER, HEAD_OF_OPERATIONS, IT_OPERATIONS, WORKLOAD_OWNER
from people.wording import date_words, due_words
from workloads.models import Campaign
from workloads.reminders import Holders

LISTED = 40  # names in one message; the page has them all


def opened(campaign: Campaign, workloads: Mapping[int, str], *, by: User, at: dt.datetime) -> list[User]:
    """`workloads` are names by number."""
    return _tell(Purpose.CAMPAIGN_OPENED, "opened", campaign, workloads, by=by, at=at)


def nudged(campaign: Campaign, workloads: Mapping[int, str], *, by: User, at: dt.datetime) -> list[User]:
    step = f"nudge-{organisation_today(at)}"
    return _tell(Purpose.CAMPAIGN_NUDGE, step, campaign, workloads, by=by, at=at)


def _tell(
    purpose: Purpose, step: str, campaign: Campaign, workloads: Mapping[int, str], *, by: User, at: dt.datetime
) -> list[User]:
    """One message a person, laid with a receipt, so that no step reaches anybody twice. Returns who is told."""
    lists: dict[int, list[str]] = {}
    people: dict[int, User] = {}
    for workload, readers in _readers(workloads, organisation_today(at)):
        for person in readers:
            people[person.pk] = person
            lists.setdefault(person.pk, []).append(workloads[workload])
    remind_many(
        [_message(purpose, step, campaign, people[pk], names, by=by, at=at) for pk, names in lists.items()], at=at
    )
    return list(people.values())


def _message(
    purpose: Purpose, step: str, campaign: Campaign, person: User, names: list[str], *, by: User, at: dt.datetime
) -> Reminder:
    more = len(names) - LISTED
    lines = [f"- {name}" for name in sorted(names)[:LISTED]] + ([f"- and {more} more"] if more > 0 else [])
    return Reminder(
        purpose,
        to=person,
        thread=campaign.trail_thread,
        due_on=campaign.due_on,
        step=step,
        path=f"/workloads/reviews/?campaign={campaign.pk}",
        context={
            "campaign": campaign.name,
            "who": by.name,
            "count": f"{len(names)} review{'' if len(names) == 1 else 's'}",
            "due": date_words(campaign.due_on),
            "when_words": due_words(campaign.due_on, at.astimezone(person.zone).date()),
            "workloads": "\n".join(lines),
        },
    )


def _readers(workloads: Iterable[int], on: dt.date) -> Iterable[tuple[int, list[User]]]:
    """The business stakeholder, who signs, and the workload team, who knows; with neither, who leads."""
    holders = Holders(workloads, on)
    for workload in workloads:
        found = [p for role in (BUSINESS_STAKEHOLDER, WORKLOAD_OWNER) for p in holders.either(role, workload)]
        line = (HEAD_OF_OPERATIONS, IT_OPERATIONS)
        found = found or next((who for role in line if (who := holders.either(role, workload))), [])
        yield workload, list({person.pk: person for person in found}.values())
