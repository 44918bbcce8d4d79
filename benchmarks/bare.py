"""The limit: bare Django and raw SQL, no sign-in, no rights, no components. What any page here can at best come near to.

Served by the same granian, from the same database, in the same run as the portal (see `benchmarks/bench.py`).
"""

import json
import os
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

if not settings.configured:
    import environ

    database = environ.Env().db("DATABASE_URL")
    database["ENGINE"] = "django.db.backends.postgresql"
    database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 8}}
    settings.configure(
        SECRET_KEY="bench" * 12,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": database},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
    )
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    django.setup()

ROWS = """
SELECT w.id, w.name, w.reference, t.name, c.tier_id, c.rto_seconds, c.rpo_seconds, c.review_due_on, o.state, w.proof_rto,
       w.proven_on
FROM workloads_workload w
JOIN people_team t ON t.id = w.owner_team_id
LEFT JOIN workloads_classification c ON c.workload_id = w.id AND c.state = 'signed_off'
LEFT JOIN workloads_classification o ON o.workload_id = w.id AND o.state IN ('proposed', 'in_review')
"""
COLUMNS = (
    "id",
    "name",
    "reference",
    "team",
    "tier",
    "rto_seconds",
    "rpo_seconds",
    "review_due_on",
    "open_state",
    "rto",
    "on",
)
PAGE = engines["django"].from_string(
    "<!doctype html><title>Workloads</title><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>"
    "{% endfor %}</tr>{% endfor %}</table><p>{{ count }}</p>"
)
COUNTS = """
SELECT c.tier_id, o.tier_id, count(*), count(*) FILTER (WHERE o.state = 'in_review'),
       count(*) FILTER (WHERE c.review_due_on < current_date), count(*) FILTER (WHERE w.proof_rto = 'met'),
       count(*) FILTER (WHERE w.proven_on IS NULL)
FROM workloads_workload w
LEFT JOIN workloads_classification c ON c.workload_id = w.id AND c.state = 'signed_off'
LEFT JOIN workloads_classification o ON o.workload_id = w.id AND o.state IN ('proposed', 'in_review')
WHERE w.lifecycle <> 'retired' GROUP BY 1, 2
"""


def _select(sql: str, *values: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def listing(request: HttpRequest) -> HttpResponse:
    """Fifty rows, filtered by tier, sorted, with their count: what the list page shows."""
    rows = _select(ROWS + " WHERE c.tier_id = %s ORDER BY c.review_due_on, w.name LIMIT 50", 2)
    count = _select("SELECT count(*) FROM workloads_classification WHERE state = 'signed_off' AND tier_id = %s", 2)
    return HttpResponse(PAGE.render({"rows": rows, "count": count[0][0]}))


def api_list(request: HttpRequest) -> HttpResponse:
    rows = _select(ROWS + " ORDER BY w.name LIMIT 50")
    count = _select("SELECT count(*) FROM workloads_workload")[0][0]
    body = {"count": count, "results": [dict(zip(COLUMNS, row, strict=True)) for row in rows]}
    return HttpResponse(json.dumps(body, default=str), content_type="application/json")


def api_detail(request: HttpRequest, pk: int) -> HttpResponse:
    row = _select(ROWS + " WHERE w.id = %s", pk)[0]
    return HttpResponse(json.dumps(dict(zip(COLUMNS, row, strict=True)), default=str), content_type="application/json")


def home(request: HttpRequest) -> HttpResponse:
    """The counts of the home page and the reviews that are due: its two heaviest questions."""
    counts = _select(COUNTS)
    due = _select(ROWS + " WHERE c.review_due_on <= current_date + 30 ORDER BY c.review_due_on LIMIT 50")
    return HttpResponse(PAGE.render({"rows": [*counts, *due], "count": len(counts)}))


urlpatterns = [
    path("list", listing),
    path("api/list", api_list),
    path("api/detail/<int:pk>", api_detail),
    path("home", home),
]
application = get_asgi_application()
