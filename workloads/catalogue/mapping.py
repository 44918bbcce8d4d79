"""Another catalogue's YAML or JSON, read by a saved mapping: our column, and the path to it in theirs. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workloads.catalogue.contents import Contents, Line, Value
from workloads.catalogue.kinds import WORKLOADS
from workloads.register.rows import TARGET
from workloads.register.sheet import UnreadableFile, shown

NEEDS = "needs"
COLUMNS = {column.key: column.label for column in WORKLOADS.columns} | {NEEDS: "needs (other workloads)"}
LISTS = frozenset({"tags", NEEDS})
PATH_MAX = 200
_STEP = re.compile(r'\.?(?:"([^"]+)"|([^.\[\]"]+))|\[(\]|[0-9]{1,4}\])')
HOW = (
    "Write names with dots between them, like metadata.name; [] for all of a list, [0] for its first; a name with dots in "
    "quotation marks."
)


@dataclass(frozen=True)
class MappingSpec:
    """What `ColumnMapping` stores."""

    paths: Mapping[str, str]
    rows: str = ""  # where the list of workloads stands; empty: the file is the list, or each document is one
    constants: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


Step = str | int | None  # a name, a place in a list, or all of a list


def parse_path(path: str) -> list[Step]:
    """Raises ValueError with what to write."""
    said, at, steps = path.strip(), 0, list[Step]()
    if len(said) > PATH_MAX:
        raise ValueError(f"A path has at most {PATH_MAX} characters.")
    while at < len(said):
        found = _STEP.match(said, at)
        if found is None:
            raise ValueError(f"“{shown(said, 40)}” is not a path. {HOW}")
        quoted, name, place = found.groups()
        steps.append(quoted or name.strip() if place is None else None if place == "]" else int(place[:-1]))
        at = found.end()
    return steps


def reach(node: Any, steps: list[Step]) -> list[Any]:
    """Everything at the path; a list where none was asked for counts as its items."""
    found = [node]
    for step in steps:
        found = [inner for each in found for inner in _inside(each, step)]
    return [item for each in found for item in (each if isinstance(each, list) else [each]) if item is not None]


def _inside(node: Any, step: Step) -> list[Any]:
    if isinstance(step, str):
        return [node[step]] if isinstance(node, dict) and step in node else []
    if not isinstance(node, list):
        return []
    return node if step is None else node[step : step + 1]


def apply(spec: MappingSpec, documents: list[Any]) -> Contents:
    """Each item becomes one row. Raises UnreadableFile when there is nothing at the path of the rows."""
    rows = _rows(spec, documents)
    paths = {key: parse_path(path) for key, path in spec.paths.items() if path.strip()}
    contents, unread = Contents(), 0
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            unread += 1
            continue
        said: dict[str, Value] = {key: _value(spec, key, reach(row, steps)) for key, steps in paths.items()}
        for key, value in spec.constants.items():
            # One reason for all is for those that name a tier.
            if not said.get(key) and (key not in TARGET[1:] or said.get("tier") or spec.constants.get("tier")):
                said[key] = [value] if key in LISTS else value
        needs = said.pop(NEEDS, [])
        contents.add("workloads", Line(number, said))
        for needed in filter(None, needs if isinstance(needs, list) else ()):  # an empty item is none
            mine: dict[str, Value] = {"workload": said.get("name", ""), "workload_reference": said.get("reference", "")}
            contents.add("dependencies", Line(number, mine | {"needs": needed, "strength": "hard"}))
    if unread:
        contents.notes.append(f"{unread:,} of the rows are not objects with names and values, so they were not read.")
    return contents


def _rows(spec: MappingSpec, documents: list[Any]) -> list[Any]:
    steps = parse_path(spec.rows)
    found = [row for document in documents for row in reach(document, steps)]
    if not found:
        where = f"at “{shown(spec.rows, 40)}”" if spec.rows else "in the file"
        raise UnreadableFile(
            f"There is nothing {where}. Correct where the mapping looks for the rows, or choose another file."
        )
    return found


def _value(spec: MappingSpec, key: str, found: list[Any]) -> str | list[str]:
    words = {theirs.strip().lower(): ours for theirs, ours in spec.translations.get(key, {}).items()}
    texts = [" ".join(item.split()) if key != "purpose" else item for item in found if isinstance(item, str)]
    said = [words.get(text.strip().lower(), text) for text in texts]
    return said if key in LISTS else (said[0] if said else "")
