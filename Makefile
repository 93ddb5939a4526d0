# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Both build .venv and make sure that there is a Chromium; a second run finds all of it there.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check lint bench proto web constraints clean

# The first interpreter that is new enough; `make PYTHON=...` names another.
NEW_ENOUGH := import sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$p" && break; done)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.run-ready ## the whole system offline: simulated market, real browser, live prices
	@scripts/ensure_browser.sh $(BIN)/python
	$(BIN)/cryptostream demo

test: $(VENV)/.dev-ready ## all tests
	@scripts/ensure_browser.sh --optional $(BIN)/python
	$(BIN)/python -m pytest

check: lint test ## every check there is: format, lint, types, floors, spelling, tests

lint: $(VENV)/.dev-ready ## the checks that take seconds
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

bench: $(VENV)/.dev-ready ## side by side against the usual ways; prints tables
	@scripts/ensure_browser.sh $(BIN)/python
	$(BIN)/python -m bench

proto: $(VENV)/.dev-ready ## generate the Python code of proto/ anew
	PATH="$(CURDIR)/$(BIN):$$PATH" buf lint
	PATH="$(CURDIR)/$(BIN):$$PATH" buf generate
	cp build/proto/cryptostream/v1/*.py cryptostream/v1/

web: $(VENV)/.dev-ready ## build the dashboard and test its logic
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" && npm ci && npm run build && npm test

constraints: ## compute constraints.txt anew: tried versions, without hashes or addresses
	scripts/constraints.sh $(PYTHON)

clean: ## remove what these commands made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with the venv module is needed:" \
		"apt-get install python3 python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The dashboard is built by the installation, so what it is made of asks for a new one.
WEB := $(wildcard web/index.html web/package-lock.json web/src/*)

$(VENV)/.run-ready: pyproject.toml constraints.txt $(WEB) | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(VENV)/.dev-ready: pyproject.toml constraints.txt $(WEB) | $(BIN)/python
	$(PIP) -e '.[dev]'
# Clients that others wrote: one of them needs a C compiler, so it is missed only in CI.
	$(PIP) -e '.[peers]' || { test -z "$$CI" && echo "cryptofeed was not installed: the tests" \
		"and benchmarks that compare with it are skipped" >&2; }
	@touch $(VENV)/.run-ready $@
