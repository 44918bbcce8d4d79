"""`manage.py confirmations list | confirm NUMBER`: the way out where nobody in the portal can be the second person."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.errors import DeedError
from audit.services import MACHINE_OWNER
from people.confirmations import ROLES, confirm_as_owner, edit_of
from people.models import Confirmation


class Command(BaseCommand):
    help = "List what waits for a second person, or confirm one of it as the owner of the machine (the trail says so)."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        deeds.add_parser("list", help="what waits, with its number")
        confirm = deeds.add_parser("confirm", help="let it take effect")
        confirm.add_argument("number", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["deed"] == "list":
            self._list()
        else:
            self._confirm(options["number"])

    def _list(self) -> None:
        waiting = Confirmation.objects.waiting().select_related("given_by").order_by("given_at", "id")
        if not waiting:
            self.stdout.write("Nothing waits for a second person.")
        for one in waiting:
            self.stdout.write(f"{one.pk}  {one.title}  (by {one.given_by.name}, {one.given_at:%Y-%m-%d %H:%M} UTC)")
            for line in [] if one.deed == ROLES else edit_of(one.deed).lines(one.change):
                self.stdout.write(f"    {line}")

    def _confirm(self, number: int) -> None:
        confirmation = Confirmation.objects.filter(pk=number).first()
        if confirmation is None:
            raise CommandError(f"There is no confirmation {number}. See `manage.py confirmations list`.")
        try:
            confirm_as_owner(confirmation=confirmation, by=MACHINE_OWNER, at=timezone.now())
        except DeedError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"Confirmed: {confirmation.title}")
