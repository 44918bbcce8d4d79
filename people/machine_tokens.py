"""A machine token holds as long as whoever issued it may issue such tokens: it ends with that right, and does not come back."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from audit.errors import DeedError
from audit.kinds import Kind
from audit.services import PORTAL, record
from people.models import ApiToken
from people.permissions import Permission

ENDED = (
    "This machine token has ended, because the person it was issued to may no longer issue machine tokens. "
    "Ask somebody with that right for a new one."
)


class MachineTokenEnded(DeedError):
    """The times of this token would no longer count as measured by a machine."""

    status = 401
    code = "authentication-failed"


def require_right(token: ApiToken, *, at: dt.datetime) -> None:
    """Asked at each use of a machine token. Raises MachineTokenEnded, and ends the token, when the right is gone."""
    if token.user.may(Permission.ISSUE_MACHINE_TOKENS):
        return
    _end(token, at)
    raise MachineTokenEnded(ENDED)


def end_lapsed(*, at: dt.datetime) -> int:
    """End every live machine token whose person may no longer issue one; returns how many. The timetable calls it, so that a
    right that is taken and given back ends the token too, whether it is used meanwhile or not."""
    live = ApiToken.objects.filter(machine=True, revoked_at__isnull=True, expires_at__gt=at).select_related("user")
    lapsed = [token for token in live.order_by("pk") if not token.user.may(Permission.ISSUE_MACHINE_TOKENS)]
    return sum(_end(token, at) for token in lapsed)


@transaction.atomic
def _end(token: ApiToken, at: dt.datetime) -> bool:
    """Let it expire now. Nobody has revoked it, so nobody is named; whether it was live until now."""
    live = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True, expires_at__gt=at, created_at__lt=at)
    if not live.update(expires_at=at):
        return False
    record(Kind.TOKEN_ENDED, token, by=PORTAL, at=at, after={"name": token.name, "person": token.user})
    return True
