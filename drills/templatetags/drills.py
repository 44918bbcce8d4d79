"""Drills on pages of other rooms: `{% load drills %}`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html

from drills import queries
from drills.models import Drill, Mark
from drills.telling import window_words
from people.models import User, organisation_today
from people.permissions import Permission
from people.wording import moment_words
from workloads.models import Workload

register = template.Library()


@register.simple_tag
def window(drill: Drill) -> str:
    """`{% window drill %}`: "26 Nov 2026, 13:00 to 17:00 CET", in the reader's zone."""
    return window_words(drill, timezone.get_current_timezone())


@register.simple_tag
def time_of(mark: Mark, begun: dt.datetime) -> str:
    """`{% time_of mark drill.started_at %}`: "12:55:49", with the day when it is not the day of the drill, and with the zone when
    the clocks have changed since."""
    at = timezone.localtime(mark.at)
    zone = "" if at.tzname() == timezone.localtime(begun).tzname() else f" {at.tzname()}"
    day = "" if at.date() == timezone.localtime(begun).date() else f"{at:%-d %b} "
    return format_html(
        '<time datetime="{}" title="{}">{}{}</time>', mark.at.isoformat(), moment_words(at), day, f"{at:%H:%M:%S}{zone}"
    )


@register.simple_tag
def odd_about(mark: Mark, odd: dict[int, list[str]]) -> str:
    """`{% odd_about mark odd as said %}`: what is hard to believe about this time, of `moments.odd_marks`; mostly nothing."""
    return " ".join(odd.get(mark.pk, ()))


@register.inclusion_tag("drills/_drills_of.html")
def drills_of(workload: Workload, user: User, limit: int = 6) -> dict[str, Any]:
    """`{% drills_of workload request.user limit=6 %}`: promised and measured, the latest drills, what comes next.

    For the page of a workload that this person may see.
    """
    return {
        "workload": workload,
        "drills": queries.drills_of(workload.pk, limit=limit),
        "measured": queries.newest_measured(workload.pk),
        "next_drill": queries.next_drill(workload.pk),
        "due": queries.drill_due(workload.pk),
        "today": organisation_today(timezone.now()),
        "may_schedule": user.may(Permission.SCHEDULE_DRILLS, on=workload),
    }


@register.inclusion_tag("drills/_next_drill.html")
def next_drill(workload: Workload) -> dict[str, Any]:
    """`{% next_drill workload %}`: the running or next planned drill in one line, or when one is due."""
    found = queries.next_drill(workload.pk)
    return {
        "next_drill": found,
        "due": None if found else queries.drill_due(workload.pk),
        "today": organisation_today(timezone.now()),
    }
