"""`manage.py outbox status | check | hold | release`: let nothing leave, see what waits, let it leave again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audit.errors import DeedError
from audit.models import Door
from audit.services import through
from communications import outbox
from people.models import User

LISTED = 200


class Command(BaseCommand):
    help = "Hold the outbox, for example before a restore; list what may have left already; release it."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        status = deeds.add_parser("status", help="is it held, why, and what waits; exit code 1 when it is held")
        status.add_argument("--all", action="store_true", help=f"list every message, not only the first {LISTED}")
        deeds.add_parser(
            "check", help="hold it if the database is older than what this machine saw; a line when it is held"
        )
        hold = deeds.add_parser("hold", help="let nothing leave")
        hold.add_argument("--why", required=True)
        release = deeds.add_parser("release", help="let messages leave again")
        release.add_argument("--sent-before", metavar="TIME", help="take what was due before as sent (ISO time, UTC)")
        for deed in (hold, release):
            deed.add_argument("--by", required=True, metavar="EMAIL", help="who says so; this person's rights count")

    def handle(self, *args: Any, **options: Any) -> None:
        deed = {"status": self.status, "check": self.look, "hold": self.hold, "release": self.release}[options["deed"]]
        try:
            with through(Door.COMMAND):
                deed(options)
        except DeedError as error:
            raise CommandError(error.message) from None

    def status(self, options: dict[str, Any]) -> None:
        held = outbox.is_held(at=timezone.now())
        seen = outbox.may_have_left()
        waiting = outbox.waiting().select_related("message", "user", "contact").order_by("next_try_at", "id")
        rows = waiting if options["all"] else waiting[:LISTED]
        for delivery in rows:
            said = "may have left" if seen and delivery.next_try_at < seen else "new"
            line = f"{delivery.next_try_at:%Y-%m-%dT%H:%M:%SZ}  {said:13}  {delivery.state:7}  {delivery.address}"
            self.stdout.write(f"{line}  {delivery.message.subject_line}")
        total = waiting.count()
        old = outbox.waiting(before=seen).count() if seen else 0
        if total > LISTED and not options["all"]:
            self.stdout.write(f"… and {total - LISTED} more; --all lists them.")
        self.stdout.write(f"{total} wait, {old} of them may have left already{f' (due before {seen})' if old else ''}.")
        if held:
            raise CommandError(f"The outbox is held: {outbox.outbox().held_why}")
        self.stdout.write("The outbox is open.")

    def look(self, options: dict[str, Any]) -> None:
        if outbox.is_held(at=timezone.now()):
            self.stdout.write(
                f"THE OUTBOX IS HELD, no message leaves. {outbox.outbox().held_why} See: manage.py outbox status"
            )

    def hold(self, options: dict[str, Any]) -> None:
        outbox.hold(by=_person(options["by"]), at=timezone.now(), why=options["why"])
        self.stdout.write("The outbox is held. A round that was under way ends within ten seconds.")

    def release(self, options: dict[str, Any]) -> None:
        before = _time(options["sent_before"]) if options["sent_before"] else None
        taken = outbox.release(by=_person(options["by"]), at=timezone.now(), sent_before=before)
        self.stdout.write(
            f"The outbox is open. {taken} taken as sent, {outbox.waiting().count()} leave now or when due."
        )


def _person(email: str) -> User:
    found = User.objects.filter(email__iexact=email, is_active=True).first()
    if found is None:
        raise CommandError(f"Nobody who can sign in has the e-mail {email}.")
    return found


def _time(text: str) -> dt.datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"'{text}' is no time. Write it like 2026-11-29T17:30:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
