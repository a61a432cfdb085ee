# Two commands do all the set-up: `make run` and `make test`. `make` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export LUOXUAN_HOME ?= var

##@ Use
.PHONY: run
run: install ## Install, build the demo college where there are no data yet, and serve the pages
	@$(BIN)/luoxuan ready || $(BIN)/luoxuan demo
	@exec $(BIN)/luoxuan run

.PHONY: demo
demo: install ## Build the demo college anew (set DEMO="--students 1500" for a small one)
	$(BIN)/luoxuan demo $(DEMO)

##@ Work on it
.PHONY: check
check: install-dev ## The inner loop: lint, types, quick tests (under a minute)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q -m "not slow and not browser" -n 2

.PHONY: test
test: install-dev browser ## Everything: lint, types, all tests on SQLite, PostgreSQL and in Chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: bench
bench: install-dev ## Measure speed, as ratios within one run; needs a quiet machine
	$(BIN)/python -m bench

.PHONY: shots
shots: install-dev browser ## Photograph every page as everybody sees it, into var/gallery
	$(BIN)/python -m tests.e2e.gallery $(SHOTS)

.PHONY: docs
docs: install ## Write the generated pages of docs/ again
	$(BIN)/python -m docs.generate

.PHONY: lock
lock: $(VENV)/bin/python ## Resolve the dependencies of pyproject.toml anew, with hashes
	@$(BIN)/pip install -q --disable-pip-version-check uv
	$(BIN)/uv pip compile -q --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

##@ Set-up (done by the targets above)
.PHONY: install
install: $(VENV)/.installed ## Install what the product needs

.PHONY: install-dev
install-dev: $(VENV)/.installed-dev ## Install what tests need as well

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)

# uv installs in seconds what takes pip minutes; where it cannot be had, pip does the same work.
$(VENV)/.installed: $(VENV)/bin/python requirements.lock pyproject.toml
	@$(BIN)/pip install -q --disable-pip-version-check uv || echo "uv is not available; using pip"
	@if [ -x $(BIN)/uv ]; then VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q -r requirements.lock; \
	 else $(BIN)/pip install -q --disable-pip-version-check -r requirements.lock; fi
	@$(call install_self)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@if [ -x $(BIN)/uv ]; then VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q -r requirements-dev.lock; \
	 else $(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.lock; fi
	@$(call install_self)
	@touch $@

define install_self
if [ -x $(BIN)/uv ]; then VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .; \
else $(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; fi
endef

.PHONY: browser
browser: ## Install Chromium and Chinese fonts where they are missing (Debian, as root)
	@if ! command -v chromium >/dev/null || ! fc-list :lang=zh | grep -q .; then \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null; \
	  else echo "Chromium or Chinese fonts are missing; browser tests will say so and be skipped."; fi; fi

.PHONY: clean
clean: ## Remove the environment and all caches; data in var/ stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache *.egg-info

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-zA-Z_-]+:.*##/ {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
