# Two commands do all the set-up: `make demo` and `make test`. PYTHON=... picks 3.11 or 3.12.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo run test test-slow lint type contract bench clean
SHELL := /bin/bash

PYTHON ?= $(shell for p in python3.11 python3.12 python3; do $$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3,11),(3,12)))' 2>/dev/null && { echo $$p; break; }; done)
PY := .venv/bin/python
STAMPS := .setup

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(STAMPS)/venv:
	@mkdir -p $(STAMPS)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed; none was found. Name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v in ((3, 11), (3, 12)) else f"Python 3.11 or 3.12 is needed (azure-functions 1.26 refuses 3.13); this is {sys.version.split()[0]}. Name one: make PYTHON=/path/to/python3.11")'
	@echo "setup: creating .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

$(STAMPS)/local: $(STAMPS)/venv requirements.txt requirements-local.txt constraints.txt
	@echo "setup: installing Python packages"
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements-local.txt -c constraints.txt
	@touch $@

$(STAMPS)/node: package.json package-lock.json
	@mkdir -p $(STAMPS)
	@command -v node >/dev/null || { echo "Node.js 20 or later is needed (for Azurite); none was found." >&2; exit 1; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || { echo "Node.js 20 or later is needed; this is $$(node --version)." >&2; exit 1; }
	@echo "setup: installing Azurite"
	@npm ci --no-progress --silent
	@touch $@

$(STAMPS)/dev: $(STAMPS)/local requirements-dev.txt
	@echo "setup: installing checkers and test tools"
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@# Microsoft's runtime declares Python >= 3.13 and runs on 3.11: it only judges our app in the tests.
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --ignore-requires-python azure-functions-runtime==1.3.0
	@touch $@

setup: $(STAMPS)/local $(STAMPS)/node  ## what the local stack needs, inside the checkout
	@:

setup-dev: setup $(STAMPS)/dev  ## and what the checks need
	@:

demo: ## start the local stack, scan samples/estate.jsonl, show and write the results
	@began=$$(date +%s.%N); $(MAKE) --no-print-directory setup || exit 1; \
	ready=$$(date +%s.%N); $(PY) -m devhost.demo --setup-seconds $$(echo "$$ready - $$began" | bc 2>/dev/null || awk "BEGIN{print $$ready - $$began}")

run: setup  ## keep the local stack up on the sample estate until Ctrl-C
	@$(PY) -m devhost --estate samples/estate.jsonl $(ARGS)

lint: setup-dev  ## ruff and the import contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check -q .
	@.venv/bin/lint-imports --no-logo

type: setup-dev  ## mypy, strict
	@.venv/bin/mypy

contract: setup-dev  ## the API contract alone
	@$(PY) -m pytest tests/contract

test: lint type  ## everything, with reduced counts
	@$(PY) -m pytest -m "not slow" -n 2 --durations=5 $(ARGS)

test-slow: setup-dev  ## the full counts
	@$(PY) -m pytest -m slow -v $(ARGS)

bench: setup-dev  ## speed and memory against floors measured in the same run; writes benchmarks/results/*.json
	@$(PY) -m benchmarks $(ARGS)

clean:  ## remove what the targets made inside the checkout
	@rm -rf .venv node_modules .setup out .mypy_cache .ruff_cache .pytest_cache .hypothesis
