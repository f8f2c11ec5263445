# Everything runs in .venv, made from Python 3.11 and the package registry that pip is set up for.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo run test lint bench docs clean

demo: $(VENV)/.run ## the pretend world and its page; no account, no secret
	$(BIN)/newhire demo

run: $(VENV)/.run ## the bot, with .env
	$(BIN)/newhire run

test: $(VENV)/.dev ## every test; those that need PostgreSQL or Chromium skip without them
	$(BIN)/python -m pytest

lint: $(VENV)/.dev ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

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
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
