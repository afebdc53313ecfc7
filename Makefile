# `make run` searches with the digits example, `make check` and `make test` check, `make bench` measures.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest

.PHONY: help run check test test-methods methods test-hosts test-all test-node-python test-tensorflow test-exports notebook test-browser screenshots lint types docs command-line fast tests cluster cluster-all simulate faults bench \
  cluster-up cluster-down clean
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

run: .venv/ready ## Run the digits example to its end (about a minute)
	@env -u VIRTUAL_ENV -u CONDA_PREFIX $(BIN)/python -m controller run examples/digits/experiment.yml
	@$(BIN)/python examples/digits/summary.py

check: lint types fast ## Lint, types and the unit tests (3 minutes)

test: lint types docs tests ## Everything that needs neither root nor virtual hosts (12 minutes)

test-methods: .venv/ready-dev ## Searches with each method, and tutorials whose trials train networks (minutes)
	@echo "methods"
	@$(PYTEST) --numprocesses=$(shell expr 2 '*' `nproc`) --dist=load --maxschedchunk=1 --ignore=tests/cluster -m training

methods: .venv/ready-dev ## Every example of a method on small Fashion-MNIST, which it must learn (half a minute to three minutes each, 20 minutes in all): METHOD=pbt for one
	@$(BIN)/python -m tests.methods $(if $(METHOD),--method $(METHOD))

test-hosts: cluster ## As root: the roles, a search and its faults on virtual hosts (30 minutes)

test-all: test test-methods test-tensorflow test-exports test-browser cluster-all ## All tests, every role on every release (an hour and more)

lint: .venv/ready-dev
	@echo "lint"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/yamllint --strict .
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/ansible-lint --offline -qq

# Without PyTorch its classes and decorators have no types.
types: WITHOUT_TORCH = --allow-subclassing-any --allow-untyped-decorators
types: .venv/ready-dev
	@echo "types"
	@$(BIN)/mypy $(shell $(BIN)/python -c 'import torch' 2>/dev/null || echo $(WITHOUT_TORCH))

# The variable leaves out the notice of Material for MkDocs that its support ends in May 2027.
docs: .venv/ready-dev ## Build the documentation into build/docs
	@echo "docs"
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build --strict --site-dir build/docs

command-line: .venv/ready-dev ## Write docs/reference/command-line.md from the commands' help
	@PYTHONPATH=. $(BIN)/python -m typer controller.cli utils docs --name heirloom \
	  --title "Command line" --output docs/reference/command-line.md

fast: .venv/ready-dev
	@echo "unit tests"
	@$(PYTEST) --numprocesses=auto tests/unit

# Four at a time on two cores: a test of a search waits more than it computes. One test is handed
# out after the other, the long ones first (tests/conftest.py), so that no worker idles at the end.
tests: .venv/ready-dev
	@echo "tests"
	@$(PYTEST) --numprocesses=$(shell expr 2 '*' `nproc`) --dist=load --maxschedchunk=1 --ignore=tests/cluster

coverage: .venv/ready-dev ## Unit tests and simulation with their coverage, which has a floor
	@echo "coverage"
	@$(PYTEST) --numprocesses=auto --cov --cov-report=term:skip-covered tests/unit tests/simulation

PYTHON39 ?= python3.9

test-node-python: build/python39/ready ## The unit tests of what runs on nodes, on Python 3.9: PYTHON39=python3.9
	@echo "unit tests of the node side on Python 3.9"
	@build/python39/bin/python -m pytest -p no:cacheprovider tests/unit/heirloom \
	  tests/unit/tuners/test_tuners.py tests/unit/tuners/test_median_stopping.py

test-tensorflow: build/tensorflow/ready .venv/ready-dev ## The TensorFlow example, in an environment of its own
	@echo "the TensorFlow example"
	@$(BIN)/python -m pytest -p no:cacheprovider -m full tests/integration/examples/test_tensorflow.py

test-exports: build/exports/ready ## Exports into other tools, read back by these, and the notebook, in an environment of its own
	@echo "exports"
	@build/exports/bin/python -m pytest -p no:cacheprovider -m full tests/integration/results tests/integration/docs/test_notebook.py

notebook: build/exports/ready ## Execute the notebook of the documentation, and write its page (a minute)
	@build/exports/bin/python -m tests.integration.docs.notebook

