# make run    build the demo projects and serve the console
# make test   everything that must hold before a change is merged

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

bin := .venv/bin
stage := scripts/stage
# Two browsers, two PostgreSQL and two MariaDB fit on a small machine; a file
# stays on one worker, so that what it builds once is built once.
workers ?= 2

.PHONY: help setup run test lint bench lock upgrade clean

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

setup: .venv/setup-done ## make .venv with everything run and test need

.venv/setup-done: requirements.lock requirements-bootstrap.lock pyproject.toml scripts/setup
	@scripts/setup

run: setup ## build both demo projects, print their headlines, serve the console
	@exec $(bin)/tierwise demo --serve

lint: setup ## style, types and the import contract, without the tests
	@$(stage) "Linting" $(bin)/ruff check
	@$(stage) "Checking the format" $(bin)/ruff format --check
	@$(stage) "Checking types" $(bin)/mypy
	@$(stage) "Checking the import contract" $(bin)/lint-imports

test: setup ## style, types, import contract and all tests, browser tests included
	@scripts/system-packages
	@$(MAKE) lint
	@$(stage) --show "Running the tests" $(bin)/pytest -n $(workers) --dist loadfile

bench: setup ## measure speed and memory, on this machine; peers=PYTHON to compare
	@scripts/bench $(peers)

lock: setup ## write the locks from pyproject.toml, keeping pins that still fit
	@$(stage) "Locking" scripts/lock

upgrade: setup ## write the locks with the newest versions allowed
	@$(stage) "Locking the newest versions" scripts/lock --upgrade

clean: ## remove .venv and every cache
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	@find src tests benchmarks scripts -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
