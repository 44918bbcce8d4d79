"""The five questions of a workload's page, answered from what is stored. No query in here: the page hands everything in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from people.wording import duration
from signoffs.queries import Standing
from workloads.finding import Finding
from workloads.models import Classification, Proof, Workload, looser_than
from workloads.queries import Signer

CHAIN_MAX = 2


@dataclass(frozen=True)
class Risk:
    """Something that could break the promise; `is_grave` when it has been seen, not only not been excluded."""

    title: str
    detail: str
    is_grave: bool = False


def risks(
    workload: Workload, target: Classification | None, signers: list[Signer], chain: Sequence[Finding] = ()
) -> list[Risk]:
    """What could break the promise, the gravest first."""
    found = [*_proof(workload, target), *_vacancies(signers), *of_chain(chain)]
    if target is not None and (over := _looser(target)):
        found.append(Risk("Looser than its tier", f"{over}."))
    return sorted(found, key=lambda risk: not risk.is_grave)


def _proof(workload: Workload, target: Classification | None) -> list[Risk]:
    verdicts = {"RTO": workload.proof_rto, "RPO": workload.proof_rpo}
    if workload.proven_on is None:
        return [Risk("Never drilled", "Nobody knows yet whether the promise can be kept.")] if target else []
    on = f"drill of {workload.proven_on:%-d %b %Y}"
    missed, claimed, unmeasured = (
        " and ".join(name for name, verdict in verdicts.items() if verdict == wanted)
        for wanted in (Proof.MISSED, Proof.CLAIMED, Proof.UNMEASURED)
    )
    found = [Risk(f"{missed} missed", f"In the {on}.", is_grave=True)] if missed else []
    if claimed:
        found.append(Risk(f"{claimed} only claimed", f"In the {on} a time was typed later."))
    if unmeasured:
        found.append(Risk(f"{unmeasured} not measured", f"In the {on}."))
    return found


def of_chain(findings: Sequence[Finding]) -> list[Risk]:
    """What the workload needs and what that means; the rest is on its map."""
    found = [Risk(f.title, "", is_grave=f.is_blocking) for f in findings[:CHAIN_MAX]]
    if (more := len(findings) - CHAIN_MAX) > 0:
        found.append(Risk(f"{more} more through the chain", "The map lists them."))
    return found


def _vacancies(signers: list[Signer]) -> list[Risk]:
    vacant = [signer.role.name for signer in signers if signer.is_vacant]
    if not vacant:
        return []
    return [Risk(f"{' and '.join(vacant)} vacant", "Nobody can sign in this role.", is_grave=True)]


def _looser(target: Classification) -> str:
    tier = target.tier
    said = {
        "slo": f"SLO {target.slo.normalize():f} %, the tier asks for {tier.slo_words}",
        "rto": f"RTO {duration(target.rto_seconds)}, the tier allows {duration(tier.rto_seconds)}",
        "rpo": f"RPO {duration(target.rpo_seconds)}, the tier allows {duration(tier.rpo_seconds)}",
    }
    over = looser_than(tier, slo=target.slo, rto_seconds=target.rto_seconds, rpo_seconds=target.rpo_seconds)
    return "; ".join(said[name] for name in over)


@dataclass(frozen=True)
class Step:
    """What is next: in words, with its day."""

    title: str
    detail: str
    due_on: dt.date | None = None


def next_step(
    workload: Workload,
    target: Classification | None,
    proposal: Classification | None,
    standing: Standing | None,
    because: str = "",
) -> Step:
    """The one thing that moves this workload on. `because`: why its review is due early, for the reader."""
    if proposal is not None and standing is not None and proposal.request is not None:
        waiting = ", ".join(seal.asked for seal in standing.waiting)
        return Step(
            "Signatures due" if proposal.request.due_on else "Signatures",
            f"Waiting for {waiting}.",
            proposal.request.due_on,
        )
    if proposal is not None:
        return Step("Send the proposal", f"Tier {proposal.tier_id} has been proposed; nobody is asked to sign yet.")
    if target is None:
        return Step("Propose a target", "Without a signed target there is nothing to plan or drill for.")
    if workload.proven_on is None:
        return Step("First drill", "Until then the promise is paper.")
    return Step("Review", because or "Still the right tier?", target.review_due_on)
