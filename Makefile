# Every task of the project. `make` alone prints this list. The only need is Python 3.11+ (set PYTHON to choose one).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where the shell says that Python shall not keep what it compiled, as images for containers do, each of the hundreds of processes of the tests compiles emojit anew.
export PYTHONDONTWRITEBYTECODE :=
READY := $(VENV)/.ready

.DEFAULT_GOAL := help

.PHONY: help
help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-14s %s\n", $$1, $$2 }'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("emojit needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

.PHONY: install
install: $(READY) ## set up .venv with everything that tests and demo use, pinned by constraints.txt

.PHONY: browser
browser: ## install Chromium, which the browser tests drive; without it they are left out, and the summary says so
	@scripts/install_browser.sh

.PHONY: demo
demo: $(READY) ## the main job: build, push, train, measure and load back, on one machine, offline
	$(BIN)/emojit demo

.PHONY: test
test: $(READY) ## lint, types, layers and every test but those that need the public Hub
	@$(MAKE) --no-print-directory --jobs=3 lint types layers
	$(BIN)/python -m pytest -m 'not hub' -n auto --dist loadfile --no-loadscope-reorder

.PHONY: fast
fast: $(READY) ## the tests that take seconds
	$(BIN)/python -m pytest -m 'not hub and not slow' -n auto --dist loadfile --no-loadscope-reorder

.PHONY: lint
lint: $(READY) ## ruff, spelling, and that generated files are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell emojit scripts tests docs eval_modules recipes spaces benchmarks dataset_cards model_cards README.md CONTRIBUTING.md CHANGELOG.md
	$(BIN)/python scripts/build_eval_modules.py --check
	$(BIN)/python scripts/render_cli_docs.py --check

.PHONY: types
types: $(READY) ## mypy --strict
	$(BIN)/mypy --num-workers 2

.PHONY: layers
layers: $(READY) ## the direction of imports, as drawn in docs/design.md
	$(BIN)/lint-imports

.PHONY: format
format: $(READY) ## format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: docs
docs: $(READY) ## write docs/cli.md and the metric modules anew
	$(BIN)/python scripts/render_cli_docs.py
	$(BIN)/python scripts/build_eval_modules.py

.PHONY: bench
bench: $(READY) ## run the benchmarks; each prints ratios and fails below its target
	$(BIN)/python benchmarks/emoji_reader.py
	$(BIN)/python benchmarks/metrics_speed.py
	$(BIN)/python benchmarks/sentence_splitting.py
	$(BIN)/python benchmarks/corpus_filters.py
	$(BIN)/python benchmarks/corpus_scale.py
	$(BIN)/python benchmarks/teacher_engine.py
	$(BIN)/python benchmarks/density.py
	$(BIN)/python benchmarks/loss_memory.py
	$(BIN)/python benchmarks/linear_scale.py
	$(BIN)/python benchmarks/hub_speed.py

.PHONY: bench-large
bench-large: $(READY) ## 100,000 pairs through a synthetic endpoint, 1,000 commits and files of 5 GiB on the Hub: flat memory, steady rate
	$(BIN)/python benchmarks/build_scale.py
	$(BIN)/python benchmarks/hub_endurance.py

.PHONY: wheel
wheel: $(READY) ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
