"""The home page and the health probe."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from health_check.views import HealthCheckView

from people.access import PUBLIC, SIGNED_IN, rule


@rule(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


health = HealthCheckView.as_view(checks=["health_check.checks.Database", "health_check.checks.Cache"])
rule(PUBLIC)(health)
