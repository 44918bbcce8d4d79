"""`manage.py demo`: the demo organisation, or a large one for measuring."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from rich.progress import Progress

from drportal.demo import cast
from drportal.demo.build import build
from drportal.demo.large import add_large
from people.models import User


class Command(BaseCommand):
    help = "Load the demo organisation (about 60 workloads), or with --size a large one for measuring."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are people already")
        parser.add_argument("--people", action="store_true", help="only print who can sign in, and as whom")
        parser.add_argument(
            "--size", type=int, default=0, help="add workloads up to this number, with targets and drills"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["people"]:
            self._print_people()
            return
        if settings.PRODUCTION:
            raise CommandError("The demo's passwords are known to everybody: it is not loaded in production.")
        empty = not User.objects.exists()
        if not empty and options["if_empty"]:
            return
        with Progress(transient=True, disable=not self.stdout.isatty()) as progress:
            if empty:
                task = progress.add_task("Harbour Mutual", total=len(cast.WORKLOADS) + 2)
                with transaction.atomic():
                    build(timezone.now(), say=lambda what: progress.update(task, advance=1, description=what))
            elif not options["size"]:
                raise CommandError("There are people in this portal already. The demo goes into an empty one only.")
            if options["size"]:
                task = progress.add_task("Workloads", total=options["size"])
                with transaction.atomic():
                    add_large(options["size"], timezone.now(), lambda done: progress.update(task, completed=done))
        self.stdout.write(self.style.SUCCESS("The demo organisation is loaded."))

    def _print_people(self) -> None:
        known = set(User.objects.values_list("email", flat=True))
        shown = [p for p in cast.PEOPLE if p.email in known and p.key in SHOWN]
        if not shown:
            return
        self.stdout.write(f"  Everybody's password is  {cast.PASSWORD}")
        for person in shown:
            self.stdout.write(f"  {person.email:<42} {person.name}, {SHOWN[person.key]}")


SHOWN = {
    "maren": "head of operations: sees and leads everything",
    "tomas": "payments team: proposes targets, runs drills",
    "priya": "business stakeholder of the payments workloads: signs, reviews",
    "david": "executive sponsor: signs tier 0 and 1",
    "jonas": "IT operations and platform administrator: also the admin site",
    "aiko": "deputy, acting business continuity planner",
    "lena": "communication lead: messages",
    "samuel": "auditor: reads everything, changes nothing",
}
