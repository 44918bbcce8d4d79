"""Where the hops of a map stand: one layer a tier, those that belong together below each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

STEP_X, STEP_Y, ROW = 176, 92, 9
UNCLASSIFIED, THIRD_PARTY = 90, 91


def positions(layers: Mapping[int, int], lines: Iterable[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """`layers`: the layer of each hop; lines join hops. Layers from the top; a wide one takes more than one row."""
    joined: dict[int, list[int]] = {key: [] for key in layers}
    for a, b in lines:
        joined[a].append(b)
        joined[b].append(a)
    by_layer: dict[int, list[int]] = {}
    for key in sorted(layers):
        by_layer.setdefault(layers[key], []).append(key)
    where = {key: _spread(at, len(keys)) for keys in by_layer.values() for at, key in enumerate(keys)}
    for _ in range(4):
        for _, keys in sorted(by_layer.items()):
            keys.sort(key=lambda key: (_middle(joined[key], where), key))
            where.update({key: _spread(at, len(keys)) for at, key in enumerate(keys)})
    return _placed(by_layer)


def _spread(at: int, count: int) -> float:
    return (at + 0.5) / count


def _middle(keys: list[int], where: Mapping[int, float]) -> float:
    return sum(where[key] for key in keys) / len(keys) if keys else 0.5


def _placed(by_layer: Mapping[int, list[int]]) -> dict[int, tuple[int, int]]:
    found, y = {}, 0
    for _, keys in sorted(by_layer.items()):
        for start in range(0, len(keys), ROW):
            row = keys[start : start + ROW]
            left = -(len(row) - 1) * STEP_X // 2
            # Every other row a little aside, so that a straight line does not run through a hop between.
            aside = STEP_X // 4 if (y // STEP_Y) % 2 else 0
            found.update({key: (left + aside + at * STEP_X, y) for at, key in enumerate(row)})
            y += STEP_Y
    return found
