"""Started as root: PostgreSQL refuses that. Its programs run as another account, which must reach them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from drportal.embedded.tools import ServiceError, locked

# Where to put what an unprivileged account must reach when the project itself lies below a private home.
PUBLIC_DIR = Path("/var/tmp")  # noqa: S108  (each directory below it is checked to be ours)


class Account(NamedTuple):
    """Who PostgreSQL runs as when we are root."""

    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """The account for PostgreSQL when we are root: the owner of existing data, else `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in filter(None, (os.environ.get("PORTAL_PG_USER"), "postgres", "nobody")):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise ServiceError("running as root and there is neither an account 'postgres' nor 'nobody': set PORTAL_PG_USER")


def reachable(path: Path, account: Account) -> bool:
    """Whether the account gets to the path and may execute it; a child that became that account asks."""
    test = shutil.which("test") or "/usr/bin/test"
    done = subprocess.run(
        [test, "-x", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        stderr=subprocess.DEVNULL,
        check=False,
        cwd="/",
    )
    return done.returncode == 0


def public_dir(kind: str, of: str) -> Path:
    """A directory of ours that every account can enter. ServiceError if somebody else put something there."""
    path = PUBLIC_DIR / f"portal-{kind}-{hashlib.sha256(of.encode()).hexdigest()[:12]}"
    path.mkdir(exist_ok=True)
    if path.is_symlink() or path.lstat().st_uid != os.geteuid():
        raise ServiceError(f"{path} is not ours; remove it")
    path.chmod(0o755)
    return path


def public_copy(bin_dir: Path) -> Path:
    """A copy of the PostgreSQL programs that every account can run. Returns the copy's bin directory."""
    package = bin_dir.parents[1]
    stamp = (bin_dir / "postgres").stat().st_mtime_ns
    home = public_dir("pgbin", f"{bin_dir}:{stamp}")
    with locked(home / ".lock"):
        done = home / "whole"
        if not done.exists():
            part = home / "part"
            shutil.rmtree(part, ignore_errors=True)
            for source in (package, package.with_name(f"{package.name}.libs")):  # libpq lies in the sibling, by RPATH
                if source.exists():
                    shutil.copytree(
                        source, part / source.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
                    )
            for path in (part, *part.rglob("*")):
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
            part.rename(done)
    return done / package.name / bin_dir.relative_to(package)
