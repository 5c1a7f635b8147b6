# Two commands for a newcomer: `make demo` and `make test`. Each makes its own virtual environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CORPUS ?= ../shared/corpus
NODE := benchmarks/.node

.PHONY: demo test check wheel corpus bench bench-node catalogue docs screenshot clean

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "privacy_mw needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@echo "Making $(VENV) (once; takes about a minute) …"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)  ## the Flask shop as four visitors see it; CHECK=1 only checks
	@$(BIN)/python -m examples.flask_app.demo $(if $(CHECK),--check)

check: $(READY)  ## formatting, lint, types, generated data
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tools.catalogue --check
	$(BIN)/python tools/write_rewriting_docs.py --check

test: check  ## everything; browser tests are skipped when there is no Chromium
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

wheel: $(READY)  ## builds sdist and wheel and tests the installed wheel; NEWEST=1 only under the newest Python
	$(BIN)/python tools/test_wheel.py $(if $(NEWEST),--newest)

corpus: $(READY)  ## scores the rewriter on a corpus of real pages that lies beside the repository
	$(BIN)/python $(CORPUS)/evaluate.py --adapter benchmarks/corpus_adapter.py --split all --idempotent

bench: $(READY) bench-node  ## the figures of the README; FULL=1 adds 64 MB pages and a stream of 1 GB
	$(BIN)/python -m benchmarks.requests
	$(BIN)/python -m benchmarks.catalogue
	$(BIN)/python -m benchmarks.pages $(CORPUS)/pages
	$(BIN)/python -m benchmarks.hostile $(CORPUS)/pages $(if $(FULL),--full)

bench-node: benchmarks/package.json  ## what the figures are compared with in node; goes on without
	@cmp -s $< $(NODE)/package.json || { mkdir -p $(NODE) && cp $< $(NODE) \
	  && npm install --prefix $(NODE) --no-package-lock --no-audit --no-fund --silent; } \
	  || { rm -rf $(NODE); echo "npm could not install html-rewriter-wasm; on Debian and Ubuntu: apt-get install nodejs npm"; }

catalogue: $(READY)  ## builds the shipped catalogue from catalogue/
	$(BIN)/python -m tools.catalogue

docs: $(READY)  ## docs/rewriting.md, by running the rewriter
	$(BIN)/python tools/write_rewriting_docs.py

screenshot: $(READY)
	$(BIN)/python -m tests.browser.screenshot

clean:
	rm -rf $(VENV) $(NODE) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build dist
