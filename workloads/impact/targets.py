"""A target beside what the impact analysis suggested when it was written."""

from __future__ import annotations

from typing import Any

from people.wording import duration
from workloads.finding import Finding, Severity
from workloads.impact.differing import differs_words
from workloads.impact.suggestion import Suggestion
from workloads.models import Classification, Tier

DIFFERS = "impact-differs"
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


def reason_given(classification: Classification, suggested: Suggestion | None) -> str:
    """Why this target is other than suggested; "" where nobody has said so of this suggestion, only perhaps of another."""
    noted = (
        classification.suggested_tier_id,
        classification.suggested_rto_seconds,
        classification.suggested_rpo_seconds,
    )
    return classification.differs_reason if suggested is not None and noted == suggested.targets else ""


def unexplained(classification: Classification, suggested: Suggestion | None) -> dict[str, str]:
    """As `differs_problems`, of a target as it stands beside what is suggested at this moment."""
    return differs_problems(
        suggested,
        classification.tier,
        classification.rto_seconds,
        classification.rpo_seconds,
        reason_given(classification, suggested),
    )


def differing_findings(classification: Classification, suggested: Suggestion | None) -> list[Finding]:
    """A target other than the analysis suggests by now, of which nobody has said why. It blocks what is out for signature:
    its document says what is no longer so. Of a target in force it is a warning, until the next proposal."""
    problem = unexplained(classification, suggested).get("differs_reason")
    if problem is None or suggested is None:
        return []
    in_review = classification.state == Classification.State.IN_REVIEW
    advice = (
        "Answer the analysis as it was, ask for a waiver, or withdraw the proposal and propose again with the reason."
        if in_review
        else "Propose what is suggested, or the same target again with the reason."
    )
    asked = f"tier {suggested.tier}, {duration(suggested.rto_seconds)} / {duration(suggested.rpo_seconds)}"
    which = differs_words(suggested.targets, target_of(classification))
    return [
        Finding(
            DIFFERS,
            Severity.BLOCKING if in_review else Severity.WARNING,
            f"The impact analysis suggests {asked} by now, and nobody has said why not",
            f"{which} {advice}",
            f"/workloads/{classification.workload_id}/impact/",
        )
    ]


def target_of(classification: Classification) -> tuple[int, int, int]:
    return classification.tier_id, classification.rto_seconds, classification.rpo_seconds


def differs_said(classification: Classification) -> str:
    """For signers: what was suggested, which way the target differs, and why; "" where it does not, or nobody knows."""
    if not classification.differs_reason or classification.suggested_tier_id is None:
        return ""
    tier, rto, rpo, _, _ = (getattr(classification, name) for name in SUGGESTED)
    which = differs_words((tier, rto, rpo), target_of(classification))
    return f"{which} The reason given: {classification.differs_reason}".strip()


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
