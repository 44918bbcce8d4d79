"""The first message to a new person: a link with which she sets her password. Nobody ever knows it but she."""

from __future__ import annotations

import datetime as dt
import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from audit.errors import DeedError, WrongState
from people.models import User
from people.password_reset import reset_path
from people.permissions import Permission
from people.services import note_credential

log = logging.getLogger(__name__)


class NotSent(DeedError):
    status = 503
    code = "not-sent"


def send_welcome(*, person: User, by: User, at: dt.datetime) -> None:
    """Mail the link of allauth's password reset. Raises WrongState for who cannot sign in, NotSent when mail is down."""
    by.require(Permission.ADD_PEOPLE)
    if not person.is_active:
        raise WrongState(f"{person.name} cannot sign in. There is nothing to send.")
    context = {
        "person": person,
        "by": by,
        "organisation": settings.ORGANISATION_NAME,
        "link": settings.BASE_URL + reset_path(person),
        "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
        "sign_in": settings.BASE_URL + reverse("account_login"),
    }
    subject = f"Your access to the Recovery Portal of {settings.ORGANISATION_NAME}"
    try:
        send_mail(subject, render_to_string("people/welcome.txt", context), None, [person.email])
    except (OSError, SMTPException):
        log.exception("the welcome of person %s was not sent", person.pk)
        raise NotSent(
            f"The message to {person.email} could not be sent. Try again from {person.name}'s page."
        ) from None
    note_credential(person=person, by=by, at=at, what="link to set a password mailed")
