# VAP Meet: every task of this repository. `make demo` needs Python 3.11 or newer; the others need Node too.

SHELL := /bin/bash
.SHELLFLAGS := -eo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
NODE := node_modules/.installed
CHROMIUM := .venv/.chromium
COTURN := .venv/.coturn
FIREFOX := .venv/.firefox
POSTGRESQL := .venv/.postgresql
REDIS := .venv/.redis
# Files of tests that run at the same time: on two processors, since most of a test is waiting;
# files in their order, so that the slow ones (browsers) come first and the last ones are short.
WORKERS := 3
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

.PHONY: demo
demo: $(RUNTIME) ## serve the demo on http://127.0.0.1:8080 (LAN=1: https for a phone; PORT=n: another port)
	@exec $(BIN)/vap-meet demo $(if $(LAN),--lan) $(if $(PORT),--port $(PORT))

.PHONY: test
test: $(DEV) $(NODE) $(CHROMIUM) $(POSTGRESQL) $(REDIS) $(COTURN) ## run every test but the long ones
	@node --test --test-reporter=spec $$(find tests/js -name '*.test.js' | sort)
	@$(BIN)/pytest -m "not long" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: test-long
test-long: $(DEV) $(NODE) $(CHROMIUM) $(FIREFOX) $(POSTGRESQL) $(REDIS) $(COTURN) ## run the long tests, and calls over every kind of network
	@$(BIN)/pytest -m "long or net" --timeout=3600

.PHONY: check
check: $(DEV) $(NODE) ## check style, types, generated files and architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@node_modules/.bin/tsc -p tsconfig.json
	@$(BIN)/python -m signaling.codegen --check
	@$(BIN)/pytest tests/test_architecture.py

.PHONY: bench
bench: $(DEV) $(NODE) $(CHROMIUM) $(POSTGRESQL) $(REDIS) ## measure speed and size against bare twins, into build/bench.json
	@$(BIN)/python -m tests.load.bench

.PHONY: lock
lock: $(DEV) ## pin the newest versions that pyproject.toml and package.json allow
	@scripts/lock

.PHONY: clean
clean: ## remove what the other commands made, the demonstration included
	rm -rf .venv node_modules build dist var/demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Runtime packages come first and alone, so that the demo waits for nothing that only tests need.
$(RUNTIME): requirements/runtime.txt pyproject.toml scripts/setup-python
	@scripts/setup-python requirements/runtime.txt
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@scripts/setup-python requirements/dev.txt
	@touch $@

$(NODE): package-lock.json package.json .npmrc scripts/setup-node
	@scripts/setup-node
	@touch $@

$(CHROMIUM): scripts/setup-chromium $(DEV)
	@scripts/setup-chromium
	@touch $@

$(REDIS): scripts/setup-redis $(DEV)
	@scripts/setup-redis
	@touch $@

$(POSTGRESQL): scripts/setup-postgresql $(DEV)
	@scripts/setup-postgresql
	@touch $@

$(COTURN): scripts/setup-coturn $(DEV)
	@scripts/setup-coturn
	@touch $@

$(FIREFOX): scripts/setup-firefox $(DEV)
	@scripts/setup-firefox
	@touch $@
