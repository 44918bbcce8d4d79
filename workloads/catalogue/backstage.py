"""Backstage catalog files: entities to workloads, dependencies and teams. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from workloads.catalogue.contents import Contents, Line
from workloads.register.rows import TAG_LENGTH, TAGS_MAX
from workloads.register.sheet import shown

MARK = "backstage.io/"
WORKLOADS = ("component", "resource", "api", "system")
LIFECYCLES = {
    "production": "live", "live": "live", "experimental": "planned", "development": "planned", "planned": "planned",
    "deprecated": "retiring", "retiring": "retiring", "retired": "retired", "decommissioned": "retired",
}  # fmt: skip
# Annotations with which a catalogue can say what Backstage has no field for.
OURS = "drportal/"
ANNOTATED = ("reference", "business_unit", "own_rto", "shared", "tier", "slo", "rto", "rpo", "reason", "looser_reason")
NEEDED = {"dependsOn": "component", "consumesApis": "api"}
_REF = re.compile(r"(?:([^:/]+):)?(?:([^:/]+)/)?([^:/]+)")
NAMED_MAX = 8


def is_backstage(documents: list[Any]) -> bool:
    return any(isinstance(d, dict) and MARK in str(d.get("apiVersion") or "") for d in documents)


@dataclass(frozen=True)
class Ref:
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"


def ref(said: Any, kind: str, namespace: str) -> Ref | None:
    """ "payments", "resource:payments-db", "component:default/payments"; None for what is none."""
    if isinstance(said, dict):
        said = said.get("name") or ""
    found = _REF.fullmatch(said.strip().lower()) if isinstance(said, str) else None
    return Ref(found[1] or kind, found[2] or namespace, found[3]) if found else None


@dataclass
class Entity:
    number: int
    ref: Ref
    title: str
    metadata: dict[str, Any]
    spec: dict[str, Any]


@dataclass
class Catalogue:
    entities: list[Entity] = field(default_factory=list)
    teams: dict[Ref, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    nameless: list[int] = field(default_factory=list)


def read_backstage(documents: list[Any]) -> Contents:
    """Each entity is one row, numbered as the documents of the file are."""
    found = _sorted_out(documents)
    contents = Contents(notes=_notes(found))
    names = _names(found.entities)
    known = {entity.ref: entity for entity in found.entities}
    provided: dict[Ref, list[Entity]] = {}
    for entity in found.entities:
        contents.add("workloads", _workload(entity, names[entity.ref], found.teams, contents.notes))
        for said in _listed(entity.spec.get("providesApis")):
            api = ref(said, "api", entity.ref.namespace)
            if api is not None and api in known:
                provided.setdefault(api, []).append(entity)
    elsewhere: list[str] = []
    for entity in found.entities:
        needs = dict.fromkeys([*_needs(entity, elsewhere), *(p.ref for p in provided.get(entity.ref, ()))])
        for needed in needs:
            contents.add("dependencies", _dependency(entity, known.get(needed), needed))
    if elsewhere:
        contents.notes.append(f"Not read, because only workloads can be needed: {_some(elsewhere)}.")
    return contents


def _sorted_out(documents: list[Any]) -> Catalogue:
    found = Catalogue()
    for number, document in enumerate(documents, 1):
        if document is None:
            continue
        entity = _entity(number, document)
        if entity is None:
            found.nameless.append(number)
        elif entity.ref.kind == "group":
            found.teams[entity.ref] = _text(_dict(entity.spec.get("profile")).get("displayName")) or entity.title
        elif entity.ref.kind in WORKLOADS:
            found.entities.append(entity)
        else:
            found.left_out[str(_dict(document).get("kind"))[:40]] += 1
    return found


def _entity(number: int, document: Any) -> Entity | None:
    whole = _dict(document)
    metadata = _dict(whole.get("metadata"))
    name, kind = _text(metadata.get("name")), _text(whole.get("kind")).lower()
    if not name or not kind:
        return None
    own = Ref(kind, _text(metadata.get("namespace")).lower() or "default", name.lower())
    return Entity(number, own, _text(metadata.get("title")) or name, metadata, _dict(whole.get("spec")))


def _notes(found: Catalogue) -> list[str]:
    notes = []
    if found.left_out:
        said = ", ".join(f"{count} {shown(kind, 40)}" for kind, count in found.left_out.most_common(NAMED_MAX))
        notes.append(
            f"Not imported: {said}. Workloads are made from Component, Resource, API and System; Group names the teams."
        )
    if found.nameless:
        said = _some([str(number) for number in found.nameless])
        notes.append(f"Without kind or metadata.name, so not read: document {said}.")
    return notes


def _names(entities: list[Entity]) -> dict[Ref, str]:
    """A name for each, and none twice: a system often has the name of its component."""
    names: dict[Ref, str] = {}
    taken: set[str] = set()
    for entity in sorted(entities, key=lambda e: (WORKLOADS.index(e.ref.kind), e.number)):
        name = entity.title
        if name.lower() in taken:
            name = f"{entity.title} ({entity.ref.kind})"
        if name.lower() in taken:
            name = f"{entity.title} ({entity.ref.namespace}, {entity.ref.name}, {entity.ref.kind})"
        taken.add(name.lower())
        names[entity.ref] = name
    return names


def _reference(entity: Entity) -> str:
    return _text(_dict(entity.metadata.get("annotations")).get(f"{OURS}reference")) or str(entity.ref)


def _workload(entity: Entity, name: str, teams: dict[Ref, str], notes: list[str]) -> Line:
    kind, spec = entity.ref.kind, entity.spec
    sort = " ".join(filter(None, [_text(spec.get("type")), kind]))
    owner = ref(spec.get("owner"), "group", entity.ref.namespace)
    said: dict[str, Any] = {
        "reference": _reference(entity),
        "name": name,
        "purpose": _text(entity.metadata.get("description"))
        or f"A {sort} of the Backstage catalogue, without a description.",
        "team": teams.get(owner, owner.name if owner.kind == "group" else "") if owner else "",
        "tags": _tags(entity, notes),
    }
    lifecycle = _text(spec.get("lifecycle")).lower()
    if lifecycle:
        said["lifecycle"] = LIFECYCLES.get(lifecycle, lifecycle)
    annotations = _dict(entity.metadata.get("annotations"))
    for key in ANNOTATED[1:]:
        if value := _text(annotations.get(f"{OURS}{key.replace('_', '-')}")):
            said[key] = value
    return Line(entity.number, said)


def _tags(entity: Entity, notes: list[str]) -> list[str]:
    """Its own tags, its type, and the system it belongs to; those that are too long or too many are named in a note."""
    system = ref(entity.spec.get("system"), "system", entity.ref.namespace)
    wanted = [_text(tag) for tag in _listed(entity.metadata.get("tags"))]
    wanted += [_text(entity.spec.get("type")), f"system {system.name}" if system else ""]
    tags = list(dict.fromkeys(re.sub(r"[,;\s]+", " ", tag).strip() for tag in wanted if tag))
    kept = [tag for tag in tags if len(tag) <= TAG_LENGTH][:TAGS_MAX]
    if len(kept) < len(tags):
        notes.append(f"Document {entity.number}: tags left out: {_some([t for t in tags if t not in kept])}.")
    return kept


def _needs(entity: Entity, elsewhere: list[str]) -> list[Ref]:
    found: dict[Ref, None] = {}
    for key, kind in NEEDED.items():
        for said in _listed(entity.spec.get(key)):
            needed = ref(said, kind, entity.ref.namespace)
            if needed is None or needed.kind not in WORKLOADS:
                elsewhere.append(shown(str(needed or said), 60))
            elif needed != entity.ref:
                found[needed] = None
    return list(found)


def _dependency(entity: Entity, target: Entity | None, needed: Ref) -> Line:
    needs = _reference(target) if target else str(needed)
    said: dict[str, Any] = {
        "workload": "",
        "workload_reference": _reference(entity),
        "needs": "",
        "needs_reference": needs,
    }
    return Line(entity.number, said | {"strength": "hard"})


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found] if isinstance(found, str) else []


def _text(found: Any) -> str:
    return " ".join(found.split()) if isinstance(found, str) else ""


def _some(names: list[str]) -> str:
    said = ", ".join(shown(name, 60) for name in names[:NAMED_MAX])
    return f"{said} and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else said
