"""`manage.py check --deploy` under production settings, with secrets made up for this one check."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = {
    "PORTAL_MODE": "production",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "DATABASE_URL": f"postgres://portal:{secrets.token_urlsafe(24)}@127.0.0.1:5432/portal",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_URL": "smtp://mail.example:25",
    "ALLOWED_HOSTS": "portal.example",
    "BASE_URL": "https://portal.example",
    "DEFAULT_FROM_EMAIL": "portal@portal.example",
    "HELP_ADDRESS": "operations@portal.example",
    "ORGANISATION_NAME": "For this check",
}


def main() -> int:
    manage = Path(__file__).resolve().parent.parent / "manage.py"
    command = [sys.executable, str(manage), "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, env={**os.environ, **ENVIRONMENT}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
