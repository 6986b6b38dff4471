# make run    open the dashboard                 make test   set up what tests need, then lint, types and all tests
# make lint   style and types alone

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

.PHONY: run test lint browser

run: $(VENV)/.runs
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/.tests browser lint
	$(BIN)/python -m pytest

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser: $(VENV)/.tests
	$(BIN)/python -m tests.browser.install

$(VENV)/.runs: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/.tests: tests/requirements.txt $(VENV)/.runs
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt
	touch $@
