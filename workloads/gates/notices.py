"""What signers are told beside the frozen document, in words."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from people.wording import date_words
from signoffs.subjects import Notice
from workloads.gates.known import Known, Waived, since


def notices(then: Sequence[Known], now: Sequence[Known]) -> list[Notice]:
    """What has changed since it was sent, and what was known then: what stands in the way first."""
    changed = since(then, now)
    says = {one.finding.key: one.finding.title for one in now}
    gone = {one.finding.key for one in [*changed.ended, *changed.mended]}
    return [
        *(_new(one) for one in changed.new),
        *(_ended(one) for one in changed.ended),
        *(_known(one, says[one.finding.key]) for one in then if one.finding.key not in gone),
        *(_mended(one) for one in changed.mended),
    ]


def _new(one: Known) -> Notice:
    what = "waived" if one.waiver else "blocking" if one.blocks else "a warning"
    return Notice(
        f"New since it was sent, {what}: {one.finding.title}",
        _of(one.waiver, one.finding.detail) if one.waiver else one.finding.detail,
        _look(one),
        _at(one.waiver) if one.waiver else one.finding.address,
    )


def _ended(one: Known) -> Notice:
    return Notice(
        f"Blocking, no longer waived: {one.finding.title}",
        f"It was waived until {date_words(one.waiver.ends_on)} when this was sent. That waiver does not hold any more."
        if one.waiver
        else one.finding.detail,
        "bad",
        _at(one.waiver),
    )


def _known(one: Known, says: str) -> Notice:
    differs = f" It says now: {says}." if says != one.finding.title else ""
    if one.waiver is not None:
        title = f"Blocking, waived until {date_words(one.waiver.ends_on)}: {one.finding.title}"
        return Notice(title, _of(one.waiver, "") + differs, "waived", _at(one.waiver))
    return Notice(f"Warning: {one.finding.title}", one.finding.detail + differs)


def _mended(one: Known) -> Notice:
    return Notice(f"Mended since it was sent: {one.finding.title}", "It was known then, and is not found any more.")


def _look(one: Known) -> str:
    if one.waiver is not None:
        return "waived"
    return "bad" if one.blocks else ""


def _of(waiver: Waived, detail: str) -> str:
    return f"{detail} Conditions: {waiver.conditions}".strip()


def _at(waiver: Waived | None) -> str:
    return reverse("workloads:waiver", args=[waiver.pk]) if waiver is not None else ""
