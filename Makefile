# make run          open the dashboard on this machine only
# make class        open it to the local network, and print the address for students
# make check        style, types, and the tests without a browser, each for 0.1 seconds; run this while you work
# make test         install Chromium and PostgreSQL if needed, then check style and types and run the tests
# make thorough     run the tests that `make test` leaves out: more cases, and recoveries in a real browser or process
# make test-oldest  run the tests of the core with the oldest allowed numpy and scikit-learn
# make lint         check style, types and the dependencies between packages
# make durations    measure how long tests take, so that `make check` knows which to leave out
# make mutants      put faults into the code and list those that no test notices: make mutants SEED=1 SIZE=200
# make messages     collect the messages to translate in digitviz/locale/
# make pictures     update the README's pictures of every page
# make bench        run the quick benchmarks, and check the numbers in the texts with long trainings
# make upgrade      install the newest packages that the requirements allow
# make constraints  write the installed versions to constraints.txt, after `make upgrade test bench`

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet
CONSTRAINED := --constraint constraints.txt
OLDEST := .venv-oldest
PURELIB := import sysconfig; print(sysconfig.get_path('purelib'))
PORT ?= 8501
SEED ?= 1
SIZE ?= 200
# Unset two variables that make numpy and the compiled engine two to three times slower on some machines, and one that
# makes Python compile our code again in each process.
UNSLOWED := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE -u PYTHONDONTWRITEBYTECODE
PYTEST := $(UNSLOWED) $(BIN)/python -m pytest
# In CI, repeat failed tests once, at most three browser tests and three others, and show their tracebacks at the end.
AGAIN := $(if $(CI),--reruns=1 --max-suite-reruns=3 --rerun-show-tracebacks)
MARKED := not thorough

.PHONY: run class check quick durations test browser-tests other-tests thorough kernels test-oldest lint mutants messages pictures bench browser postgresql upgrade constraints

run: $(VENV)/.runs
	$(UNSLOWED) $(BIN)/streamlit run app.py --server.port $(PORT)

class: $(VENV)/.runs
	$(UNSLOWED) $(BIN)/python -m digitviz.dashboard.server.classroom $(PORT)

check: $(VENV)/.tests
	$(MAKE) --no-print-directory --jobs=2 lint quick

quick: kernels
	EXAMPLES=few $(PYTEST) --ignore=tests/browser --dist=worksteal -m "not long and not thorough"

durations: $(VENV)/.tests postgresql kernels
	EXAMPLES=few $(PYTEST) --ignore=tests/browser -n0 -p tests.durations -m "not thorough"

test: $(VENV)/.tests browser postgresql
	$(MAKE) --no-print-directory --jobs=3 lint browser-tests other-tests

thorough: $(VENV)/.tests browser postgresql
	$(MAKE) --no-print-directory --jobs=2 MARKED=thorough browser-tests other-tests

# Two processes with browser tests leave half of two cores idle. The others run beside them, at the priority of trainings.
browser-tests: kernels
	$(PYTEST) $(AGAIN) -m "$(MARKED)" tests/browser

other-tests: kernels
	nice -n 15 $(PYTEST) --dist=worksteal $(AGAIN) -m "$(MARKED)" --ignore=tests/browser

test-oldest: $(OLDEST)/.tests
	$(UNSLOWED) NUMBA_CACHE_DIR=$(OLDEST)/numba $(OLDEST)/bin/python -m pytest --dist=worksteal \
		tests/networks tests/training tests/projections tests/drawing tests/lesson tests/explanations

# Compile once. Otherwise each process of the tests, and each server that they start, would do so after a checkout.
kernels: $(VENV)/.tests
	-$(UNSLOWED) $(BIN)/python -c "from digitviz import projections; from digitviz.training import engines; engines.warm_up(); \
		from digitviz.training.engines.kernels import take_batches; take_batches(); projections.warm_up()"

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

mutants: $(VENV)/.tests
	$(UNSLOWED) $(BIN)/python -m tests.mutation --seed $(SEED) --size $(SIZE)

messages: $(VENV)/.tests
	$(BIN)/python -m digitviz.locale

pictures: $(VENV)/.tests browser
	$(UNSLOWED) $(BIN)/python -m tests.browser.pictures

bench: $(VENV)/.tests browser
	$(UNSLOWED) OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks

browser: $(VENV)/.tests
	$(BIN)/python -m tests.browser.install

postgresql: $(VENV)/.tests
	$(BIN)/python -m tests.store.install

upgrade: $(VENV)/.tests
	$(INSTALL) --upgrade --upgrade-strategy eager --requirement tests/requirements.txt

# torch and others append the build after a plus sign (2.13.0+cpu). Other machines need other builds of that version.
constraints: $(VENV)/.tests
	$(BIN)/python -m pip list --format=freeze --exclude pip > $(VENV)/versions.txt
	sed 's/+.*//' $(VENV)/versions.txt > constraints.txt

$(VENV)/.runs: requirements.txt constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) $(CONSTRAINED) --requirement requirements.txt
	touch $@

$(VENV)/.tests: tests/requirements.txt $(VENV)/.runs
	$(INSTALL) $(CONSTRAINED) --requirement tests/requirements.txt
	touch $@

# Install only these two again. others.pth adds all other packages from the main environment.
$(OLDEST)/.tests: requirements.txt $(VENV)/.tests
	$(BIN)/python -m venv --clear --without-pip $(OLDEST)
	sed -n 's/^\(numpy\|scikit-learn\)>=\([^,]*\),.*/\1==\2/p' requirements.txt > $(OLDEST)/oldest.txt
	$(BIN)/python -m pip --python $(OLDEST)/bin/python install --quiet --no-deps --requirement $(OLDEST)/oldest.txt
	$(BIN)/python -c "$(PURELIB)" > $$($(OLDEST)/bin/python -c "$(PURELIB)")/others.pth
	$(BIN)/python -m pip --python $(OLDEST)/bin/python check
	touch $@
