"""Where campaigns stand, and whose reviews are open."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, DateField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncDate

from people.models import RoleAssignment, User
from people.permissions import Permission
from workloads.models import (
    Campaign,
    CampaignReview,
    Classification,
    Lifecycle,
    Reaffirmation,
    SigningRule,
    Workload,
    WorkloadUserObjectPermission,
)
from workloads.queries import REVIEW_SOON, classifications_for, target_waived_until, waived_until


def campaigns_for(user: User) -> QuerySet[Campaign]:
    """Every campaign for who may see every workload; otherwise those with a workload she may see."""
    if user.may(Permission.VIEW_WORKLOADS):
        return Campaign.objects.all()
    return Campaign.objects.filter(pk__in=reviews_for(user).order_by().values("campaign"))


def newest_first(user: User) -> QuerySet[Campaign]:
    """The same as a list shows them: the open ones first."""
    found = campaigns_for(user).select_related("opened_by", "closed_by")
    return found.order_by(F("closed_at").desc(nulls_first=True), "-opened_at", "-pk")


def reviews_for(user: User) -> QuerySet[CampaignReview]:
    """The reviews of all campaigns, of the workloads this person may see."""
    if user.may(Permission.VIEW_WORKLOADS):
        return CampaignReview.objects.all()
    return CampaignReview.objects.filter(workload__in=Workload.objects.visible_to(user))


def with_done(reviews: QuerySet[CampaignReview]) -> QuerySet[Any]:
    """Adds `is_done`: the target was reaffirmed while the campaign was open, or has given way to another one.

    What was retired has nothing left to review. What happens after a campaign was closed no longer counts for it.
    """
    given = Reaffirmation.objects.filter(
        classification=OuterRef("target"), reaffirmed_at__gte=OuterRef("campaign__opened_at")
    )
    is_open = Q(campaign__closed_at__isnull=True)
    in_time = given.filter(reaffirmed_at__lte=OuterRef("campaign__closed_at"))
    replaced = ~Q(target__state=Classification.State.SIGNED_OFF)
    done = (
        Q(is_open, Exists(given) | replaced)
        | Exists(in_time)
        | Q(replaced, target__closed_at__lte=F("campaign__closed_at"))
        | Q(workload__lifecycle=Lifecycle.RETIRED)
    )
    return reviews.annotate(is_done=Case(When(done, then=Value(True)), default=Value(False)))


@dataclass(frozen=True)
class Part:
    """How far the reviews of one team, or of a whole campaign, are."""

    name: str
    total: int
    done: int
    overdue: int

    @property
    def open(self) -> int:
        return self.total - self.done

    @property
    def share(self) -> str:
        """How much of the whole is done, in per cent of the bar's length."""
        return f"{100 * self.done / self.total:.1f}" if self.total else "0"

    @property
    def late_share(self) -> str:
        return f"{100 * self.overdue / self.total:.1f}" if self.total else "0"


def _counted(on: dt.date) -> dict[str, Count]:
    """Late on this day; in a campaign that is closed, on the day it was closed."""
    closed = TruncDate("campaign__closed_at", tzinfo=zoneinfo.ZoneInfo(settings.ORGANISATION_TIME_ZONE))
    until = Coalesce(closed, Value(on, DateField()))
    late = Q(campaign__due_on__lt=until) | Q(target__review_due_on__lt=until)
    return {
        "total": Count("pk"),
        "done": Count("pk", filter=Q(is_done=True)),
        "overdue": Count("pk", filter=Q(is_done=False) & late),
    }


def by_team(reviews: QuerySet[CampaignReview], *, on: dt.date) -> list[Part]:
    """One line a team, the latest first. One query."""
    rows = with_done(reviews).order_by().values("workload__owner_team__name").annotate(**_counted(on))
    parts = [Part(row["workload__owner_team__name"], row["total"], row["done"], row["overdue"]) for row in rows]
    return sorted(parts, key=lambda part: (-part.overdue, -part.open, part.name))


