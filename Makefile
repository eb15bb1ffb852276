# For developers. Users and CI need only the three commands of README.md.

PYTHON ?= .venv/bin/python
BIN := $(dir $(PYTHON))

.PHONY: check format lint types contracts test soak mutants bench sanitize setup docs pages release-check

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
	$(PYTHON) -m pytest -n auto

# The site, into build/site; a dead link fails.
docs:
	$(BIN)mkdocs build --strict

# Whatever of the documentation a program writes, anew.
pages:
	$(PYTHON) -m machine.manual
	$(PYTHON) -m vliwdbg.commands > docs/commands.md
	$(PYTHON) -m vliwdbg.cli.manual
	$(PYTHON) -m vliwdbg.tui.picture
	$(PYTHON) -m tests.cli.test_questions_page
	$(PYTHON) -m tests.cli.test_bench_page
	$(PYTHON) -m tests.agents.test_agents_page
	$(PYTHON) -m tests.docs.walks

# Long random runs of the TUI.
soak:
	$(PYTHON) -m pytest -m soak

# Break the machine in every small way there is; some test has to notice.
mutants:
	$(PYTHON) -m tests.mutants

# Ratios to the plain model, side by side in one run.
bench:
	$(PYTHON) -m benchmarks

# Whether sdist and wheel install and work in every Python there is, at both ends of what is
# depended on. Needs the extra `release`.
release-check:
	$(PYTHON) -m tests.release

# The extensions under the sanitizers of addresses, of leaks and of undefined behaviour, beside
# those in use.
SANITIZED := build/sanitize
SANITIZED_TESTS := \
	$(addprefix tests/machine/test_,compat.py core.py core_hostile.py core_encoding.py lockstep.py provenance.py tracing.py trials.py waits.py) \
	tests/kernels/test_pack_core.py
sanitize:
	rm -rf $(SANITIZED)
	VLIWDBG_SANITIZE=1 $(PYTHON) setup.py -q build --build-base $(SANITIZED)/base --build-lib $(SANITIZED)/lib
	cp -r tests pyproject.toml $(SANITIZED)/lib
	cd $(SANITIZED)/lib && VLIWDBG_CORE=compiled PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=1 \
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	$(abspath $(PYTHON)) -m pytest -p no:cacheprovider $(SANITIZED_TESTS)
