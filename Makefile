# The same commands that CI runs. `make run` and `make test` need Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export RECSYS_HOME ?= $(CURDIR)/data
export PYTHONUTF8 := 1
# Where it is set, every process would compile the libraries anew (5 s for the graph), since uv installs them as source.
unexport PYTHONDONTWRITEBYTECODE
SETUP_LOG := $(VENV)/setup.log
UI ?= 1
PORT ?= 3000
# The CPU build of torch, so that no gigabytes of CUDA come along. Another build: make setup TORCH="torch==2.13.0" TORCH_INDEX=
TORCH ?= torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

.PHONY: setup run ui test lint format bench lock clean clean-data help

help:  ## Say what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.ready  ## Virtual environment with everything in it.

# uv installs in a quarter of pip's time (13 s against 60 to 240 s on two cores); where it does not get through, a mirror that only pip
# was told of for instance, pip does the same.
$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make run PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing (about a minute the first time; log: $(SETUP_LOG))"
	@$(BIN)/pip install --disable-pip-version-check --retries 0 --no-deps $(TORCH) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) > $(SETUP_LOG) 2>&1 \
		|| echo "$(TORCH) could not be had from $(TORCH_INDEX): the default build comes instead"
	@{ { $(BIN)/pip install --disable-pip-version-check -c constraints.txt uv && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -e '.[content,dev]' -c constraints.txt; } \
		|| $(BIN)/pip install --disable-pip-version-check -e '.[content,dev]' -c constraints.txt; } >> $(SETUP_LOG) 2>&1 \
		&& $(BIN)/python -c 'import dagster, polars, implicit, torch' >> $(SETUP_LOG) 2>&1 \
		|| { tail -n 15 $(SETUP_LOG) >&2; echo "the set-up failed; all that was said is in $(SETUP_LOG). Mend it and run make again" >&2; exit 1; }
	@touch $@

run: setup  ## Demo world if the landing zone is empty, the graph, one listener's mixes, the web UI (UI=0: without).
	@$(BIN)/python -m scripts.run --ui $(UI) --port $(PORT)

ui: setup  ## The web UI and its daemon, over what is there.
	@$(BIN)/python -m scripts.run --only-ui --port $(PORT)

test: setup  ## The test suite.
	@$(BIN)/pytest

lint: setup  ## Format, lint, types, SQL, import contracts.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/sqlfluff lint sql --disable-progress-bar -q
	@$(BIN)/lint-imports
	@$(BIN)/pyright

format:  ## Put the code into its form.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/sqlfluff fix sql --disable-progress-bar -q

bench: setup  ## Speed and memory on the large world, as ratios against bare implicit.
	@$(BIN)/python -m benchmarks.large_world

lock:  ## Compile constraints.txt anew for all platforms.
	@$(BIN)/uv pip compile --universal -q --python-version 3.11 --no-header --no-annotate --all-extras pyproject.toml -o constraints.txt

clean:  ## Remove the virtual environment, builds and caches; data stays.
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# What has landed and the list of the forgotten can not be made again: nobody loses them for want of disk space.
clean-data:  ## Remove all data below RECSYS_HOME, landing/ and state/ included. Asks; YES=1 does not.
	@test "$(YES)" = 1 || { printf 'Delete all data in %s, landing/ and the list of the forgotten included? [y/N] ' "$$RECSYS_HOME"; read answer; test "$$answer" = y; } \
		|| { echo "nothing was deleted"; exit 1; }
	cd "$$RECSYS_HOME" && rm -rf landing lake warehouse.duckdb .warehouse.duckdb.* exports dagster state demo_truth press warc
