# Everything a newcomer needs: each target does its own set-up. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A `uv` that stands on the path and runs, else the one that the lock names, fetched by pip into .venv.
UV = $(shell uv --version >/dev/null 2>&1 && echo uv || echo $(BIN)/uv)
LOCKS := requirements/runtime.txt requirements/dev.txt
KERNELS := $(wildcard src/tidemark/kernels/*.py src/tidemark/kernels/*.pxd src/tidemark/analysis/indicators/*.py)
COMPILED := src/tidemark/kernels/*.so src/tidemark/analysis/indicators/*.so
RUN ?=
CAPTURE ?=
BASE ?=
QUICK ?=
FOR ?= 60s

# uv trusts what the machine trusts, as pip does: behind a proxy of a company nothing else works.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= true
endif

.PHONY: help setup demo test selftest check web e2e bench bench-check fuzz simulate soak docs lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "$(PYTHON) is not a Python 3.11 or later; give one: make PYTHON=python3.12" >&2; exit 1; }
	@if [ "$(UV)" = uv ]; then uv venv --quiet --allow-existing --python $(PYTHON) $(VENV); else $(PYTHON) -m venv $(VENV); fi \
		|| { rm -f $@; echo "no virtual environment could be made; on Debian: apt install python3-venv" >&2; exit 1; }

$(BIN)/uv: | $(BIN)/python
	@mkdir -p build
	@sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.txt >build/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r build/uv.txt

$(VENV)/.installed: $(LOCKS) | $(BIN)/python $(filter-out uv,$(UV))
	@echo "installing the locked packages into $(VENV)"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --compile-bytecode --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.built: $(VENV)/.installed $(KERNELS) setup.py pyproject.toml
	@echo "building the kernels (plain Python is used where no C compiler is found)"
	@rm -f $(COMPILED)
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-build-isolation --no-deps --reinstall-package tidemark -e .
	@touch $@

setup: $(VENV)/.built ## Make .venv, install from the lock, build the kernels

demo: setup ## Hundreds of markets from a local exchange, live (CAPTURE=file replays a recording)
	@$(BIN)/tidemark run --demo $(if $(CAPTURE),--capture '$(CAPTURE)') $(RUN)

# Whole services, by virtual time and by the clock on the wall, leaks, properties, recordings, benchmarks and fuzzers: tests
# of their parts tell the coverage, which would slow them down. Some of them wait for clocks: three processes keep two
# cores busy.
WHOLE := tests/integration/test_restart.py tests/integration/test_fault_matrix.py tests/soak tests/leaks \
	tests/simulation tests/property tests/project tests/replay tests/contract/test_every_benchmark.py \
	tests/contract/test_every_fuzz_target.py tests/unit/memory/test_census.py tests/unit/cli/test_explain.py \
	tests/unit/cli/test_simulate.py tests/unit/cli/test_soak.py tests/unit/proof/simulation/test_pair.py \
	tests/unit/proof/simulation/test_seeds.py
REST := $(addprefix --ignore=,$(WHOLE))
SPREAD := --numprocesses=3 --dist=loadscope --no-loadscope-reorder
# What waits for a clock may fail beside others on a machine that is busy: it is tried once more, alone, and that is said.
AGAIN := $(BIN)/python -m tests.again

test: setup ## All tests, with coverage (RUN="tests/unit -k ring": those alone)
	@$(if $(RUN),true,$(BIN)/python -m pytest $(SPREAD) $(WHOLE) || $(AGAIN))
	@$(BIN)/python -m pytest --cov --cov-report=term $(SPREAD) $(if $(RUN),$(RUN),$(REST)) \
		$(if $(RUN),,|| { $(AGAIN) && $(BIN)/coverage report --format=total; })

selftest: setup ## Ten planted leaks and ten flat processes: what the audit says of each
	@$(BIN)/python -m tests.leaks.detection

check: setup ## ruff, mypy --strict, import-linter, and a test file for every module
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -q tests/project/test_layout.py

web/node_modules/.installed: web/package-lock.json
	@cd web && npm ci --silent
	@touch $@

web: setup web/node_modules/.installed ## Check, test and build the dashboard; the built copy is in the tree (Node 20.19 or later)
	@mkdir -p build && $(BIN)/tidemark openapi --output build/openapi.json
	@cd web && npx --no-install openapi-typescript ../build/openapi.json -o src/wire/openapi.d.ts >/dev/null
	@cd web && npm run --silent check && npm run --silent test && npm run --silent build && npm run --silent sizes

e2e: setup web/node_modules/.installed ## The dashboard in a browser, against a demonstration (QUICK=1; CHROMIUM=file; RUN="--grep keys")
	@cd web && CHROMIUM=$${CHROMIUM:-$$(command -v chromium || command -v chromium-browser || command -v google-chrome)} \
		|| { echo "no Chromium was found; on Debian: apt install chromium; or name one: make e2e CHROMIUM=file" >&2; exit 1; }; \
		export CHROMIUM; npm run --silent $(if $(RUN),e2e:one,$(if $(QUICK),e2e:quick,e2e)) -- $(RUN)

bench: setup ## Every benchmark, one table (peers are installed into .venv-peers)
	@$(BIN)/python -m benchmarks $(RUN)

bench-check: setup ## This tree against the last release, below 0.9 fails (BASE=commit, QUICK=1: below 0.6)
	@$(BIN)/python -m benchmarks.check $(if $(BASE),--base '$(BASE)') $(if $(QUICK),--quick) $(RUN)

fuzz: setup ## Damaged input for every reader (FOR=60s for each, two at a time)
	@$(BIN)/python -m tests.fuzz --for $(FOR) $(RUN)

soak: setup ## Three days of a whole market under faults, and the proof that memory stays flat (RUN="--seed 2")
	@mkdir -p build
	@$(BIN)/tidemark soak --profile full --report build/soak.html $(RUN)

simulate: setup ## A thousand worlds in which everything goes wrong (RUN="--seeds 30")
	@$(BIN)/tidemark simulate --seeds 1000 --keep build/simulate $(RUN)

docs: setup ## The documentation, into site/
	@$(BIN)/mkdocs build --quiet --strict

lock: ## Pin the newest compatible packages again
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements/runtime.txt
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --group test --group check --group docs requirements/build.in -o requirements/dev.txt
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/peers.in -o requirements/peers.txt

clean: ## Remove what the other targets made
	@rm -rf $(VENV) .venv-peers build dist site src/*.egg-info $(COMPILED)
