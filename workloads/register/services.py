"""Deeds: look at a file without writing, and import it, all of it or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, UniqueViolation

from audit.errors import DeedError, WrongState
from audit.kinds import Kind
from audit.models import Event
from audit.services import record
from people.models import User
from people.permissions import Permission
from workloads.catalogue.mapping import MappingSpec
from workloads.catalogue.planning import Whole, plan_contents
from workloads.catalogue.reading import How, read_contents
from workloads.models import IMPORT_KEPT_FOR, ColumnMapping, PendingImport
from workloads.register.report import Report
from workloads.register.sheet import shown

KEPT_MAX = 5  # files of one person that wait at once; an older one makes room
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
    kind: str = ""
    mapping: int | None = None

    def how(self) -> How:
        return How(kind=self.kind, mapping=None if self.mapping is None else mapping_spec(self.mapping))

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value}


NO_OPTIONS = Options()


def mapping_spec(pk: int) -> MappingSpec:
    """Raises WrongState when somebody has removed it."""
    found = ColumnMapping.objects.filter(pk=pk).first()
    if found is None:
        raise WrongState("This mapping is gone. Choose another one.")
    return found.spec


def check_register(*, data: bytes, name: str, by: User, at: dt.datetime, options: Options = NO_OPTIONS) -> Report:
    """What importing this file would do. Writes nothing. Raises UnreadableFile."""
    by.require(Permission.ADD_WORKLOADS)
    return _plan(data, name, by, at, options, lock=False)[1]


def import_register(
    *, data: bytes, name: str, by: User, at: dt.datetime, digest: str = "", options: Options = NO_OPTIONS
) -> Report:
    """Import a file, all of it or nothing; `digest` is that of the report a person agreed to.

    Raises UnreadableFile, RowsRefused, ReportChanged, WrongState.
    """
    by.require(Permission.ADD_WORKLOADS)
    with transaction.atomic():
        pending = PendingImport(name=_short(name), sha256=_sha256(data), options=options.as_json())
        return _import(pending, data, by, at, digest)


@transaction.atomic
def keep_import(*, data: bytes, name: str, by: User, at: dt.datetime, options: Options = NO_OPTIONS) -> PendingImport:
    """Check a file and keep it with its report until the person has read that. Raises UnreadableFile."""
    by.require(Permission.ADD_WORKLOADS)
    report = _plan(data, name, by, at, options, lock=False)[1]
    forget_expired(at=at)
    mine = PendingImport.objects.filter(owner=by).order_by("-created_at").values_list("pk", flat=True)
    PendingImport.objects.filter(pk__in=list(mine[KEPT_MAX - 1 :])).delete()
    return PendingImport.objects.create(
        owner=by,
        name=_short(name),
        data=data,
        sha256=_sha256(data),
        report=report.as_json(),
        options=options.as_json(),
        created_at=at,
        expires_at=at + IMPORT_KEPT_FOR,
    )


def forget_expired(*, at: dt.datetime) -> None:
    """Throw away files that nobody came back for: what people upload stays no longer than they were told."""
    PendingImport.objects.filter(expires_at__lte=at).delete()


def import_kept(*, pending_id: Any, by: User, at: dt.datetime, digest: str) -> Report:
    """Import a kept file if doing so still does what its report said. Raises WrongState when it is gone.

    After ReportChanged or RowsRefused the new report is kept in the place of the old one.
    """
    by.require(Permission.ADD_WORKLOADS)
    try:
        with transaction.atomic():
            mine = PendingImport.objects.select_for_update().filter(owner=by, expires_at__gt=at)
            pending = mine.filter(pk=pending_id).first()
            if pending is None:
                raise WrongState("This file waits no longer: it was imported, or its hour is over. Choose it again.")
            report = _import(pending, bytes(pending.data), by, at, digest)
            PendingImport.objects.filter(pk=pending.pk).delete()
            return report
    except (ReportChanged, RowsRefused) as error:
        PendingImport.objects.filter(pk=pending_id, owner=by).update(report=error.report.as_json())
        raise


def imported_already(*, pending_id: Any, by: User) -> str:
    """What came of a file that waits no longer: the sentence of its import, empty when there was none."""
    done = Event.objects.filter(
        kind=Kind.REGISTER_IMPORTED, subject_type="workloads.pendingimport", subject_id=str(pending_id), actor_id=by.pk
    ).first()
    return str(done.after.get("result", "")) if done else ""


def _plan(data: bytes, name: str, by: User, at: dt.datetime, options: Options, *, lock: bool) -> tuple[Whole, Report]:
    contents = read_contents(data, options.how())
    whole = plan_contents(contents, by=by, at=at, lock=lock, make_teams=options.make_teams)
    return whole, Report(_short(name), whole.reports, whole.plan.teams, contents.notes)


def _import(pending: PendingImport, data: bytes, by: User, at: dt.datetime, digest: str) -> Report:
    try:
        with transaction.atomic():
            return _import_alone(pending, data, by, at, digest)
    except (IntegrityError, OperationalError) as error:
        if not isinstance(error.__cause__, UniqueViolation | DeadlockDetected):
            raise
        raise WrongState(
            "Somebody changed the same workloads at this moment. Nothing was written; try again."
        ) from None


def _import_alone(pending: PendingImport, data: bytes, by: User, at: dt.datetime, digest: str) -> Report:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    whole, report = _plan(data, pending.name, by, at, Options(**pending.options), lock=True)
    if report.refused:
        raise RowsRefused(report)
    if digest and digest != report.digest:
        raise ReportChanged(report)
    if not report.to_write:
        return report
    whole.write(by=by, at=at)
    report.applied = True
    after = {"file": pending.name, "sha256": pending.sha256, "result": report.sentence}
    record(Kind.REGISTER_IMPORTED, pending, by=by, at=at, after=after)
    return report


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _short(name: str) -> str:
    return shown(name, 120) or "register"
