from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

ANSWERS = 5  # of the mail server to one message: MAIL, RCPT, DATA, the content, and one refused line


class CommunicationsConfig(AppConfig):
    name = "communications"
    verbose_name = "Messages"

    def ready(self) -> None:
        from communications.password_reset import write_message  # noqa: PLC0415 (models are not ready before)
        from people import password_reset  # noqa: PLC0415 (models are not ready before)

        password_reset.register(write_message)


@register
def lease_outlasts_a_message(**_: Any) -> list[CheckMessage]:
    """A lease that ends while its worker still waits for the mail server makes copies for nothing."""
    if settings.DELIVERY_LEASE > ANSWERS * settings.EMAIL_TIMEOUT:
        return []
    said = f"DELIVERY_LEASE has to be longer than {ANSWERS} times EMAIL_TIMEOUT, the longest that one message can take."
    return [Error(said, id="communications.E001")]


@register
def connections_for_all_lines(**_: Any) -> list[CheckMessage]:
    """Each line to the mail server is a thread with a database connection, beside that of the sweep itself."""
    size = settings.DATABASES["default"].get("OPTIONS", {}).get("pool", {}).get("size")
    if size is None or 1 <= settings.MAIL_CONNECTIONS < size:
        return []
    said = "MAIL_CONNECTIONS has to be at least 1 and smaller than DATABASE_POOL."
    return [Error(said, id="communications.E002")]
