"""The letter with the link to a new password. The link is made when the letter leaves: what is kept of it has no key."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction

from audit.services import PORTAL
from communications.models import Delivery
from communications.purposes import Purpose
from communications.services import compose
from people.models import User
from people.password_reset import reset_path

ASK_AGAIN = "/accounts/password/reset/"  # where the link of the message leads, as it is kept


@transaction.atomic
def write_message(person: User, at: dt.datetime) -> None:
    compose(
        Purpose.PASSWORD_RESET,
        to=[person],
        thread=person.trail_thread,
        path=ASK_AGAIN,
        context={
            "organisation": settings.ORGANISATION_NAME,
            "days": f"{settings.PASSWORD_RESET_TIMEOUT // 86400} days",
        },
        by=PORTAL,
        at=at,
    )


def leaving_path(delivery: Delivery) -> str:
    """Where the link of the letter leads that leaves now."""
    if delivery.message.purpose == Purpose.PASSWORD_RESET.key and delivery.user is not None:
        return reset_path(delivery.user)
    return delivery.message.path
