"""`manage.py audit verify | head | dump`: is the trail whole, how does it end, and all of it for another verifier."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit import chain, sealing
from audit.queries import dated_ahead, overdue_for_seal


class Command(BaseCommand):
    help = "Verify the trail, print its head, or dump it for an offline verifier."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        verify = deeds.add_parser(
            "verify", help="follow the whole chain; exit code 1 when it is broken, unsealed or dated ahead"
        )
        verify.add_argument("--head", metavar="SIZE:DIGEST", help="a head that was kept outside")
        deeds.add_parser("head", help="seal what waits, then print SIZE:DIGEST and the time")
        deeds.add_parser("dump", help="every sealed line as JSON, for scripts/verify_trail.py")

    def handle(self, *args: Any, **options: Any) -> None:
        deed = {"verify": self.verify, "head": self.head, "dump": self.dump}[options["deed"]]
        deed(**options)

    def verify(self, *, head: str | None, **options: Any) -> None:
        try:
            outside = chain.Head.read(head) if head else None
        except ValueError as error:
            raise CommandError(str(error)) from None
        report = chain.verify(sealing.sealed_links(), outside)
        if report.broken:
            raise CommandError(f"The trail is broken. It holds up to {report.head}.\n{report.broken}")
        if amiss := [found for found in (overdue_for_seal(), dated_ahead()) if found]:
            raise CommandError("\n".join([f"The chain holds up to {report.head}, but:", *map(str, amiss)]))
        self.stdout.write(f"The trail is whole: {report.head.size:,} events sealed, head {report.head}")

    def head(self, **options: Any) -> None:
        now = timezone.now()
        sealing.seal_all(at=now)
        sealing.keep_head_outside()
        self.stdout.write(f"{sealing.head()} {now:%Y-%m-%dT%H:%M:%SZ}")

    def dump(self, **options: Any) -> None:
        for link in sealing.sealed_links():
            line = link.line
            event = line and {**line._asdict(), "before": chain.values(line.before), "after": chain.values(line.after)}
            row = {"position": link.position, "encoding": link.encoding, "digest": link.digest.hex(), "event": event}
            self.stdout.write(json.dumps(row))
