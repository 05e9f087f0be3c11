# Everything runs in a private .venv; each step is done again only when what it depends on has changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Without its bytecode every process of the tests compiles all of the program, and each of them all of the tests.
unexport PYTHONDONTWRITEBYTECODE

# One process a core; tests that share an engine or a browser stay in one.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadgroup --durations 10

.PHONY: demo test test-fast docs check release-check clean

demo: $(VENV)/.installed
	$(BIN)/kojudge demo

# `make test SELECT='-m vllm'`, `make test SELECT=tests/text`: a part of it.
test: $(VENV)/.installed-test
	$(PYTEST) $(SELECT)

test-fast: $(VENV)/.installed-test
	$(PYTEST) -m 'not proofs and not vllm and not browser'

docs: $(VENV)/.installed-dev
	$(BIN)/sphinx-build --quiet --nitpicky --fail-on-warning --keep-going --doctree-dir build/doctrees docs build/docs

check: docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PYTEST)

# What a release consists of: wheel and sdist, checked, and the demo from the wheel in an environment of its own.
release-check: $(VENV)-release/.installed
	rm -rf dist $(VENV)-wheel
	$(VENV)-release/bin/python -m build --outdir dist
	$(VENV)-release/bin/python -m twine check --strict dist/*
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	cd dist && ../$(VENV)-wheel/bin/kojudge --version
	demo=$$(mktemp -d) && cd "$$demo" && "$(CURDIR)/$(VENV)-wheel/bin/kojudge" demo --quiet --out out && rm -rf "$$demo"

$(VENV)-release/.installed:
	$(PYTHON) -m venv $(VENV)-release
	$(VENV)-release/bin/python -m pip install --quiet --disable-pip-version-check 'build>=1.2,<2' 'twine>=6,<8'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-release $(VENV)-wheel .venv-vllm dist build outputs/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("kojudge needs Python 3.11 or newer, $(PYTHON) is " + sys.version.split()[0] + "; call make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-test
