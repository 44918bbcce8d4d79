"""A target beside what the impact analysis suggested when it was written."""

from __future__ import annotations

from typing import Any

from people.wording import duration
from workloads.impact.differing import differs_words
from workloads.impact.suggestion import Suggestion
from workloads.models import Classification, Tier

SUGGESTED = (
    "suggested_tier_id",
    "suggested_rto_seconds",
    "suggested_rpo_seconds",
    "suggested_mtpd_seconds",
    "suggested_because",
)


def note_suggestion(classification: Classification, suggested: Suggestion | None, differs_reason: str) -> None:
    """Keep what the analysis suggests beside the target; a reason for differing only where it differs."""
    target = (classification.tier.level, classification.rto_seconds, classification.rpo_seconds)
    differs = suggested is not None and target != suggested.targets
    classification.differs_reason = differs_reason.strip() if differs else ""
    values = (None, None, None, None, "")
    if suggested is not None:
        values = (*suggested.targets, suggested.mtpd_seconds, suggested.because)  # type: ignore[assignment]
    for name, value in zip(SUGGESTED, values, strict=True):
        setattr(classification, name, value)


def differs_problems(
    suggested: Suggestion | None, tier: Tier, rto_seconds: int, rpo_seconds: int, differs_reason: str
) -> dict[str, str]:
    """A target other than the impact analysis suggests needs a reason, a stricter one too: it costs more."""
    if suggested is None or differs_reason.strip() or not suggested.differs(tier.level, rto_seconds, rpo_seconds):
        return {}
    asked = f"tier {suggested.tier}, {duration(suggested.rto_seconds)} / {duration(suggested.rpo_seconds)}"
    which = differs_words(suggested.targets, (tier.level, rto_seconds, rpo_seconds))
    said = f"The impact analysis suggests {asked}. {which} Take what is suggested, or say why not; the signers see it."
    return {"differs_reason": said}


def suggestion_noted(classification: Classification) -> dict[str, Any]:
    """What the trail says of it."""
    noted = {name.removesuffix("_id"): getattr(classification, name) for name in SUGGESTED}
    return noted | {"differs_reason": classification.differs_reason}


def suggestion_facts(classification: Classification) -> list[tuple[str, str, str]]:
    """The lines of the document about it; none where there was no analysis."""
    tier, rto, rpo, mtpd, _ = (getattr(classification, name) for name in SUGGESTED)
    if tier is None:
        return []
    return [
        ("suggested", "Impact analysis suggests", f"Tier {tier}, {duration(rto)} / {duration(rpo)}"),
        ("mtpd", "Longest tolerable outage (MTPD)", duration(mtpd) if mtpd is not None else "none named"),
    ]


def suggestion_texts(classification: Classification) -> list[tuple[str, str, str]]:
    if classification.suggested_tier_id is None:
        return []
    return [
        ("because", "What decided the suggestion", classification.suggested_because),
        ("differs", "Why other than the analysis suggests", classification.differs_reason),
    ]
