"""What a service says when it will not do a deed. Pages and API turn these into words and status codes."""

from typing import Any


class DeedError(Exception):
    """A refusal that a person can act on. `message` says what to do; `code` is stable for machines."""

    status = 400
    code = "refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.extra: dict[str, Any] = {}  # what machines are told beyond the message


class NotAllowed(DeedError):
    """This person may see the subject but not do this deed."""

    status = 403
    code = "not-allowed"


class WrongState(DeedError):
    """The subject has moved on, or may not move from where it is."""

    status = 409
    code = "wrong-state"


class Invalid(DeedError):
    """The values do not fit. `fields` maps a field's name to what to do about it."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}
