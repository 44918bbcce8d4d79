"""Deeds on saved mappings: how another catalogue's file is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from audit.errors import Invalid, NotAllowed
from audit.kinds import Kind
from audit.services import difference, record
from people.columns import problems_of
from people.models import User
from people.permissions import Permission
from workloads.catalogue.mapping import COLUMNS, parse_path
from workloads.models import ColumnMapping
from workloads.register.columns import REQUIRED
from workloads.services import constraint_of

VALUE_MAX, WORDS_MAX = 2000, 100


@transaction.atomic
def save_mapping(
    *,
    by: User,
    at: dt.datetime,
    name: str,
    shared: bool,
    rows: str,
    paths: Mapping[str, str],
    constants: Mapping[str, str],
    translations: Mapping[str, Mapping[str, str]],
    mapping: ColumnMapping | None = None,
) -> ColumnMapping:
    """Save a new one, or change one's own. Raises Invalid, NotAllowed."""
    by.require(Permission.ADD_WORKLOADS)
    if mapping is not None:
        mapping = _own(mapping, by)
    found = mapping or ColumnMapping(owner=by)
    before = _described(found) if mapping is not None else {}
    found.name, found.shared, found.rows = name.strip(), shared, rows.strip()
    found.paths = {key: path.strip() for key, path in paths.items() if path.strip()}
    found.constants = {key: value.strip() for key, value in constants.items() if value.strip()}
    found.translations = {key: dict(words) for key, words in translations.items() if words}
    problems = mapping_problems(found)
    if problems:
        raise Invalid("Some values need another look.", problems)
    old, new = difference(before, _described(found))
    if not new:
        return found
    found.saved_at, found.saved_by = at, by
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as error:
        if constraint_of(error) != "mapping_name_once":
            raise
        raise Invalid("You have a mapping with this name.", {"name": "You have a mapping with this name."}) from None
    record(Kind.MAPPING_SAVED, found, by=by, at=at, before=old, after=new)
    return found


@transaction.atomic
def remove_mapping(*, mapping: ColumnMapping, by: User, at: dt.datetime) -> None:
    """Take one's own away. What was imported by it stays. Raises NotAllowed."""
    by.require(Permission.ADD_WORKLOADS)
    mapping = _own(mapping, by)
    record(Kind.MAPPING_REMOVED, mapping, by=by, at=at, before=_described(mapping))
    mapping.delete()


def _own(mapping: ColumnMapping, by: User) -> ColumnMapping:
    found = ColumnMapping.objects.select_for_update().filter(pk=mapping.pk).first()
    if found is None:
        raise Invalid("This mapping is gone. Somebody has removed it.")
    if found.owner_id != by.pk:
        raise NotAllowed("This mapping belongs to a colleague. Save one of your own under another name.")
    return found


def mapping_problems(mapping: ColumnMapping) -> dict[str, str]:
    """What does not fit, by the field of the form."""
    problems: dict[str, str] = {}
    if not mapping.name:
        problems["name"] = "Write what the mapping is called, for example the catalogue's name."
    problems |= problems_of(mapping, "name")
    paths = {"rows": mapping.rows} | {f"path_{key}": path for key, path in mapping.paths.items()}
    for field, path in paths.items():
        try:
            parse_path(path)
        except ValueError as error:
            problems[field] = str(error)
    for key in REQUIRED:
        if not mapping.paths.get(key) and not mapping.constants.get(key):
            problems[f"path_{key}"] = (
                f"Every workload needs its {COLUMNS[key]}: write where it stands, or one value for all."
            )
    return problems


def _described(mapping: ColumnMapping) -> dict[str, Any]:
    """Pairs, because a name in the trail must not smell of a secret, and these are other people's names."""
    return {
        "name": mapping.name,
        "shared": mapping.shared,
        "rows": mapping.rows,
        "columns": [f"{name}: {path}" for name, path in sorted(mapping.paths.items())],
        "constants": [f"{name}: {value}" for name, value in sorted(mapping.constants.items())],
        "translations": [
            f"{name}: {theirs} = {ours}"
            for name, words in sorted(mapping.translations.items())
            for theirs, ours in sorted(words.items())
        ],
    }
