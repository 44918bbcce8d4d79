"""What the docs draw and list is what the code says."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from django.apps import apps
from rest_framework.exceptions import APIException

from audit.errors import DeedError
from audit.states import Stateful

ROOT = Path(__file__).parents[2]
OURS = [config for config in apps.get_app_configs() if Path(config.path).parent == ROOT]
MODELS = {m._meta.model_name: m for config in OURS for m in config.get_models() if issubclass(m, Stateful)}
CALLED = {"request for signatures": "request", "file to import": "pendingimport"}


def rows(page: str, heading: str) -> dict[str, list[list[str]]]:
    """The tables under a heading, by the first cell of their first line."""
    found: dict[str, list[list[str]]] = {}
    part = re.split(r"^## ", (ROOT / "docs" / page).read_text(), flags=re.M)
    (text,) = [p for p in part if p.startswith(heading)]
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        first, _, *lines = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
        found[first[0]] = lines
    return found


def name(words: str) -> str:
    return re.sub(r" \(.*\)$", "", words).replace(" ", "_")


DRAWN = {CALLED.get(title, title): lines for title, lines in rows("architecture.md", "State machines").items()}


@pytest.mark.parametrize("model", sorted(map(str, MODELS)))
def test_every_state_machine_is_drawn_as_it_is(model):
    drawn = {name(verb): (set(map(name, sources.split(", "))), name(target)) for verb, sources, target in DRAWN[model]}
    moves = {verb: (set(map(str, move.sources)), str(move.target)) for verb, move in MODELS[model].MOVES.items()}
    assert drawn == moves


def test_nothing_is_drawn_that_is_not_there():
    assert set(DRAWN) == set(MODELS)


def kinds_of(base: type) -> set[type]:
    return {base} | {deeper for kind in base.__subclasses__() for deeper in kinds_of(kind)}


def test_every_problem_code_is_in_the_catalogue_with_its_status():
    for config in OURS:
        for module in pkgutil.walk_packages([config.path], f"{config.name}."):
            if ".migrations." not in module.name:
                importlib.import_module(module.name)
    listed = {code.strip("`"): int(status) for code, status, _ in rows("api.md", "Problems")["code"]}
    ours = {(kind.code, kind.status) for kind in kinds_of(DeedError) if not kind.__module__.startswith("tests.")}
    library = {
        (str(kind.default_code).replace("_", "-"), kind.status_code)
        for kind in kinds_of(APIException) - {APIException}
        if not kind.__module__.startswith("tests.")
    }
    assert {(code, status) for code, status in ours | library if listed.get(code) != status} == set()
    written = {code for code, _ in ours | library}
    texts = "".join(path.read_text() for config in OURS for path in Path(config.path).rglob("*.py"))
    by_phrase = {"bad-request", "forbidden", "internal-server-error"}  # from the status, where no view was reached
    assert {code for code in listed if code not in written | by_phrase and f'"{code}"' not in texts} == set()
