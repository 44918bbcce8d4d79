"""Make `.venv` hold exactly what a lock file says: `python scripts/install.py run|dev`. Standard library only.

`run` is content with everything that `dev` installed, so that `make run` and `make test` do not undo each other's work.
What was installed is known by a copy of the lock file inside `.venv`: a changed lock installs, a touched one does not.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ROOT / "requirements-embedded.lock", "dev": ROOT / "requirements-dev.lock"}
UV = "uv==0.13.8"


def installed(kind: str) -> bool:
    """Whether .venv holds what this kind's lock file says now."""
    copy = VENV / f"installed-{kind}.lock"
    return copy.exists() and copy.read_bytes() == LOCKS[kind].read_bytes()


def works(python: Path) -> bool:
    """Whether the environment's interpreter still runs: its base may have been removed, the folder moved or copied."""
    try:
        answer = subprocess.run(
            [python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0 and Path(answer.stdout.strip()).resolve() == VENV


def make_venv() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)


def sync(kind: str) -> None:
    """Install the lock file's packages, and remove others. CalledProcessError when that fails."""
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
    if ssl.get_default_verify_paths().cafile:  # the machine's own certificates: a company's proxy has one of its own
        env.setdefault("UV_SYSTEM_CERTS", "true")
    if not (VENV / "bin" / "uv").exists():
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, UV], check=True, env=env)
    for copy in VENV.glob("installed-*.lock"):
        copy.unlink()
    uv = [str(VENV / "bin" / "uv"), "pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON)]
    subprocess.run([*uv, str(LOCKS[kind])], check=True, env=env)
    shutil.copyfile(LOCKS[kind], VENV / f"installed-{kind}.lock")


def main() -> int:
    kind = sys.argv[1]
    # Whoever has once installed for development keeps that, also when its lock file changed.
    if kind == "run" and (VENV / "installed-dev.lock").exists():
        kind = "dev"
    if installed(kind) and works(PYTHON):
        return 0
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two terminals at once: one installs, the other finds it done
        if not works(PYTHON):
            print("Making .venv …", flush=True)
            make_venv()
        if not installed(kind):
            print(f"Installing from {LOCKS[kind].name} …", flush=True)
            sync(kind)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"Installing failed: {' '.join(map(str, error.cmd))} ended with {error.returncode}.")
