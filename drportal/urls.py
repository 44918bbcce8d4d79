"""All addresses. Each room lists its own; libraries come under prefixes that `settings.LIBRARY_RULES` declares."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from drportal import views
from drportal.api import urlpatterns as api_patterns

ROOMS = {
    "trail/": "audit.urls",
    "people/": "people.urls",
    "signoffs/": "signoffs.urls",
    "messages/": "communications.urls",
    "workloads/": "workloads.urls",
    "drills/": "drills.urls",
}

urlpatterns = [
    path("", views.home, name="home"),
    *(path(prefix, include(module)) for prefix, module in ROOMS.items() if find_spec(module)),
    path("api/v1/", include(api_patterns)),
    # Nobody changes her own address of sign-in past the services and the trail.
    path("accounts/email/", views.own_email, name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("health/", views.health, name="health"),
]
