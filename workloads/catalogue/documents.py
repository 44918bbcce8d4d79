"""JSON and YAML as plain lists, dicts and texts. Every scalar stays the text that was written, so that nothing is computed,
rounded or run; what could grow without bound (aliases, depth, values, doubled keys) is refused in words. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from workloads.register.sheet import FILE_MAX, UnreadableFile, shown

DEPTH_MAX = 24
VALUES_MAX = 1_500_000
YAML_MAX = FILE_MAX // 2  # reading it takes ten times as long as JSON
DOCUMENTS_MAX = 20_000
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
# libyaml's parser is written in C; where PyYAML was built without it, its own does the same, slowly.
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Node = Any  # dict[str, Node] | list[Node] | str | None


def read_json(text: str) -> Node:
    """Raises UnreadableFile."""
    if sum(map(text.count, "[{,")) > VALUES_MAX:
        raise UnreadableFile(TOO_MUCH)
    try:
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=_not_a_number, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            f"This is not JSON: line {error.lineno}, character {error.colno} cannot be read. Correct it there."
        ) from None
    except RecursionError:
        raise UnreadableFile(TOO_DEEP) from None
    _check_depth(found)
    return found


TOO_MUCH = f"The file holds more than {VALUES_MAX:,} values. Split it into several."
TOO_DEEP = f"The file nests more than {DEPTH_MAX} levels deep. A register needs four; take out what is not needed here."
ALIAS = (
    "line {line}: “*{name}” repeats something by reference. One such line can stand for millions, so none is read: write the "
    "value itself. Most YAML tools do that when asked to write without aliases."
)


def _not_a_number(said: str) -> Any:
    raise UnreadableFile(f"The file holds {said}, which is not a number in JSON. Write a figure, or leave it out.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise UnreadableFile(
            f"“{shown(twice, 40)}” stands twice in one object, so one of the values would be lost. Keep one."
        )
    return found


def _check_depth(found: Node) -> None:
    level, depth = [found], 0
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise UnreadableFile(TOO_DEEP)
        level = [
            inner
            for node in level
            if isinstance(node, (dict, list))
            for inner in (node.values() if isinstance(node, dict) else node)
            if isinstance(inner, (dict, list))
        ]


@dataclass
class _Open:
    """A list or mapping that is being read."""

    node: Any
    key: str | None = None


def read_yaml(text: str) -> list[Node]:
    """The documents of a YAML file, built from its events: no tag makes an object. Raises UnreadableFile."""
    if len(text) > YAML_MAX:
        raise UnreadableFile(
            f"YAML of more than {YAML_MAX // 1024 // 1024} MB is not read, as it takes long. Write it as JSON, or split it."
        )
    try:
        return list(_documents(text))
    except yaml.YAMLError as error:
        raise UnreadableFile(f"This is not YAML: {_where(error)}. Correct it and choose the file again.") from None
    except RecursionError:
        raise UnreadableFile(TOO_DEEP) from None


def _where(error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), str(getattr(error, "problem", "") or "it cannot be read")
    said = shown(problem, 120)
    return f"line {mark.line + 1}, {said}" if mark is not None else said


def _documents(text: str) -> Iterator[Node]:
    stack: list[_Open] = []
    root: list[Node] = []
    documents = 0
    for values, event in enumerate(yaml.parse(text, Loader=PARSER)):
        documents += isinstance(event, DocumentStartEvent)
        if values > VALUES_MAX or documents > DOCUMENTS_MAX:
            raise UnreadableFile(TOO_MUCH)
        if isinstance(event, AliasEvent):
            said = ALIAS.format(line=_line(event), name=shown(str(event.anchor), 30))
            raise UnreadableFile(said[:1].upper() + said[1:])
        if isinstance(event, ScalarEvent):
            _put(stack, root, _scalar(event), event)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            node: Node = {} if isinstance(event, MappingStartEvent) else []
            _put(stack, root, node, event)
            stack.append(_Open(node))
            if len(stack) > DEPTH_MAX:
                raise UnreadableFile(TOO_DEEP)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            stack.pop()
        if root and not stack:
            yield root.pop()


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(event: ScalarEvent) -> str | None:
    """Its text; None for nothing. A bare `yes`, `1e3` or `2026-01-01` stays as it was written.

    A text without quotation marks has no style in PyYAML's own parser, and an empty one in libyaml's.
    """
    if not event.style and event.value in NOTHING:
        return None
    return str(event.value)


def _put(stack: list[_Open], root: list[Node], node: Node, event: Any) -> None:
    if not stack:
        root.append(node)
        return
    top = stack[-1]
    if isinstance(top.node, list):
        top.node.append(node)
    elif top.key is None:
        if isinstance(node, (dict, list)):
            raise UnreadableFile(f"Line {_line(event)}: a name cannot be a list or a mapping. Write a text.")
        key = node or ""
        if key in top.node:
            raise UnreadableFile(
                f"Line {_line(event)}: “{shown(key, 40)}” stands twice; one value would be lost. Keep one."
            )
        if key == "<<":
            raise UnreadableFile(f"Line {_line(event)}: “<<” merges by reference, which is not read. Write it out.")
        top.key = key
        top.node[key] = None
    else:
        top.node[top.key] = node
        top.key = None
