"""Every kind of trail line and every purpose of a message is used somewhere, and states are drawn as they are."""

import re
from pathlib import Path

import pytest

from audit.kinds import Kind
from communications.purposes import Purpose

ROOT = Path(__file__).parents[2]
SOURCES = {
    path: path.read_text()
    for folder in ("audit", "people", "signoffs", "communications", "workloads", "drills", "drportal")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_trail_line_is_written_somewhere(kind):
    users = [p for p, text in SOURCES.items() if p.name != "kinds.py" and re.search(rf"\bKind\.{kind.name}\b", text)]
    assert users, f"nothing writes {kind.value}: take it out of audit/kinds.py"


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_purpose_is_used_somewhere(purpose):
    users = [
        p for p, text in SOURCES.items() if p.name != "purposes.py" and re.search(rf"\bPurpose\.{purpose.name}\b", text)
    ]
    assert users, f"nobody sends {purpose}: take it out of communications/purposes.py"
