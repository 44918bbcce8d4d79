"""The tables of this room, one module per subject; everybody imports them from here."""

from workloads.models.campaigns import Campaign, CampaignReview
from workloads.models.dependencies import Dependency, Order, Strength, ThirdParty
from workloads.models.flows import Component, Detection, Effect, FailureCategory, FailureMode, Likelihood, UserFlow
from workloads.models.impact import ImpactAnalysis, ImpactAnswer, ImpactCategory, ImpactPoint, Level, Loss, Season
from workloads.models.imports import IMPORT_KEPT_FOR, PendingImport
from workloads.models.mappings import ColumnMapping
from workloads.models.register import (
    RIGHTS_ON_A_WORKLOAD,
    Lifecycle,
    Proof,
    TargetState,
    Workload,
    WorkloadGroupObjectPermission,
    WorkloadQuerySet,
    WorkloadUserObjectPermission,
)
from workloads.models.saved import SavedView
from workloads.models.targets import Classification, Reaffirmation, looser_than
from workloads.models.tiers import SigningRule, Tier, next_review
from workloads.models.waivers import Waiver
from workloads.models.words import Word

__all__ = [
    "IMPORT_KEPT_FOR", "RIGHTS_ON_A_WORKLOAD", "Campaign", "CampaignReview", "Classification", "ColumnMapping", "Component",
    "Dependency", "Detection", "Effect", "FailureCategory", "FailureMode", "ImpactAnalysis", "ImpactAnswer",
    "ImpactCategory", "ImpactPoint", "Level", "Lifecycle", "Likelihood", "Loss", "Order", "PendingImport", "Proof",
    "Reaffirmation", "SavedView", "Season", "SigningRule", "Strength", "TargetState", "ThirdParty", "Tier", "UserFlow",
    "Waiver", "Word", "Workload", "WorkloadGroupObjectPermission", "WorkloadQuerySet", "WorkloadUserObjectPermission",
    "looser_than", "next_review",
]  # fmt: skip
