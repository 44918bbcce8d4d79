"""Logging: one event a line, readable in development, JSON in production."""

import logging
import re
from collections.abc import Collection, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import structlog

# Who has the key of a password link can set the password: it stands in the address of one page, and in no log. Nor does the
# code with which an identity provider answers.
_SECRET = re.compile(r"(/password/reset/key/|/login/callback/\?(?:[^\s\"'#]*&)?code=)[^/?#&\s\"'\\<>]+")


def masked(line: str) -> str:
    """A line of the log without keys of password links and codes of sign-ins."""
    return _SECRET.sub(r"\1…", line)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """The last to see a line, whoever wrote it, the traces of errors included."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


SHORTEST = 8  # a shorter one may be a word that lines are made of, and hiding it would tell what it is


def passwords_in(addresses: Collection[str]) -> list[str]:
    """The passwords in addresses like `postgres://user:password@host/name`, as they are and as they stand in an address."""
    found = set()
    for address in addresses:
        password = urlsplit(address).password or ""
        if len(password) >= SHORTEST:
            found |= {password, unquote(password), quote(unquote(password), safe="")}
    return sorted(found, key=len, reverse=True)


class SecretFilter:
    """The last step: a line without any of the portal's own passwords, whatever exception or library put it there."""

    def __init__(self, renderer: Any, secrets: Collection[str]) -> None:
        self.renderer, self.secrets = renderer, secrets

    def __call__(self, logger: Any, name: str, event: MutableMapping[str, Any]) -> str | Mapping[str, Any]:
        line = str(self.renderer(logger, name, event))
        for secret in self.secrets:
            line = line.replace(secret, "***")
        return line


def logging_config(*, json: bool, level: str, secrets: Collection[str] = ()) -> dict[str, Any]:
    """Configure structlog and return the dictionary for Django's LOGGING. `secrets` stand in no line."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Traces without the values of variables: among those of a connection is its password.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer = SecretFilter(structlog.processors.JSONRenderer() if json else plain, secrets)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": LineFormatter, "processor": renderer, "foreign_pre_chain": shared}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django_structlog": {"level": level},
            # The web server's log of requests, where somebody switches it on.
            "granian.access": {"handlers": ["console"], "level": "INFO", "propagate": False},
        },
    }
