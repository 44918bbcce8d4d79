"""Backstage catalog files: entities to workloads, dependencies and teams. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workloads.catalogue.contents import Contents, Line, Value
from workloads.register.rows import TAG_LENGTH, TAGS_MAX
from workloads.register.sheet import BadCell, UnreadableFile, shown

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
NEEDED_BY = {"dependencyOf": "component", "apiConsumedBy": "component"}
CHOOSE_TEAM = "or choose a team for such rows with the file."
_REF = re.compile(r"(?:([^:/]+):)?(?:([^:/]+)/)?([^:/]+)")
NAMED_MAX = 8
MADE_FROM = "Workloads are made from Component, Resource, API and System; Group names the teams."


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
    notes: list[str] = field(default_factory=list)
    lifecycles: Counter[tuple[str, str]] = field(default_factory=Counter)
    undescribed: int = 0


def read_backstage(documents: list[Any]) -> Contents:
    """Each entity is one row, numbered as the documents of the file are. Raises UnreadableFile where there is no workload."""
    found = _sorted_out(documents)
    if not found.entities:
        raise UnreadableFile(_nothing(found))
    names, known = _names(found.entities), {entity.ref: entity for entity in found.entities}
    contents = Contents()
    for entity in found.entities:
        line = _workload(entity, names[entity.ref][0], found)
        line.names = names[entity.ref]
        contents.add("workloads", line)
    linked: set[tuple[Ref, Ref]] = set()  # a link may be said from both ends
    for number, one, other, optional in (link for entity in found.entities for link in _links(entity, found.notes)):
        if (one, other) not in linked:
            linked.add((one, other))
            line = _dependency(number, known.get(one), one, known.get(other), other)
            line.optional = optional
            contents.add("dependencies", line)
    for entity in found.entities:
        whole = ref(entity.spec.get("subcomponentOf"), "component", entity.ref.namespace)
        if whole is not None and whole != entity.ref:
            contents.add("components", _part(entity, names[entity.ref][0], known.get(whole), whole))
    contents.notes = _notes(found)
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


def _kinds_said(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {shown(kind, 40)}" for kind, count in counts.most_common(NAMED_MAX))


def _nothing(found: Catalogue) -> str:
    """What the file holds, where it holds no workload."""
    counts = found.left_out + Counter({"Group": len(found.teams)})
    if not counts:
        return "No document of this catalogue file has a kind and a metadata.name. Choose another one."
    points = " A Location only points to other files: import those." if "Location" in counts else ""
    return f"This catalogue file holds {_kinds_said(counts)}, and nothing that becomes a workload. {MADE_FROM}{points}"


def _notes(found: Catalogue) -> list[str]:
    notes = []
    if found.left_out:
        notes.append(f"Not imported: {_kinds_said(found.left_out)}. {MADE_FROM}")
    if found.teams:
        notes.append(f"Read as names of teams, not as workloads: {len(found.teams)} Group.")
    if found.nameless:
        said = _some([str(number) for number in found.nameless])
        notes.append(f"Without kind or metadata.name, so not read: document {said}.")
    if found.undescribed:
        rows = "1 row has" if found.undescribed == 1 else f"{found.undescribed:,} rows have"
        notes.append(f"{rows} no description: the purpose only says what kind of thing it is.")
    if renamed := [
        f"{theirs} as {ours}" for (theirs, ours) in sorted(found.lifecycles) if ours not in (theirs, "live")
    ]:
        notes.append(f"Lifecycles were read like this: {', '.join(renamed)}.")
    return notes + found.notes


def _names(entities: list[Entity]) -> dict[Ref, tuple[str, ...]]:
    """Names for each, the best first, and none twice in the file: a system often has the name of its component.

    The others are for one that is in the register already, under the name of something else.
    """
    names: dict[Ref, tuple[str, ...]] = {}
    taken: set[str] = set()
    for entity in sorted(entities, key=lambda e: (WORKLOADS.index(e.ref.kind), e.number)):
        own = entity.ref
        possible = (
            entity.title,
            f"{entity.title} ({own.kind})",
            f"{entity.title} ({own.namespace}, {own.name}, {own.kind})",
        )
        free = tuple(name for name in possible if name.casefold() not in taken) or possible[-1:]
        taken.add(free[0].casefold())
        names[own] = (*free, *(name for name in possible if name not in free))
    return names


def _reference(entity: Entity) -> str:
    return _text(_dict(entity.metadata.get("annotations")).get(f"{OURS}reference")) or str(entity.ref)


def _workload(entity: Entity, name: str, found: Catalogue) -> Line:
    kind, spec = entity.ref.kind, entity.spec
    purpose = _text(entity.metadata.get("description"))
    if not purpose:
        found.undescribed += 1
        sort = " ".join(filter(None, [_text(spec.get("type")), kind]))
        purpose = f"A {sort} of the Backstage catalogue, without a description."
    said: dict[str, Any] = {
        "reference": _reference(entity),
        "name": name,
        "purpose": purpose,
        "team": _team(entity, found.teams),
        "tags": _tags(entity, found.notes),
    }
    lifecycle = _text(spec.get("lifecycle")).lower()
    if lifecycle:
        said["lifecycle"] = LIFECYCLES.get(lifecycle, lifecycle)
        found.lifecycles[lifecycle, said["lifecycle"]] += 1
    annotations = _dict(entity.metadata.get("annotations"))
    for key in ANNOTATED[1:]:
        if value := _text(annotations.get(f"{OURS}{key.replace('_', '-')}")):
            said[key] = value
    return Line(entity.number, said)


def _team(entity: Entity, teams: dict[Ref, str]) -> Value:
    said = entity.spec.get("owner")
    owner = ref(said, "group", entity.ref.namespace)
    if owner is None:
        wrong = "is missing" if said in (None, "") else f"says “{shown(str(said), 60)}”, which is no group"
        return BadCell(f"spec.owner {wrong}. Name a group there, {CHOOSE_TEAM}")
    if owner.kind == "group":
        return teams.get(owner, owner.name)
    what = "a person" if owner.kind == "user" else f"no group but a {shown(owner.kind, 40)}"
    whose = f"The owner “{shown(str(said), 60)}” is {what}, and workloads belong to teams."
    return BadCell(f"{whose} Name a group in spec.owner, {CHOOSE_TEAM}")


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


Link = tuple[int, Ref, Ref, bool]  # the row that says so, what needs, what is needed, whether it may be left out


def _links(entity: Entity, notes: list[str]) -> Iterator[Link]:
    """Who needs whom, said from either end; notes of what cannot be needed."""
    elsewhere: list[str] = []
    for key, kind in (NEEDED | NEEDED_BY | {"providesApis": "api"}).items():
        for said in _listed(entity.spec.get(key)):
            other = ref(said, kind, entity.ref.namespace)
            if other is None or other.kind not in WORKLOADS:
                elsewhere.append(shown(str(other or said), 60))
            elif other != entity.ref:
                # An API works as long as who provides it does; that is said here, and the API may be described elsewhere.
                ends = (entity.ref, other) if key in NEEDED else (other, entity.ref)
                yield entity.number, *ends, key == "providesApis"
    if elsewhere:
        notes.append(f"Not read, because only workloads can be needed: {_some(elsewhere)}.")


def _dependency(number: int, one: Entity | None, needing: Ref, other: Entity | None, needed: Ref) -> Line:
    said: dict[str, Any] = {
        "workload": "",
        "workload_reference": _reference(one) if one else str(needing),
        "needs": "",
        "needs_reference": _reference(other) if other else str(needed),
    }
    return Line(number, said | {"strength": "hard"})


def _part(entity: Entity, name: str, whole: Entity | None, of: Ref) -> Line:
    """A subcomponent is a component of the other, with its own entry in the register."""
    said: dict[str, Any] = {
        "workload": "",
        "workload_reference": _reference(whole) if whole else str(of),
        "name": name,
        "kind": _text(entity.spec.get("type"))[:60],
        "own": _reference(entity),
    }
    return Line(entity.number, said)


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found] if isinstance(found, str) else []


def _text(found: Any) -> str:
    return " ".join(found.split()) if isinstance(found, str) else ""


def _some(names: list[str]) -> str:
    said = ", ".join(shown(name, 60) for name in names[:NAMED_MAX])
    return f"{said} and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else said
