"""`manage.py import_register FILE --by EMAIL [--apply]`: the same report and the same import as on the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.errors import DeedError
from people.models import Team, User
from workloads.catalogue.kinds import KINDS, WORKLOADS
from workloads.models import ColumnMapping
from workloads.register import services
from workloads.register.report import UNCHANGED
from workloads.register.sheet import FILE_MAX, FILE_TOO_BIG


class Command(BaseCommand):
    help = "Check a register (CSV, XLSX, ZIP, JSON, YAML, Backstage) and import it with --apply: all of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, metavar="EMAIL", help="who imports; this person's rights count")
        parser.add_argument("--apply", action="store_true", help="import; without it nothing is written")
        parser.add_argument("--make-teams", action="store_true", help="add teams that do not exist; needs the right")
        parser.add_argument(
            "--leave-out", action="store_true", help="leave out links whose other end is not known, instead of refusing"
        )
        parser.add_argument(
            "--team", metavar="NAME", default="", help="team of workloads for which the file names none"
        )
        parser.add_argument("--kind", choices=list(KINDS), default="", help="what the rows of a CSV are")
        parser.add_argument(
            "--mapping", metavar="NAME", default="", help="read another catalogue by this saved mapping"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email__iexact=options["by"], is_active=True).first()
        if by is None:
            raise CommandError(f"Nobody who can sign in has the e-mail {options['by']}.")
        data, name = _read(options["file"]), options["file"].name
        chosen = _chosen(options, by)
        try:
            if options["apply"]:
                self._tell(
                    services.import_register(data=data, name=name, by=by, at=timezone.now(), options=chosen).as_json()
                )
            else:
                self._tell(
                    services.check_register(data=data, name=name, by=by, at=timezone.now(), options=chosen).as_json()
                )
        except services.RowsRefused as error:
            self._tell(error.report.as_json())
            raise CommandError(error.message) from None
        except DeedError as error:
            raise CommandError(error.message) from None

    def _tell(self, report: dict[str, Any]) -> None:
        self.stdout.write(f"Read as {report['understood']}.")
        for note in report["notes"]:
            self.stdout.write(note)
        for cause in report["causes"]:
            self.stdout.write(f"{cause['who']}: {cause['column'] + ': ' if cause['column'] else ''}{cause['what']}")
        if report["new_teams"]:
            self.stdout.write(f"New teams: {', '.join(report['new_teams'])}")
        for row in report["rows"]:
            if row["outcome"] != UNCHANGED:
                self.stdout.write(f"{_whose(row)}Row {row['row']}, {row['name'] or 'no name'}: {row['outcome']}")
            for problem in row["problems"]:
                self.stdout.write(f"    {problem['column']}: {problem['what']}")
            for change in row["changes"] if row["outcome"] == "changed" else ():
                self.stdout.write(f"    {change['field']}: {change['from'] or '–'} → {change['to'] or '–'}")
        self.stdout.write(report["sentence"])
        if report["summary"]["refused"] and not report["applied"]:
            raise CommandError("Correct the refused rows first: all rows come in together.")


def _whose(row: dict[str, Any]) -> str:
    return "" if row["kind"] == WORKLOADS.key else f"{KINDS[row['kind']].title}, "


def _chosen(options: dict[str, Any], by: User) -> services.Options:
    mapping = None
    if options["mapping"]:
        mapping = (
            ColumnMapping.objects.visible_to(by).filter(name=options["mapping"]).values_list("pk", flat=True).first()
        )
        if mapping is None:
            raise CommandError(f"There is no mapping “{options['mapping']}” for {by}.")
    team = None
    if options["team"]:
        team = Team.objects.filter(name=options["team"]).values_list("pk", flat=True).first()
        if team is None:
            raise CommandError(f"There is no team “{options['team']}”.")
    return services.Options(options["make_teams"], options["leave_out"], team, options["kind"], mapping)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_MAX:
            raise CommandError(FILE_TOO_BIG)
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
