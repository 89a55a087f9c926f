PYTHON ?= python3
BIN := .venv/bin

.PHONY: fuzz faults predictions corpus wild setup test check golden format lock docs demo bench catalogue

setup: .venv/.ready

# Compiles the modules, as processes that may write no bytecode would each do it again.
.venv/.ready: requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	touch $@

# One worker more than cores of a small machine: many tests wait for containers and servers.
# Bytecode is kept, as each worker would compile all tests again.
test: export PYTHONDONTWRITEBYTECODE =
test: setup
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Makes the example's image small and proves that it still works, with a container engine or without.
demo: setup
	$(BIN)/jettison optimize examples/pkms

# Seconds, bytes and ratios, each measured in one run on this machine.
bench: setup
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

# Puts faults into images of the samples of tests/faults, some made from SEED, and prints which the
# verification catches and names, and its false alarms.
faults: setup
	$(BIN)/python -m tests.faults.run --seed "$(or $(SEED),1)"

# Builds every example before and after, and writes what was predicted beside it.
predictions: setup
	$(BIN)/python tools/measure_predictions.py --write docs/explanation/predictions.md

# Records the command that the README shows.
picture: setup
	$(BIN)/python tools/picture.py

# Tries to make every parser of foreign input stumble, for SECONDS in all (PARSER: for one alone).
SECONDS ?= 60
fuzz: setup
	$(BIN)/python tests/fuzz/run.py $(SECONDS) $(PARSER)

golden: setup
	$(BIN)/python tests/support/golden.py

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases tests/faults/*.py tests/wild/*.py tests/corpus/*.py
	$(BIN)/lint-imports
	$(BIN)/python tools/docs.py --check

# Writes the reference pages from the code.
docs: setup
	$(BIN)/python tools/docs.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Pins every dependency with its hashes, for every platform, without naming an index.
lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group dev pyproject.toml requirements-build.in \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 pyproject.toml requirements-build.in \
	  --constraint requirements-dev.lock --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements.lock

# Joins the metadata of wheels (WHEELS: folders of wheels or virtual environments) with the stated names.
catalogue: setup
	$(BIN)/python tools/catalogue.py $(WHEELS)

# Measures scopes against maintainers' own splits: CHECKOUTS is a folder of applications, LABELS a
# JSON file; tests/corpus/evaluate.py says what both look like.
corpus: setup
	$(BIN)/python tests/corpus/evaluate.py $(CHECKOUTS) $(LABELS)

# Optimizes public applications from a folder of git mirrors (JETTISON_MIRRORS); needs a container engine.
wild: setup
	$(BIN)/python tests/wild/run.py
