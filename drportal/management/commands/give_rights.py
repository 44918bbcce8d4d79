"""`manage.py give_rights ROLE`: what the role of web, worker and beat may. Run it as the owner, after each `migrate`."""

from __future__ import annotations

import argparse
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from drportal.database_roles import give_rights


class Command(BaseCommand):
    help = "Give a database role the rights of web, worker and beat, on all tables there are now. Run it after migrate."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("role", help="the role in the DATABASE_URL of web, worker and beat")
        parser.add_argument(
            "--password-from", metavar="VARIABLE", help="make the role, or set its password, with what stands there"
        )

    def handle(self, *args: Any, role: str, password_from: str | None, **options: Any) -> None:
        password = os.environ.get(password_from, "") if password_from else ""
        if password_from and not password:
            raise CommandError(f"{password_from} is empty: it has to hold the password of {role}.")
        try:
            made = give_rights(role, password=password)
        except DatabaseError as error:
            raise CommandError(f"The rights were not given: {str(error).strip()}") from None
        self.stdout.write(
            f"{role} {'was made and ' if made else ''}may do what web, worker and beat do, and owns nothing."
        )
