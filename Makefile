# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two commands are all to remember: "make demo" and "make test". "make help" lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# The integration tests run in so many labs side by side; each needs about 3 GB of memory.
LABS ?= 2
# The security model that the demo shows: api_key or certificate.
SECURITY ?= api_key

VENV := .cache/venv
PYTHON := $(VENV)/bin/python
COLLECTION := ansible_collections/crosscluster/elasticsearch
STEP := tests/tools/step

# Ansible's and Python's own files stay in the project, and no configuration from outside changes a result.
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
unexport ANSIBLE_CONFIG PYTHONPATH PYTHONDONTWRITEBYTECODE VIRTUAL_ENV

.PHONY: help
help:
	@echo 'make demo        boot two clusters, connect them, prove it; they keep running (SECURITY=certificate)'
	@echo 'make demo-verify | demo-check | demo-info | demo-shell | demo-disconnect    look around in it'
	@echo 'make demo-stop   stop and remove them'
	@echo 'make test        everything that CI runs: lint, sanity, unit, integration'
	@echo 'make test-full   the same, sanity with the oldest ansible-core, and all integration tests on Elasticsearch 8.19'
	@echo 'make bench       measure the collection against two hand-written ways; the table is docs/measured.md'
	@echo 'make setup       only the Python environment (.cache/venv)'
	@echo 'make lint | sanity | unit | integration | user | build    one part of it'
	@echo 'make format      let ruff write the Python files its way'
	@echo 'make lock        pin the newest versions in tests/requirements'

# ---- environments -------------------------------------------------------------------------------------------------

.PHONY: setup setup-dev
setup: $(VENV)/.run .cache/tree/$(COLLECTION)
setup-dev: setup $(VENV)/.dev

$(VENV)/.run: tests/requirements/run.txt tests/tools/environment
	@tests/tools/environment $(VENV) '>=3.12,<3.15' $<
	@touch $@

$(VENV)/.dev: tests/requirements/dev.txt $(VENV)/.run
	@tests/tools/environment $(VENV) '>=3.12,<3.15' $<
	@touch $@

.cache/venv-oldest/.oldest: tests/requirements/oldest.txt tests/tools/environment
	@tests/tools/environment .cache/venv-oldest '>=3.11,<3.14' $< oldest
	@touch $@

# Lets ansible_collections.crosscluster.elasticsearch be imported from the sources.
.cache/tree/$(COLLECTION):
	@mkdir -p $(@D) && ln -sfn ../../../.. $@

.PHONY: lock
lock:
	@tests/tools/lock --upgrade

# ---- demo ---------------------------------------------------------------------------------------------------------

.PHONY: demo demo-info demo-verify demo-check demo-shell demo-disconnect demo-stop
demo: setup
	@PYTHONPATH=tests $(PYTHON) -m demo $(SECURITY)

demo-info demo-shell demo-stop: setup
	@PYTHONPATH=tests $(PYTHON) -m demo $(@:demo-%=%)

demo-verify demo-disconnect: setup
	@PYTHONPATH=tests $(PYTHON) -m demo playbook $(@:demo-%=%)

demo-check: setup
	@PYTHONPATH=tests $(PYTHON) -m demo playbook connect --check --diff

# ---- test ---------------------------------------------------------------------------------------------------------

.PHONY: test test-full
test: setup-dev
	@$(MAKE) -j $(JOBS) -k lint sanity unit || { echo 'make test: FAILED before the integration tests, see above' >&2; exit 1; }
	@$(MAKE) integration || { echo 'make test: FAILED in the integration tests, see above' >&2; exit 1; }
	@$(MAKE) user || { echo 'make test: FAILED as an ordinary user, see above' >&2; exit 1; }

# Besides: sanity with the oldest ansible-core, and all integration tests on Elasticsearch 8.19 as well, both with those that
# take long and those at every point at which a run can be killed.
test-full: export CROSSCLUSTER_FULL := 1
test-full: test sanity-oldest
	@CROSSCLUSTER_VERSION=8.19.21 $(MAKE) integration || \
		{ echo 'make test-full: FAILED in the integration tests on 8.19.21, see above' >&2; exit 1; }

