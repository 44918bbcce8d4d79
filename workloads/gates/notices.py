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
    says = {one.finding.key: one for one in now}
    gone = {one.finding.key for one in [*changed.new, *changed.ended, *changed.mended]}
    return [
        *(_new(one) for one in changed.new),
        *(_ended(one, says[one.finding.key]) for one in changed.ended),
        *(_known(one, says[one.finding.key].finding.title) for one in then if one.finding.key not in gone),
        *(_mended(one) for one in changed.mended),
    ]


def _new(one: Known) -> Notice:
    what = "blocking" if one.blocks else "waived" if one.waiver else "a warning"
    return Notice(
        f"New since it was sent, {what}: {one.finding.title}",
        _of(one.waiver, one.finding.detail) if one.waiver and not one.blocks else one.advice,
        _look(one),
        _at(one.waiver) if one.waiver else one.finding.address,
        blocks=one.blocks,
    )


def _ended(one: Known, now: Known) -> Notice:
    if now.outgrown:
        title = f"Blocking, worse than what was waived: {now.finding.title}"
        grown = f"{_upper(now.outgrown)}. The waiver does not cover that."
        return Notice(title, grown, "bad", _at(now.waiver), blocks=True)
    return Notice(
        f"Blocking, no longer waived: {one.finding.title}",
        f"It was waived until {date_words(one.waiver.ends_on)} when this was sent. That waiver does not hold any more."
        if one.waiver
        else one.finding.detail,
        "bad",
        _at(one.waiver),
        blocks=True,
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
    if one.blocks:
        return "bad"
    return "waived" if one.waiver is not None else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _of(waiver: Waived, detail: str) -> str:
    return f"{detail} Conditions: {waiver.conditions}".strip()


def _at(waiver: Waived | None) -> str:
    return reverse("workloads:waiver", args=[waiver.pk]) if waiver is not None else ""
