"""Deeds with a file that waits: keep it to be checked, ask for its import, throw it away. The work is done in `sweep`."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audit.errors import NotAllowed, WrongState
from audit.states import change_state
from people.models import User
from people.permissions import Permission
from workloads.models import IMPORT_KEPT_FOR, PendingImport
from workloads.register.services import NO_OPTIONS, Options, sha256, short
from workloads.register.waking import wake

KEPT_MAX = 5  # files of one person that are kept at once; an older one makes room, unless its import has been asked for
# A late reader learns that the hour is over, not that there never was a file.
REMEMBERED_FOR = dt.timedelta(days=1)
GONE = "The hour of this file is over. Choose it again."
State = PendingImport.State


class UnderWay(WrongState):
    """Its import has been asked for already: by a double click, or in another tab."""


@transaction.atomic
def keep_import(*, data: bytes, name: str, by: User, at: dt.datetime, options: Options = NO_OPTIONS) -> PendingImport:
    """Keep a file; a worker checks it as soon as this transaction stands."""
    by.require(Permission.ADD_WORKLOADS)
    forget_expired(at=at)
    _make_room(by)
    pending = PendingImport.objects.create(
        owner=by,
        name=short(name),
        data=data,
        sha256=sha256(data),
        options=options.as_json(),
        since=Now(),
        created_at=at,
        expires_at=at + IMPORT_KEPT_FOR,
    )
    wake()
    return pending


@transaction.atomic
def leave_out(*, pending: PendingImport, by: User, at: dt.datetime) -> PendingImport:
    """Check the same file again, without links whose other end is not known. Raises NotAllowed, WrongState."""
    by.require(Permission.ADD_WORKLOADS)
    if pending.owner_id != by.pk:
        raise NotAllowed("Only who chose a file imports it.")
    kept = PendingImport.objects.filter(pk=pending.pk, state=State.CHECKED, expires_at__gt=at).first()
    if kept is None:
        raise WrongState("This file is being imported, or its hour is over. Choose it again.")
    options = Options(**kept.options | {"leave_out": True})
    return keep_import(data=bytes(kept.data), name=kept.name, by=by, at=at, options=options)


def _make_room(by: User) -> None:
    mine = PendingImport.objects.filter(owner=by).exclude(state__in=[State.QUEUED, State.IMPORTING])
    newest = mine.order_by("-created_at", "-pk").values("pk")[: KEPT_MAX - 1]
    _unlocked(mine.exclude(pk__in=list(newest.values_list("pk", flat=True)))).delete()


@transaction.atomic
def queue_import(*, pending: PendingImport, by: User, at: dt.datetime, digest: str) -> None:
    """Ask for the import of a checked file; `digest` is that of the report the person has read.

    Raises UnderWay, WrongState.
    """
    by.require(Permission.ADD_WORKLOADS)
    if pending.owner_id != by.pk:
        raise NotAllowed("Only who chose a file imports it.")
    # Not locked: while a worker has it, nobody waits for the worker here. The UPDATE below moves it once.
    pending = PendingImport.objects.small().get(pk=pending.pk)
    if pending.expires_at <= at:
        raise WrongState(GONE)
    if pending.state in (State.QUEUED, State.IMPORTING, State.IMPORTED):
        raise UnderWay("The import of this file has been asked for already.")
    said = PendingImport.objects.values_list("report__digest", "report__summary").get(pk=pending.pk)
    if pending.state == State.CHECKED and said[0] != digest:
        raise WrongState("There is a newer report than the one you read. Nothing was written; this is the new one.")
    if pending.state == State.CHECKED and (said[1]["refused"] or not said[1]["new"] + said[1]["changed"]):
        raise WrongState("There is nothing in this file that can be imported as it is.")
    change_state(pending, "queue", by=by, at=at, since=Now(), agreed=digest, said="", expires_at=at + IMPORT_KEPT_FOR)
    wake()


@transaction.atomic
def forget_expired(*, at: dt.datetime) -> None:
    """Throw away what nobody came back for: what people upload stays no longer than they were told."""
    _unlocked(PendingImport.objects.filter(expires_at__lte=at - REMEMBERED_FOR)).delete()
    over = PendingImport.objects.filter(expires_at__lte=at)
    _unlocked(over.exclude(data=b"", report={})).update(data=b"", report={})


def _unlocked(rows: QuerySet[PendingImport]) -> QuerySet[PendingImport]:
    """Those that no worker has in its hands: nobody waits for it here."""
    idle = rows.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
    return PendingImport.objects.filter(
        pk__in=list(idle.select_for_update(skip_locked=True).values_list("pk", flat=True))
    )
