"""The router of `/api/v1/`. Each room speaks its own JSON; here they are only given their names."""

from typing import Any

from django.db import models
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from audit.api import EventViewSet
from communications.api import MessageViewSet
from drills.api import ActionViewSet, DrillViewSet
from people.access import SIGNED_IN
from people.api import PersonViewSet, RoleViewSet
from people.api_confirmations import ConfirmationViewSet
from people.listing import KnownParameters
from signoffs.api import RequestViewSet
from workloads.api import ClassificationViewSet, TierViewSet, WorkloadViewSet
from workloads.bulk.api import ChangeManyView
from workloads.campaigns.api import CampaignViewSet
from workloads.campaigns.reviews_api import ReviewViewSet
from workloads.catalogue.api import ExportView
from workloads.chain.api import ChainViewSet, FindingViewSet
from workloads.dependencies.api import DependencyViewSet, ThirdPartyViewSet
from workloads.flows.api import ComponentViewSet, FailureModeViewSet, FlowViewSet
from workloads.gates.api import WaiverViewSet
from workloads.impact.api import ImpactViewSet
from workloads.register_api import ImportView
from workloads.roles.api import AssignmentViewSet
from workloads.saved.api import SavedViewViewSet


class Router(DefaultRouter):
    """Addresses end at what a key can be: a number that the column holds, or a short word."""

    include_format_suffixes = False  # JSON is the only format

    def get_lookup_regex(self, viewset: Any, lookup_prefix: str = "") -> str:
        key = viewset.queryset.model._meta.pk
        viewset.lookup_value_regex = "[0-9]{1,18}" if isinstance(key, models.IntegerField) else "[-a-z0-9_]{1,40}"
        return str(super().get_lookup_regex(viewset, lookup_prefix))


router = Router()
VIEWSETS: dict[str, Any] = {
    "workloads": WorkloadViewSet,
    "tiers": TierViewSet,
    "classifications": ClassificationViewSet,
    "flows": FlowViewSet,
    "components": ComponentViewSet,
    "failure-modes": FailureModeViewSet,
    "dependencies": DependencyViewSet,
    "third-parties": ThirdPartyViewSet,
    "chain": ChainViewSet,
    "findings": FindingViewSet,
    "waivers": WaiverViewSet,
    "campaigns": CampaignViewSet,
    "reviews": ReviewViewSet,
    "impact": ImpactViewSet,
    "saved-views": SavedViewViewSet,
    "signoffs": RequestViewSet,
    "drills": DrillViewSet,
    "actions": ActionViewSet,
    "messages": MessageViewSet,
    "people": PersonViewSet,
    "roles": RoleViewSet,
    "assignments": AssignmentViewSet,
    "confirmations": ConfirmationViewSet,
    "events": EventViewSet,
}


def _asked_plainly(viewset: Any) -> Any:
    """The same viewset, which refuses parameters that it does not know. Done here, so that none can forget it."""
    body = {"__doc__": viewset.__doc__, "__module__": viewset.__module__}
    return type(viewset.__name__, (KnownParameters, viewset), body)


for name, viewset in VIEWSETS.items():
    router.register(name, _asked_plainly(viewset), basename=name)
setattr(router.APIRootView, "rule", SIGNED_IN)  # noqa: B010 (the class knows nothing of it)
router.APIRootView.schema = None


class Schema(SpectacularAPIView):
    rule = SIGNED_IN


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI under our Content-Security-Policy: no inline script or style."""

    rule = SIGNED_IN
    template_name = "frame/api_docs.html"


urlpatterns: list[URLPattern | URLResolver] = [
    # Before the register's own addresses, where "import" would be looked up as a workload.
    path("workloads/import/", ImportView.as_view(), name="workloads-import"),
    path("workloads/change-many/", ChangeManyView.as_view(), name="workloads-change-many"),
    path("workloads/export/", ExportView.as_view(), name="workloads-export"),
    *router.urls,
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(url_name="schema"), name="docs"),
]
