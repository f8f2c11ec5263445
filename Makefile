# Everything runs in .venv, made from Python 3.11 or later and the package registry that pip is set up for.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# Both cores: a test and its bot wait for each other most of the time. A module's bot is started once in each worker.
BOTH = -n 2 --dist worksteal
FIRST_ACCOUNT = tests/test_command_line.py::test_the_demo_makes_its_first_account

# Else each of some hundred bots, and each of pytest's workers, would compile every file anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo run check quick test coverage lint lowest bench docs clean

demo: $(VENV)/.run ## the pretend world and its page; no account, no secret
	$(BIN)/newhire demo

run: $(VENV)/.run ## the bot, with .env
	$(BIN)/newhire run

check: ## the fast loop: style, types, and the tests that start no process, with few examples each
	$(MAKE) --no-print-directory -j 2 lint quick

quick: $(VENV)/.dev ## those tests alone
	$(BIN)/python -m pytest -q $(BOTH) -m 'not slow' --hypothesis-profile=check

test: $(VENV)/.dev ## every test; those that need PostgreSQL or Chromium skip without them; ARGS are for pytest
	$(BIN)/python -m pytest $(BOTH) $(ARGS)

coverage: ## the same, and what they leave untouched of the code; fails below the floor in pyproject.toml
	$(MAKE) test ARGS='--cov $(ARGS)'

lint: $(VENV)/.dev ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lowest: ## the fast tests with the oldest of everything that pyproject.toml allows, in an environment of its own
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(PYTHON) -m tests.lowest > $(VENV)-lowest/constraints.txt
	$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)-lowest/constraints.txt --editable '.[dev]'
	$(VENV)-lowest/bin/python -m pytest -q -n 2 -m 'not slow' --hypothesis-profile=check
	$(VENV)-lowest/bin/python -m pytest -q $(FIRST_ACCOUNT)

bench: $(VENV)/.dev ## speed, beside a bare Bolt listener and a bare SQLite insert
	$(BIN)/python -m tests.bench

docs: $(VENV)/.dev ## regenerate the README's tables and .env.example from the code
	$(BIN)/python -m tests.regenerate

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) $(VENV)-* .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
