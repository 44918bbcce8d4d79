"""The icons: drawings from `icons.json` (made by scripts/vendor.py), and the sprite with those that a page uses."""

from __future__ import annotations

import json
import re
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe

DRAWINGS: dict[str, str] = json.loads((Path(__file__).parent / "icons.json").read_text(encoding="utf-8"))

_USED = re.compile(r'href="#i-([a-z0-9-]+)"')
_CHARTED = re.compile(r'class="[^"]*\bc-(claimed|missed)\b')
_PATTERNS = {
    "claimed": '<pattern id="hatch-claimed" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="c-hatch-bg" width="7" height="7"/><path class="c-hatch-line" d="M0 0V7"/></pattern>',
    "missed": '<pattern id="stripe-missed" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect class="c-missed-bg" width="7" height="7"/><path class="c-missed-line" d="M1 0V7"/></pattern>',
}


def sprite(html: str) -> SafeString:
    """The symbols and chart patterns that this piece of HTML refers to; empty when it needs none."""
    symbols = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 24 24">{DRAWINGS[name]}</symbol>'
        for name in sorted(set(_USED.findall(html)))
        if name in DRAWINGS
    )
    patterns = "".join(_PATTERNS[name] for name in sorted(set(_CHARTED.findall(html))))
    if not symbols and not patterns:
        return SafeString("")
    defs = f"<defs>{patterns}</defs>" if patterns else ""
    # Nothing in here comes from people: our own drawings and patterns.
    return mark_safe(f'<svg class="p-sprite" aria-hidden="true" focusable="false">{defs}{symbols}</svg>')  # noqa: S308
