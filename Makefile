.DEFAULT_GOAL := help
.PHONY: help up down status logs demo bench soak test check lock clean

PYTHON ?= python3
BIN := .venv/bin
DEALWIRE := $(BIN)/dealwire
READY := .venv/.made-from-lock
# One more than there are cores: tests that wait leave a core to others.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

help: ## What there is to say to make
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' Makefile
	@echo "  DEALWIRE_PORT=8300 moves the whole stack; DEALWIRE_SERVERS=external|docker|embedded chooses its servers."

up: $(READY) ## Start the whole stack on this machine and send it the sample leads
	@$(DEALWIRE) up

down: $(READY) ## Stop the stack; its data stays
	@$(DEALWIRE) down

status: $(READY) ## Show servers, services, lag, outbox and parked messages
	@$(DEALWIRE) status

logs: $(READY) ## Follow what the stack prints, until Ctrl-C
	@$(DEALWIRE) logs --follow

demo: $(READY) ## Play a compressed month of sales on the running stack
	@$(DEALWIRE) demo

bench: $(READY) ## Measure rates and latencies on servers of its own; writes bench.json
	@$(BIN)/python -m tests.bench

soak: $(READY) ## Send 100,000 leads while everything is being killed, then check every one of them
	@$(BIN)/python -m tests.soak

test: $(READY) ## Run every test, on servers of its own beside a running stack
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(READY) ## Check formatting, lint, types, import boundaries and event contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.contracts.generate --check

lock: ## Choose the versions of all dependencies anew (needs uv)
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --universal \
		--extra local --extra dev --upgrade pyproject.toml -o requirements.lock

clean: ## Stop every stack of this checkout and remove all that was made: data, environment, caches
	@if [ -x $(DEALWIRE) ] && [ -d .dealwire ]; then $(DEALWIRE) clean --all; fi
	rm -rf .dealwire .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# With uv on the PATH this takes seconds, with the pip that Python brings along a minute; both check every hash.
$(READY): requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and there is no $(PYTHON)."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Making the Python environment in .venv (a minute the first time) ..."
	@if command -v uv >/dev/null; then \
		{ [ -x $(BIN)/python ] || uv venv -q -p $(PYTHON) .venv; } \
		&& uv pip sync -q -p $(BIN)/python --require-hashes requirements.lock \
		&& uv pip install -q -p $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
		$(PYTHON) -m venv .venv \
		&& $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock \
		&& $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi || { echo "The environment could not be made: see above. Without a network, or behind a proxy or a mirror (HTTPS_PROXY, PIP_INDEX_URL), nothing can be fetched; then say it again."; exit 1; }
	@$(BIN)/python -m compileall -q -j 0 cli deploy services shared
	@touch $@
