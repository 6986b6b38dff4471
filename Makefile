# make run    open the dashboard, for this machine alone
# make class  open it to the local network, and print the address for the students
# make test   set up what tests need, then lint, types and all tests
# make lint   style and types alone
# make bench  the quick benchmarks

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# Two variables that slow numpy and the compiled engine two to three times on some machines: we do without them.
UNSLOWED := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE

.PHONY: run class test lint bench browser

run: $(VENV)/.runs
	$(UNSLOWED) $(BIN)/streamlit run app.py --server.port $(PORT)

class: $(VENV)/.runs
	$(UNSLOWED) $(BIN)/python -m digitviz.dashboard.server.classroom $(PORT)

test: $(VENV)/.tests browser lint
	$(UNSLOWED) $(BIN)/python -m pytest

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.tests browser
	$(UNSLOWED) OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks

browser: $(VENV)/.tests
	$(BIN)/python -m tests.browser.install

$(VENV)/.runs: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/.tests: tests/requirements.txt $(VENV)/.runs
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt
	touch $@