LINTS := lint-ruff lint-format lint-types lint-yaml lint-ansible lint-docs lint-changelog lint-headers lint-consistency \
	lint-imports lint-importer
.PHONY: lint $(LINTS)
lint: $(LINTS)

lint-ruff: setup-dev
	@$(STEP) $@ ruff check .

lint-format: setup-dev
	@$(STEP) $@ ruff format --check --diff .

lint-types: setup-dev
	@$(STEP) $@ tests/tools/types

lint-yaml: setup-dev
	@$(STEP) $@ yamllint --strict .

lint-ansible: setup-dev copy
	@$(STEP) $@ tests/tools/in-copy ansible-lint --offline --strict --profile production

lint-docs: setup-dev copy
	@$(STEP) $@ tests/tools/in-copy antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck \
		--validate-collection-refs all --disallow-unknown-collection-refs .

lint-changelog: setup-dev
	@$(STEP) $@ antsibull-changelog lint

lint-headers: setup-dev
	@$(STEP) $@ tests/tools/headers

lint-consistency: setup-dev
	@$(STEP) $@ $(PYTHON) tests/tools/consistency.py

# Which folder may import which is what pyproject.toml says.
lint-imports: setup-dev
	@PYTHONPATH=.cache/tree $(STEP) $@ lint-imports --no-cache

lint-importer: build
	@$(STEP) $@ tests/tools/importer .cache/build/crosscluster-elasticsearch-*.tar.gz

.PHONY: format
format: setup-dev
	@ruff check --fix --select I .
	@ruff format .

.PHONY: sanity sanity-newest sanity-oldest
sanity: sanity-newest

sanity-newest: setup-dev
	@$(STEP) $@ tests/tools/sanity newest $(VENV)

sanity-oldest: .cache/venv-oldest/.oldest
	@$(STEP) $@ tests/tools/sanity oldest .cache/venv-oldest

.PHONY: unit
unit: setup-dev
	@PYTHONPATH=.cache/tree:tests $(STEP) $@ $(PYTHON) -m pytest tests/unit

.PHONY: integration
integration: setup-dev install .cache/venv-oldest/.oldest
	@PYTHONPATH=tests:tests/integration $(PYTHON) -m pytest -n $(LABS) --dist loadfile --no-loadscope-reorder \
		tests/integration

# The integration tests are root's where root runs them; they have fetched what this one shares.
.PHONY: user
user: setup-dev install
	@if [ "$$(id -u)" != 0 ]; then echo 'left out  user: these tests were run by an ordinary user'; \
	elif ! unshare --mount --pid --fork true 2>/dev/null; then echo 'left out  user: namespaces are refused here'; \
	else $(STEP) $@ tests/tools/as-user tests/tools/first-steps; fi

# ---- bench --------------------------------------------------------------------------------------------------------

# What a user has: with aiohttp, which the development tools bring along, the client takes twice as long to import.
.cache/venv-run/.run: tests/requirements/run.txt tests/tools/environment
	@tests/tools/environment .cache/venv-run '>=3.12,<3.15' $<
	@touch $@

.PHONY: bench
bench: install .cache/venv-run/.run
	@PYTHONPATH=tests:tests/integration .cache/venv-run/bin/python -m bench

# ---- archive ------------------------------------------------------------------------------------------------------

.PHONY: copy build install
copy:
	@tests/tools/copy .cache/copy

build: setup copy
	@rm -rf .cache/build
	@$(VENV)/bin/ansible-galaxy collection build .cache/copy/$(COLLECTION) --output-path .cache/build >/dev/null

# The integration tests run what a user gets.
install: build
	@rm -rf .cache/collections
	@$(VENV)/bin/ansible-galaxy collection install --offline --no-deps --pre -p .cache/collections \
		.cache/build/crosscluster-elasticsearch-*.tar.gz >/dev/null 2>&1
