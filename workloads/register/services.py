"""Deeds: look at a file without writing, and import it, all of it or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, UniqueViolation

from audit.errors import DeedError, Invalid, WrongState
from audit.kinds import Kind
from audit.services import record
from people.models import Team, User
from people.permissions import Permission
from workloads.catalogue.mapping import MappingSpec
from workloads.catalogue.planning import Whole, plan_contents
from workloads.catalogue.reading import How, read_contents
from workloads.models import ColumnMapping, PendingImport
from workloads.register.planning import Choices
from workloads.register.progress import Progress, Steps, untold
from workloads.register.report import Report
from workloads.register.sheet import shown

LOCK = 7_236_401  # advisory: one import at a time, so that two of them never meet halfway


class RowsRefused(DeedError):
    """Some rows do not fit, so none was imported. `report` says which and why."""

    status = 422
    code = "rows-refused"

    def __init__(self, report: Report) -> None:
        rows = "1 row" if report.refused == 1 else f"{report.refused:,} rows"
        super().__init__(f"{rows} cannot come in as they are, so nothing was written. Correct them and try again.")
        self.report = report


class ReportChanged(DeedError):
    """The register has changed since the report was made. `report` is the new one."""

    status = 409
    code = "report-changed"

    def __init__(self, report: Report) -> None:
        super().__init__(
            "The register has changed since this report was made. Nothing was written; this is the new report."
        )
        self.report = report


@dataclass(frozen=True)
class Options:
    """What a person chose beside the file. `kind`: of the rows of a CSV that does not say it itself."""

    make_teams: bool = False
    leave_out: bool = False
    team: int | None = None
    kind: str = ""
    mapping: int | None = None

    def how(self, by: User) -> How:
        """Raises Invalid for a mapping that is not there for this person."""
        return How(kind=self.kind, mapping=None if self.mapping is None else mapping_spec(self.mapping, by))

    @property
    def choices(self) -> Choices:
        """Raises Invalid for a team that is not there."""
        return Choices(self.make_teams, self.leave_out, "" if self.team is None else team_name(self.team))

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value}


NO_OPTIONS = Options()


def team_name(pk: int) -> str:
    """Raises Invalid."""
    name = Team.objects.filter(pk=pk).values_list("name", flat=True).first()
    if name is None:
        raise Invalid("This team is gone. Choose another one.", {"team": "There is no such team."})
    return name


def mapping_spec(pk: int, by: User) -> MappingSpec:
    """Raises Invalid when there is none for this person: removed, no longer shared, never hers."""
    found = ColumnMapping.objects.visible_to(by).filter(pk=pk).first()
    if found is None:
        raise Invalid("This mapping is gone. Choose another one.", {"mapping": "There is no such mapping for you."})
    return found.spec


def check_register(*, data: bytes, name: str, by: User, at: dt.datetime, options: Options = NO_OPTIONS) -> Report:
    """What importing this file would do. Writes nothing. Raises UnreadableFile, Invalid."""
    by.require(Permission.ADD_WORKLOADS)
    return plan_file(data, name, by=by, at=at, options=options)[1]


def import_register(
    *, data: bytes, name: str, by: User, at: dt.datetime, digest: str = "", options: Options = NO_OPTIONS
) -> Report:
    """Import a file, all of it or nothing; `digest` is that of the report a person agreed to.

    Raises UnreadableFile, Invalid, RowsRefused, ReportChanged, WrongState.
    """
    by.require(Permission.ADD_WORKLOADS)
    with transaction.atomic():
        pending = PendingImport(name=short(name), sha256=sha256(data), options=options.as_json())
        return import_file(pending, data, by=by, at=at, digest=digest)


def plan_file(
    data: bytes,
    name: str,
    *,
    by: User,
    at: dt.datetime,
    options: Options,
    lock: bool = False,
    progress: Progress = untold,
) -> tuple[Whole, Report]:
    """What importing this file would do, and the words for it. Raises UnreadableFile, Invalid."""
    progress("reading", 0, 0)
    contents = read_contents(data, options.how(by))
    whole = plan_contents(contents, by=by, at=at, lock=lock, choices=options.choices, progress=progress)
    return whole, Report(short(name), whole.reports, whole.plan.teams, contents.notes)


def import_file(
    pending: PendingImport, data: bytes, *, by: User, at: dt.datetime, digest: str, progress: Progress = untold
) -> Report:
    """Inside a transaction: write what the file says, if that is still what the report with this digest says.

    Raises UnreadableFile, Invalid, RowsRefused, ReportChanged, WrongState; then nothing was written.
    """
    try:
        with transaction.atomic():
            return _import_alone(pending, data, by, at, digest, progress)
    except (IntegrityError, OperationalError) as error:
        if not isinstance(error.__cause__, UniqueViolation | DeadlockDetected):
            raise
        raise WrongState(
            "Somebody changed the same workloads at this moment. Nothing was written; try again."
        ) from None


def _import_alone(
    pending: PendingImport, data: bytes, by: User, at: dt.datetime, digest: str, progress: Progress
) -> Report:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    options = Options(**pending.options)
    whole, report = plan_file(data, pending.name, by=by, at=at, options=options, lock=True, progress=progress)
    if report.refused:
        raise RowsRefused(report)
    if digest and digest != report.digest:
        raise ReportChanged(report)
    if not report.to_write:
        return report
    whole.write(by=by, at=at, step=Steps(progress, "writing", report.to_write))
    report.applied = True
    after = {"file": pending.name, "sha256": pending.sha256, "result": report.sentence}
    record(Kind.REGISTER_IMPORTED, pending, by=by, at=at, after=after)
    return report


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def short(name: str) -> str:
    return shown(name, 120) or "register"
