"""Who may import whom."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("audit", "people", "signoffs", "communications", "workloads", "drills")
DOORS = ("views", "forms", "tasks", "api", "admin", "urls")


def _imports(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_the_import_contracts_hold():
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_room_goes_through_another_rooms_doors():
    """Models, queries, services and pure modules may be imported; views, forms, tasks, API and admin never."""
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for name in _imports(path)
        if (parts := name.split("."))[0] in ROOMS and parts[0] != room and len(parts) > 1 and parts[1] in DOORS
    ]
    assert not found, found


def test_nobody_imports_a_task():
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in (*ROOMS, "drportal")
        for path in (ROOT / folder).rglob("*.py")
        for name in _imports(path)
        if name.split(".")[1:2] == ["tasks"] and name.split(".")[0] in ROOMS
    ]
    assert not found, found


def test_there_is_no_drawer_for_leftovers():
    names = {"core", "common", "utils", "helpers", "util", "misc", "lib"}
    folders = (*ROOMS, "drportal", "tests", "benchmarks", "scripts")
    found = [p for folder in folders for p in (ROOT / folder).rglob("*.py") if names & {p.stem, *p.parent.parts[-1:]}]
    assert not found, found
