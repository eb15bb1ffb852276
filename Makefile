# For developers. Users and CI need only the two commands of README.md.

PYTHON ?= .venv/bin/python
BIN := $(dir $(PYTHON))

.PHONY: check format lint types contracts test setup

check: format lint types contracts test

setup:
	python3 -m venv .venv
	.venv/bin/pip install -e '.[dev]'

format:
	$(BIN)ruff format --check .

lint:
	$(BIN)ruff check .

types:
	$(BIN)mypy

contracts:
	$(BIN)lint-imports

test:
	$(PYTHON) -m pytest