def totals(reviews: QuerySet[CampaignReview], *, on: dt.date) -> dict[int, Part]:
    """Each campaign's reviews by its number. One query."""
    rows = with_done(reviews).order_by().values("campaign", "campaign__name").annotate(**_counted(on))
    return {row["campaign"]: Part(row["campaign__name"], row["total"], row["done"], row["overdue"]) for row in rows}


def whole(parts: list[Part]) -> Part:
    return Part("All", sum(p.total for p in parts), sum(p.done for p in parts), sum(p.overdue for p in parts))


def open_reviews(campaign: Campaign) -> QuerySet[CampaignReview]:
    """What is still to be reviewed in a campaign."""
    return with_done(campaign.reviews.all()).filter(is_done=False)


def listed(reviews: QuerySet[CampaignReview], *, on: dt.date) -> QuerySet[Any]:
    """Reviews as a list shows them, the open ones first: with `is_done`, and `waived_until` of their targets."""
    related = with_done(reviews).select_related("workload__owner_team", "target__tier")
    found: QuerySet[Any] = related.annotate(waived_until=target_waived_until(on, "target__"))
    return found.order_by("is_done", "target__review_due_on", "workload__name", "pk")


def hers(user: User, on: dt.date) -> QuerySet[Classification]:
    """Targets in force that this person may reaffirm: she signs targets of the tier there, and may review.

    The same rule as `workloads.reviews.reviewing_role` with its right, for all targets at once.
    """
    found = classifications_for(user).filter(state=Classification.State.SIGNED_OFF)
    if not user.is_active:
        return found.none()
    if not user.may(Permission.REVIEW):
        granted = WorkloadUserObjectPermission.objects.filter(user=user, permission__codename="review_tier")
        found = found.filter(workload__in=granted.values("content_object"))
    in_force = RoleAssignment.objects.in_force(on)
    me = Q(person=user) | Q(deputy=user)
    same_role = in_force.filter(role=OuterRef("role"))
    own = same_role.filter(workload_id=OuterRef(OuterRef("workload_id")))
    signs = Exists(own.filter(me)) | (Exists(same_role.filter(me, workload_id__isnull=True)) & ~Exists(own))
    rules = SigningRule.objects.filter(
        signs, tier=OuterRef("tier"), role__in=in_force.of(user).order_by().values("role")
    )
    return found.filter(Exists(rules)).exclude(workload__lifecycle=Lifecycle.RETIRED)


def reviews_due(user: User, on: dt.date, campaign: Campaign | None = None) -> QuerySet[Classification]:
    """Her reviews that wait: those of one campaign, or all that are due in 30 days or belong to an open campaign."""
    if campaign is not None:
        asked = Q(pk__in=open_reviews(campaign).values("target"))
    else:
        of_campaigns = with_done(CampaignReview.objects.filter(campaign__closed_at__isnull=True)).filter(is_done=False)
        asked = Q(review_due_on__lte=on + REVIEW_SOON) | Q(pk__in=of_campaigns.values("target"))
    related = ("workload__owner_team", "tier", "proposed_by", "request")
    found = hers(user, on).filter(asked).select_related(*related).order_by("review_due_on", "pk")
    return found.annotate(waived_until=waived_until(on, "workload"))


def may_propose(user: User, workloads: Iterable[Workload]) -> set[int]:
    """Of these workloads the numbers of those for which this person may propose a target. At most one query."""
    numbers = {workload.pk for workload in workloads}
    if user.may(Permission.PROPOSE):
        return numbers
    granted = WorkloadUserObjectPermission.objects.filter(user=user, permission__codename="propose_tier")
    teams = User.teams.through.objects.filter(user_id=user.pk)
    may = Q(pk__in=granted.values("content_object")) | Q(owner_team__in=teams.values("team"))
    return set(Workload.objects.filter(may, pk__in=numbers).values_list("pk", flat=True))
