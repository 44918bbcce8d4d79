#!/usr/bin/env python
"""Django's command line for the portal. Beside `make run` it works on what runs there."""

import os
import sys


def main() -> None:
    """End with one sentence, not with a trace, where Django is missing or the database does not answer."""
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415
        from django.db import OperationalError  # noqa: PLC0415

        from drportal.running import join  # noqa: PLC0415
    except ImportError as error:
        sys.exit(f"{error}. Use the Python of the virtual environment: .venv/bin/python manage.py …")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drportal.settings")
    alone = join(os.environ)
    os.environ.setdefault("DATABASE_POOL", "0")  # one connection is enough, and says at once that nobody answers
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        said = str(error).strip().splitlines()
        sys.exit(alone or f"The database does not answer: {said[0] if said else error}")
    except KeyboardInterrupt:
        sys.exit(130)  # what a shell calls an end by Ctrl-C


if __name__ == "__main__":
    main()
