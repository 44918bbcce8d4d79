"""Looks into another catalogue's file: where its list of things stands, what each thing says, and what we would call it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workloads.catalogue.mapping import LISTS, NEEDS, parse_path, reach
from workloads.register.columns import LABELS, OTHER_NAMES
from workloads.register.headers import normal
from workloads.register.sheet import UnreadableFile, shown

DEPTH = 5
ROWS_READ = 50  # of the list; catalogues repeat themselves
PATHS_MAX = 120
EXAMPLE_MAX = 60
NOTHING_LISTED = "The file holds no list of things with names and values. Choose another one."
_PLAIN = re.compile(r'[^.\[\]"]+')
# What other catalogues call our columns, besides what the register calls them itself; the first is the best.
_OTHERS = {
    "reference": ("id", "key", "uid", "identifier", "slug", "number", "ci id"),
    "name": ("title", "label", "service", "service name", "display name"),
    "purpose": ("about", "summary", "what", "short description"),
    "team": ("squad", "group", "owned by", "support group", "owning team", "maintainer"),
    "business_unit": ("department", "domain", "division", "line of business"),
    "lifecycle": ("status", "stage", "life cycle", "operational status"),
    "tags": ("labels", "keywords"),
    "tier": ("criticality", "business criticality", "importance", "service tier", "service level", "class"),
    "slo": ("availability",),
    "rto": ("recovery time", "recovery time objective"),
    "rpo": ("recovery point", "recovery point objective"),
    NEEDS: ("depends on", "dependencies", "deps", "requires", "uses", "upstream", "relies on"),
}


@dataclass(frozen=True)
class Leaf:
    """One path from a row to a value, with the first value that stands there."""

    path: str
    example: str


@dataclass(frozen=True)
class Look:
    rows: str  # the path to the list; empty where the file is the list, or each document is one row
    count: int
    leaves: tuple[Leaf, ...]
    guesses: dict[str, str]  # our column: their path


def look(documents: list[Any]) -> Look:
    """Raises UnreadableFile where there is nothing to find."""
    lists = [(path, rows) for path, rows in _lists(documents) if rows and not _belongs(path, rows, documents)]
    if not lists:
        raise UnreadableFile(NOTHING_LISTED)
    path, rows = max(lists, key=lambda found: (len(found[1]), -len(found[0])))
    leaves: dict[str, str] = {}
    for row in rows[:ROWS_READ]:
        for leaf, value in _leaves(row):
            if len(leaves) < PATHS_MAX or leaf in leaves:
                leaves[leaf] = leaves.get(leaf) or shown(value, EXAMPLE_MAX)
    return Look(path, len(rows), tuple(Leaf(*found) for found in leaves.items()), _guesses(list(leaves)))


def _lists(documents: list[Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each list of objects and the path to it; documents that are objects are a list themselves."""
    yield (
        "",
        [
            row
            for document in documents
            for row in (document if isinstance(document, list) else [document])
            if isinstance(row, dict)
        ],
    )
    paths = {path: None for document in documents[:ROWS_READ] for path in _paths_to_lists(document, "", DEPTH)}
    for path in list(paths)[:PATHS_MAX]:
        found = [row for document in documents for row in reach(document, parse_path(path))]
        yield path, [row for row in found if isinstance(row, dict)]


def _belongs(path: str, rows: list[dict[str, Any]], documents: list[Any]) -> bool:
    """Whether a list is something of a thing: it stands inside one with a name and an owner, and its items have no owner."""
    if not path or any(map(_is_owned, rows[:ROWS_READ])):
        return False
    steps = parse_path(path)
    around = (
        node
        for end in range(len(steps) - 1)
        for document in documents[:ROWS_READ]
        for node in reach(document, steps[:end])
    )
    return any(isinstance(node, dict) and _is_owned(node) for node in around)


def _is_owned(node: dict[str, Any]) -> bool:
    has = {_last(_join("", name), _called(key)) and key for name in node for key in ("name", "team") if _join("", name)}
    return {"name", "team"} <= has


def _called(key: str) -> list[str]:
    return [normal(name) for name in (key, LABELS.get(key, key), *OTHER_NAMES.get(key, ()), *_OTHERS.get(key, ()))]


def _paths_to_lists(node: Any, path: str, depth: int) -> Iterator[str]:
    if not isinstance(node, dict) or depth == 0:
        return
    for name, inner in node.items():
        here = _join(path, name)
        if not here:
            continue
        if isinstance(inner, list) and any(isinstance(each, dict) for each in inner):
            yield f"{here}[]"
        yield from _paths_to_lists(inner, here, depth - 1)


def _leaves(node: Any, path: str = "", depth: int = DEPTH) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict) and depth:
        for name, inner in node.items():
            if here := _join(path, name):
                yield from _leaves(inner, here, depth - 1)
    elif isinstance(node, list) and path and depth:
        for inner in node[:3]:
            yield from _leaves(inner, f"{path}[]", depth - 1)


def _join(path: str, name: Any) -> str:
    """Empty for a name that no path can hold."""
    if not isinstance(name, str) or not name or '"' in name or len(name) > EXAMPLE_MAX:
        return ""
    step = name if _PLAIN.fullmatch(name) and name == name.strip() else f'"{name}"'
    return f"{path}.{step}" if path else step


def _guesses(paths: list[str]) -> dict[str, str]:
    """For each of our columns the path that says so, each path once; what stands less deep wins."""
    found: dict[str, str] = {}
    for key in (*LABELS, NEEDS):
        called = _called(key)
        alone = key not in LISTS
        free = [path for path in paths if path not in found.values() and not (alone and "[]" in path)]
        told = [(called.index(said), path.count("."), path) for path in free if (said := _last(path, called))]
        best = min(told, default=None)
        if best is not None:
            found[key] = best[2]
    return found


def _last(path: str, called: list[str]) -> str:
    """The name that the end of a path says: "owner.team" says team, "dependsOn[].id" says depends on."""
    steps = [normal(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", step)) for step in parse_path(path) if isinstance(step, str)]
    for said in reversed(steps[-2:]):
        if said in called:
            return said
    return ""