test-browser: .venv/ready-browser ## The page in Chromium: every view, live, and what fails under it (6 minutes)
	@echo "the page in a browser"
	@$(PYTEST) --numprocesses=2 --dist=loadfile -m browser tests/browser

screenshots: .venv/ready-browser ## Pictures of every view at three widths, light and dark, in build/screenshots (minutes)
	@$(BIN)/python -m tests.browser.screenshots build/screenshots

.venv/ready-browser: requirements-browser.txt .venv/ready-dev
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || { \
	  echo "chromium is not installed; Debian: apt install chromium"; exit 1; }
	@echo "installing what the tests in a browser need into .venv"
	@$(PIP) -r requirements-browser.txt
	@touch $@

EXPORTS = requirements-mlflow.txt requirements-optuna.txt requirements-parquet.txt requirements-tensorboard.txt

build/exports/ready: requirements.txt $(EXPORTS)
	@$(PYTHON) -m venv build/exports
	@build/exports/bin/python -m pip install --quiet --disable-pip-version-check $(addprefix -r ,$^) \
	  optuna-dashboard pandas matplotlib ipykernel nbclient nbconvert hypothesis pytest pytest-timeout
	@touch $@

build/tensorflow/ready: examples/tensorflow/requirements.txt
	@$(PYTHON) -m venv build/tensorflow
	@build/tensorflow/bin/python -m pip install --quiet --disable-pip-version-check -r examples/tensorflow/requirements.txt
	@touch $@

build/python39/ready:
	@$(PYTHON39) -m venv build/python39
	@build/python39/bin/python -m pip install --quiet --disable-pip-version-check pytest pytest-timeout hypothesis
	@touch $@

# Two files at a time: a cluster waits more than it computes, and the tests of a file share one.
CLUSTER_TESTS = $(PYTEST) --numprocesses=2 --dist=loadfile -rs tests/cluster

cluster: .venv/ready-dev
	@echo "tests on real hosts"
	@$(CLUSTER_TESTS) -m "cluster and not full"

cluster-all: .venv/ready-dev
	@echo "tests on real hosts, all of them"
	@$(CLUSTER_TESTS) -m cluster

SEEDS ?= 1000

simulate: .venv/ready-dev ## Live through simulated bad days: SEEDS=10000, or tell the story of one: SEED=8
	@$(BIN)/python -m tests.simulation $(if $(SEED),$(SEED),--seeds $(SEEDS))

INJECTIONS ?= 200
ON_HOSTS ?= 40

faults: .venv/ready-dev ## Break processes, disks, and as root test hosts under searches, and count what came of it (an hour and more)
	@$(BIN)/python -m tests.faults --injections $(INJECTIONS) --on-hosts $(ON_HOSTS) $(if $(SEED),--seed $(SEED))

bench: .venv/ready-dev ## Measure, and write the figures to build/bench.json
	@$(BIN)/python -m benchmarks

cluster-up: .venv/ready ## Start three real Debian hosts on this machine (root; docs/how-to/testbed.md)
	@$(BIN)/python -m testbed up

cluster-down: .venv/ready ## End them
	@$(BIN)/python -m testbed down

clean: ## Remove what was installed and built here
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache .hypothesis .cache

.venv/ready: pyproject.toml requirements.txt examples/digits/requirements.txt | .venv/bin/python
	@echo "installing what the controller and the example need into .venv"
	@$(PIP) --editable . -r examples/digits/requirements.txt
	@touch $@

.venv/ready-dev: requirements-dev.txt requirements-morphism.txt requirements-optuna.txt requirements-torch.txt .venv/ready
	@echo "installing what the tests need into .venv"
	@$(PIP) -r requirements-dev.txt
	@$(PIP) -r requirements-torch.txt || if [ -n "$$CI" ]; then \
	  echo "pip finds no CPU build of PyTorch here: CI, which skips nothing, takes the large one"; \
	  $(PIP) torch==2.13.0; else \
	  echo "pip finds no CPU build of PyTorch here: tests that need PyTorch are skipped"; fi
	@touch $@

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) is not installed; Debian and Ubuntu: apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is `$(PYTHON) --version`;" \
	    "name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "the venv module of $(PYTHON) is missing; Debian and Ubuntu: apt install python3-venv"; \
	  exit 1; }
	@$(PYTHON) -m venv .venv
