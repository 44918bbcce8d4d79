"""What a web process, a worker or a beat asks before it begins, in production: whether it can do its work, and as whom."""

from __future__ import annotations

import logging
import os
import sys

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage

from drportal.database_roles import demo_people, may_too_much

log = logging.getLogger(__name__)


def begin(*, serves_pages: bool) -> None:
    """End the process with one sentence where it could not do its work; warn where it may more than it should."""
    if not settings.PRODUCTION:
        return
    url = os.environ["DATABASE_URL"]
    refusals = [uncollected() if serves_pages else "", demo_people(url)]
    if said := [f"- {sentence}" for sentence in refusals if sentence]:
        sys.exit("\n".join(["The portal does not start:", *said]))
    if warning := may_too_much(url):
        log.critical(warning)


def uncollected() -> str:
    """Why pages would have no look, in one sentence; empty when every static file of this version was collected."""
    collected: dict[str, str] | None = getattr(staticfiles_storage, "hashed_files", None)
    if collected is None:  # served from where they lie
        return ""
    missing = [path for finder in get_finders() for path, _ in finder.list([]) if path not in collected]
    if not missing:
        return ""
    what = (
        "Static files were never collected"
        if not collected
        else f"{missing[0]} and others are not among the static files"
    )
    return f"{what}: run manage.py collectstatic --noinput (STATIC_ROOT is {settings.STATIC_ROOT})."
