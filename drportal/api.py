"""The router of `/api/v1/`. Each room speaks its own JSON; here they are only given their names."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from people.access import SIGNED_IN

router = DefaultRouter()
router.include_format_suffixes = False  # JSON is the only format
VIEWSETS = {
    "workloads": "workloads.api.WorkloadViewSet",
    "tiers": "workloads.api.TierViewSet",
    "classifications": "workloads.api.ClassificationViewSet",
    "signoffs": "signoffs.api.RequestViewSet",
    "drills": "drills.api.DrillViewSet",
    "actions": "drills.api.ActionViewSet",
    "messages": "communications.api.MessageViewSet",
    "people": "people.api.PersonViewSet",
    "roles": "people.api.RoleViewSet",
    "events": "audit.api.EventViewSet",
}
for name, dotted in VIEWSETS.items():
    module, _, cls = dotted.rpartition(".")
    if find_spec(module):
        router.register(name, getattr(import_module(module), cls), basename=name)
router.APIRootView.rule = SIGNED_IN


class Schema(SpectacularAPIView):  # type: ignore[misc]
    rule = SIGNED_IN


class Docs(SpectacularSwaggerSplitView):  # type: ignore[misc]
    rule = SIGNED_IN


urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(url_name="schema"), name="docs"),
]
