# Needs Python 3.11 or newer, git and make; everything else is installed into .venv from the hashed lock files.
.DEFAULT_GOAL := help
.PHONY: help run test check bench soak lock fmt clean run-tools dev-tools

BIN := .venv/bin
PY := $(BIN)/python
export UV_PYTHON_DOWNLOADS := never

# make test ARGS="tests/people -k sign" WORKERS=0
WORKERS ?= 2
ARGS ?=
PACKAGES = $(patsubst %/__init__.py,%,$(wildcard */__init__.py)) scripts

# The first Python that is new enough and can make a virtual environment; $PYTHON comes first.
define FIND_PYTHON
for p in "$${PYTHON:-}" python3.11 python3.12 python3.13 python3.14 python3; do \
  test -n "$$p" || continue; \
  "$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; p=; \
done; \
test -n "$$p" || { echo "No Python 3.11 or newer with its venv module found. Install one (on Debian: python3 python3-venv), or set PYTHON." >&2; exit 1; }
endef

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

run: run-tools  ## the whole portal with a demo organisation on http://localhost:8000 (PORT=8001 for another)
	@exec $(PY) -m drportal.supervisor

test: dev-tools  ## all tests; ARGS="…" goes to pytest, WORKERS=0 runs in one process
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: dev-tools  ## lint, types, import rules, migrations, templates, deployment settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(BIN)/djlint templates --lint --quiet
	$(PY) manage.py check
	@$(PY) scripts/check_deploy.py

bench: dev-tools  ## measure the pages and the API on many objects
	@$(PY) -m benchmarks.bench $(ARGS)

soak: dev-tools  ## run for a long time under load, with kills
	@$(PY) -m benchmarks.soak $(ARGS)

lock: dev-tools  ## resolve the three lock files anew
	UV_SYSTEM_CERTS=true $(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --universal --python-version 3.11 pyproject.toml -o requirements.lock
	UV_SYSTEM_CERTS=true $(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --universal --python-version 3.11 pyproject.toml --extra embedded -o requirements-embedded.lock
	UV_SYSTEM_CERTS=true $(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --universal --python-version 3.11 pyproject.toml --extra dev -o requirements-dev.lock

fmt: dev-tools  ## format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## stop the test services, remove their data and all caches; the data of `make run` stays
	@test ! -d var/test || $(PY) -m tests.plugin
	rm -rf var/test .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

run-tools:
	@$(FIND_PYTHON); exec "$$p" scripts/install.py run

dev-tools:
	@$(FIND_PYTHON); exec "$$p" scripts/install.py dev
