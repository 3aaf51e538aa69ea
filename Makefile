# Every target is one command; `.ci/run` calls `make test`.
PYTHON ?= python3
VENV := .venv
TEST_VENV := .venv-test
RUN := $(VENV)/bin
TEST := $(TEST_VENV)/bin
HOST ?= $(or $(ONRECORD_HOST),127.0.0.1)
PORT ?= $(or $(ONRECORD_PORT),8000)
export TOKENIZERS_PARALLELISM = false
export HF_HUB_OFFLINE ?= 1
SOURCES := models service training tests

.PHONY: help browser install serve demo test check fix test-slow load bench train evaluate golden-accept clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

install: $(VENV)/.done  ## Make the runtime environment .venv (no torch)

$(VENV)/.done: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

serve: install  ## Start the service with its page; prints the address
	$(RUN)/onrecord serve --host $(HOST) --port $(PORT)

demo: install  ## Label the example articles and print a table
	$(RUN)/onrecord label examples/articles

# torch is pinned and goes first: whatever depends on it then takes the one that is there.
$(TEST_VENV)/.done: pyproject.toml training/pyproject.toml
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(TEST)/python -m pip install --quiet --disable-pip-version-check --editable '.[corpora,traces,test]' --editable training
	@touch $@

test: $(TEST_VENV)/.done check  ## Lint, types, import contracts and all quick tests
	$(TEST)/python -m pytest --quiet -m "not slow"

check: $(TEST_VENV)/.done  ## ruff, mypy strict, import contracts
	$(TEST)/ruff check $(SOURCES)
	$(TEST)/ruff format --check $(SOURCES)
	$(TEST)/mypy
	PYTHONPATH=models:service:training $(TEST)/lint-imports

fix: $(TEST_VENV)/.done  ## Format and mend what ruff can mend
	$(TEST)/ruff check --fix $(SOURCES)
	$(TEST)/ruff format $(SOURCES)

test-slow: $(TEST_VENV)/.done  ## The tests that take minutes: crashes, made-up requests, Ray where it is installed
	$(TEST)/python -m pytest --quiet -m slow

browser: $(TEST_VENV)/.done  ## The page in headless Chromium
	$(TEST)/python -m pytest --quiet tests/service/test_page.py

load: $(TEST_VENV)/.done  ## Load test of the service on loopback, bounded in time
	$(TEST)/python -m tests.load

bench: $(TEST_VENV)/.done  ## Speed against a plain transformers pipeline; PARTS="corpus memory scaling" for others
	$(TEST)/python -m tests.bench $(or $(PARTS),pipeline)

train: $(TEST_VENV)/.done  ## Train with CONFIG=training/configs/NAME.toml (HF_HUB_OFFLINE=0 to fetch an encoder)
	$(TEST)/onrecord-train fit $(CONFIG)

evaluate: $(TEST_VENV)/.done  ## Score the shipped checkpoint on GOLD=FILE.jsonl
	$(TEST)/onrecord-train evaluate $(GOLD)

golden-accept: $(TEST_VENV)/.done  ## Take the shipped checkpoint's present output as golden
	ONRECORD_GOLDEN_ACCEPT=1 $(TEST)/python -m pytest --quiet tests/golden

clean:  ## Remove environments and caches
	rm -rf $(VENV) $(TEST_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
