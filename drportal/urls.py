"""All addresses. Each room lists its own; libraries come under prefixes that `settings.LIBRARY_RULES` declares."""

from django.contrib import admin
from django.urls import include, path

from drportal import outage, views
from drportal.api import urlpatterns as api_patterns

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search_all, name="search"),
    path("trail/", include("audit.urls")),
    path("people/assignments/", include("workloads.roles.urls")),  # of people, but workloads are only known there
    path("people/", include("people.urls")),
    path("signoffs/", include("signoffs.urls")),
    path("messages/", include("communications.urls")),
    path("workloads/", include("workloads.urls")),
    path("drills/", include("drills.urls")),
    path("api/v1/", include(api_patterns)),
    # Nobody changes her own address of sign-in past the services and the trail.
    path("accounts/email/", views.own_email, name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("health/", outage.health, name="health"),
]
handler500 = outage.server_error
