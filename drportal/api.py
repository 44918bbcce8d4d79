"""The router of `/api/v1/`. Each room speaks its own JSON; here they are only given their names."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db import models
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from people.access import SIGNED_IN


class Router(DefaultRouter):
    """Addresses end at what a key can be: a number that the column holds, or a short word."""

    include_format_suffixes = False  # JSON is the only format

    def get_lookup_regex(self, viewset: Any, lookup_prefix: str = "") -> str:
        key = viewset.queryset.model._meta.pk
        viewset.lookup_value_regex = "[0-9]{1,18}" if isinstance(key, models.IntegerField) else "[-a-z0-9_]{1,40}"
        return str(super().get_lookup_regex(viewset, lookup_prefix))


router = Router()
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
setattr(router.APIRootView, "rule", SIGNED_IN)  # noqa: B010 (the class knows nothing of it)
router.APIRootView.schema = None


class Schema(SpectacularAPIView):
    rule = SIGNED_IN


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI under our Content-Security-Policy: no inline script or style."""

    rule = SIGNED_IN
    template_name = "frame/api_docs.html"


urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(url_name="schema"), name="docs"),
]
if find_spec("workloads.register_api"):
    register = import_module("workloads.register_api")
    # Before the register's own addresses, where "import" would be looked up as a workload.
    urlpatterns.insert(0, path("workloads/import/", register.ImportView.as_view(), name="workloads-import"))
