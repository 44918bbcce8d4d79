"""What `make run` runs on, noted so that commands beside it find the same database, broker and key.

`var/running.json`, readable by its owner only. Standard library alone: `manage.py` asks before Django is set up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from drportal.embedded import write_private

ROOT = Path(__file__).resolve().parent.parent
# Made by the supervisor, or by whoever started it; all other variables are the machine's own business.
NOTED = (
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORTAL_MODE", "PORT", "BASE_URL", "ALLOWED_HOSTS", "EMAIL_URL",
    "DEFAULT_FROM_EMAIL", "HELP_ADDRESS", "ORGANISATION_NAME", "ORGANISATION_TIME_ZONE", "ORGANISATION_LEI",
)  # fmt: skip


def note(var: Path, env: Mapping[str, str]) -> None:
    """Write down what runs on this data directory."""
    write_private(var / "running.json", json.dumps({name: env[name] for name in NOTED if env.get(name)}))


def forget(var: Path) -> None:
    (var / "running.json").unlink(missing_ok=True)


def join(env: MutableMapping[str, str]) -> str:
    """Fill in what runs on PORTAL_VAR where no database is named. Returns why that was not possible, in one sentence."""
    if env.get("DATABASE_URL") or env.get("PORTAL_MODE", "development") != "development":
        return ""
    var = Path(env.get("PORTAL_VAR") or ROOT / "var").resolve()
    try:
        noted = json.loads((var / "running.json").read_text())
    except FileNotFoundError:
        return f"No portal runs on {var}: start it with make run, or set DATABASE_URL."
    except (OSError, ValueError) as error:
        return f"{var / 'running.json'} cannot be read ({error}): use the account that started make run."
    for name, value in noted.items():
        env.setdefault(name, value)
    return ""
