"""Directories that the account of an embedded PostgreSQL can reach; pytest's own lie below a private one."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory, open to every account, with a space, a comma and an apostrophe in its name."""
    top = Path(tempfile.mkdtemp(prefix="portal-test-"))
    top.chmod(0o755)
    inner = top / "it's a place, really"
    inner.mkdir(mode=0o755)
    yield inner
    shutil.rmtree(top, ignore_errors=True)
