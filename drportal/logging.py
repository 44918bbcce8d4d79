"""Logging: one event a line, readable in development, JSON in production."""

import logging
import re
from typing import Any

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


def logging_config(*, json: bool, level: str) -> dict[str, Any]:
    """Configure structlog and return the dictionary for Django's LOGGING."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
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
