# Needs python3.11 (or newer), pip and make; everything else goes into .venv.
# `make help` lists the targets.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_READY := $(VENV)/.uv-ready
READY := $(VENV)/.ready

PYTEST_ARGS ?=
BENCH_ARGS ?=
DEMO_ARGS ?=
LOCK_ARGS ?=

# What must be covered to the last branch.
COVERED := src/marketpay/domain/*,src/marketpay/commands/*,src/marketpay/delivery.py,src/marketpay/delivery/*

export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export UV_NO_PROGRESS := 1
unexport VIRTUAL_ENV PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench cluster docs coverage lock format clean
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

install: $(READY) ## make .venv as requirements.lock says, with the project in it

demo: $(READY) ## run the main job, from posted job to paid contractor (DEMO_ARGS=...)
	$(BIN)/marketpay demo $(DEMO_ARGS)

# Three on two cores: many tests wait for a server.
test: $(READY) ## run the whole suite (PYTEST_ARGS="-k money")
	$(BIN)/pytest -n 3 --dist loadgroup $(PYTEST_ARGS)

check: $(READY) ## lint, formatting, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(READY) ## measure against the hand-written floors (BENCH_ARGS=--json)
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

cluster: $(READY) ## start a Galera cluster of three nodes to play with, until Ctrl-C
	$(BIN)/python -m tests.servers.play

docs: $(READY) ## build the documentation into site/; a warning fails
	$(BIN)/zensical build --clean --strict

coverage: $(READY) ## run the suite measured; domain, commands and delivery must reach 100 %
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage report --include='$(COVERED)' --fail-under=100

format: $(READY) ## format, and fix what can be fixed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(UV_READY) ## write requirements.lock again (LOCK_ARGS=--upgrade for newer releases)
	$(UV) pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	  --custom-compile-command 'make lock' --quiet $(LOCK_ARGS) --output-file requirements.lock

clean: ## remove .venv and whatever was built
	rm -rf $(VENV) site build dist .cache .coverage .coverage.* htmlcov .hypothesis
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find src tests examples benchmarks docs -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# A .venv that is already there is kept if it works; uv comes in the version that is locked.
$(UV_READY): requirements.lock
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  "$$(sed -n 's/^\(uv==[0-9.]*\).*/\1/p' requirements.lock)"
	@touch $@

$(READY): $(UV_READY) pyproject.toml requirements.lock
	$(UV) pip install --python $(BIN)/python --quiet --no-deps --require-hashes -r requirements.lock
	$(UV) pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	@touch $@
