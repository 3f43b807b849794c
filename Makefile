# The four commands of the README. Everything lives in $(VENV); nothing is installed outside it.
PYTHON ?= python3
VENV ?= .venv
# The index that holds your build of torch (a CPU or a CUDA one); empty means pip's own settings decide.
TORCH_INDEX ?=
# How many processes run the tests side by side; many of them wait. A file's tests stay together.
TEST_WORKERS ?= 3

PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
export OMP_WAIT_POLICY ?= PASSIVE
# Hundreds of processes would compile the same modules again and again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-all lint bench format screens lock clean

run: $(RUNTIME)
	@exec $(PY) -m app run

test: $(DEV)
	@$(PY) -m pytest -n $(TEST_WORKERS) --dist loadfile

test-all: $(DEV)
	@$(PY) -m pytest -n $(TEST_WORKERS) --dist loadfile -m "long or not long"

lint: $(DEV)
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m bot.locale_check

# Prints what the whole product takes and how fast it is (docs/benchmarks.md); needs 6 GB of disk for a while.
bench: $(DEV)
	@$(PY) -m benchmarks.upload_memory
	@$(PY) -m benchmarks.large_files
	@$(PY) -m benchmarks.start
	@$(PY) -m benchmarks.punctual
	@$(PY) -m benchmarks.lateness
	@$(PY) -m benchmarks.upload_speed
	@$(PY) -m benchmarks.voice_world
	@$(PY) -m benchmarks.voice

format: $(DEV)
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

# The README's pictures: what the browser test saw. Emoji need a font (Debian: fonts-noto-color-emoji).
screens: $(DEV)
	@$(PY) -m pytest tests/whole/test_browser.py
	@cp build/screens/14-draft.png docs/screens/draft.png
	@cp build/screens/16-published.png docs/screens/published.png
	@cp build/screens/17-wall.png docs/screens/wall.png

# Writes both lock files from the ranges in pyproject.toml, in an environment of its own.
lock:
	$(PYTHON) deploy/lock.py

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Content Fabric needs Python 3.11 or newer; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock | $(PY)
	@echo "Installing what Content Fabric runs on into $(VENV): about 2 GB, a few minutes, only this once."
	@if [ -n "$(TORCH_INDEX)" ]; then \
	  $(PIP) install -qq --index-url "$(TORCH_INDEX)" $$(grep -E '^torch(vision)?==' requirements.lock); fi
	@$(PIP) install -qq $$(grep -E '^torch==' requirements.lock) && $(PIP) install -qq --no-deps -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@$(PIP) install -qq --no-deps -r requirements-dev.lock
	@touch $@
