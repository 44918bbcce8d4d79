"""`python -m drportal.prepare`: bring the database up to date, fill an empty one with the demo, print who can sign in.

One program instead of three management commands, because each of them takes its seconds only to begin.
"""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command, get_commands


def main() -> None:
    """Standard output is for people to read; everything else goes to standard error."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=1, stdout=sys.stderr)
    call_command("outbox", "check")  # a line when the database is older than what this machine saw
    if settings.PRODUCTION:
        return  # the demo's passwords are known to everybody
    if "demo" in get_commands():
        call_command("demo", if_empty=True, stdout=sys.stderr)
        call_command("demo", people=True)


if __name__ == "__main__":
    main()
