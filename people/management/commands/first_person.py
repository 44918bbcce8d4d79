"""`manage.py first_person --email … --name …`: let the first person into an empty portal."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.errors import DeedError
from people.first_person import enter_first_person
from people.password_reset import reset_path


class Command(BaseCommand):
    help = "Add the first person as head of operations, and print a link with which she sets her password, once."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        try:
            person = enter_first_person(at=timezone.now(), email=email, name=name)
        except DeedError as error:
            raise CommandError(str(error)) from None
        days = settings.PASSWORD_RESET_TIMEOUT // 86400
        self.stdout.write(f"{person.name} ({person.email}) is head of operations and may open the admin site.")
        if person.has_usable_password():
            self.stdout.write(f"She signs in with her password: {settings.BASE_URL}")
            return
        self.stdout.write(f"Her link to set a password works once, for {days} days. Whoever opens it first is she:")
        self.stdout.write(settings.BASE_URL + reset_path(person))
