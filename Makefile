# make setup   .venv with what `pip install sertain` brings, at the locked versions
# make demo    the same, then the emotion of every clip in examples/clips
# make dev     .venv with everything that tests and training need
# make check   style, types and layers
# make test    the check, then all tests, on every core with one thread each
# make bench   measure speed and size anew, rewrite their tables and the figures in the README
# make bundles train, measure and write the embedded models anew: hours; a killed one goes on
# make lock    choose the locked versions anew

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: setup demo dev check test bench bundles lock clean

setup: $(VENV)/.base
dev: $(VENV)/.dev

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "sertain needs Python 3.11 or newer; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt pyproject.toml | $(BIN)/python
	$(PIP) -r requirements/base.txt
	$(PIP) --no-deps -e .
	@touch $@

# torch comes first and alone, so that a CPU build that pip's configuration knows is taken:
# docs/decisions/0501-locked-versions.md
$(VENV)/.dev: requirements/dev.txt requirements/torch.txt $(VENV)/.base
	$(PIP) -r requirements/torch.txt
	$(PIP) -r requirements/dev.txt
	@touch $@

demo: setup
	$(BIN)/sertain predict examples/clips

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --dist loadfile

bench: dev
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.one_clip
	$(BIN)/python -m benchmarks.one_hour
	$(BIN)/python -m benchmarks.folder
	$(BIN)/python -m benchmarks.install
	$(BIN)/python -m benchmarks.demo
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.targets
	$(BIN)/python -m benchmarks.readme

WEIGHTS := src/sertain/weights

# The teacher first. Without a graphics card the student takes longer than its teacher.
bundles: dev
	$(BIN)/sertain evaluate default --protocol luna5 --seeds 3 --out runs/default/luna5
	$(BIN)/sertain evaluate default --protocol loco --out runs/default/loco
	$(BIN)/sertain train default --out runs/default/all
	$(BIN)/sertain export runs/default/all --int8 --name default --out $(WEIGHTS)/default \
		--results runs/default/luna5/results.json --results runs/default/loco/results.json
	$(BIN)/sertain evaluate fast --protocol luna5 --teacher runs/default/luna5 --out runs/fast/luna5
	$(BIN)/sertain evaluate fast --protocol loco --teacher runs/default/loco --out runs/fast/loco
	$(BIN)/sertain train fast --teacher runs/default/all --out runs/fast/all
	$(BIN)/sertain export runs/fast/all --name fast --out $(WEIGHTS)/fast \
		--results runs/fast/luna5/results.json --results runs/fast/loco/results.json
	$(BIN)/python -m benchmarks.folder --into-bundle

lock: dev
	$(BIN)/python requirements/lock.py

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
