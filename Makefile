# Mingjing: every command a maintainer needs. `make run` and `make test` are all a newcomer needs.
PYTHON ?= python3.11
PORT ?= 8050
PRESET ?= s
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check
LOCK := pip-compile --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-options --no-header --quiet

.PHONY: run test check bench endurance lock bundle screenshots clean

run: .venv/.run
	$(BIN)/mingjing demo --preset $(PRESET)
	$(BIN)/mingjing serve --port $(PORT)

test: .venv/.dev .venv/.browser .venv/.java check
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/test_docs.py

bench: .venv/.dev
	@for bench in benchmarks/bench_*.py; do echo "== $$bench"; PYTHONPATH=. $(BIN)/python $$bench || exit 1; done

# Ten minutes of 32 people on SQLite, then on PostgreSQL, the server killed twenty times in each; ends with a recount.
endurance: .venv/.dev
	$(BIN)/python -m tests.endurance

screenshots: .venv/.dev .venv/.browser
	$(BIN)/python docs/make_screenshots.py

# Wheels for a machine without a network: copy the folder there, then `make run OFFLINE=1`.
bundle: .venv/.run
	$(PIP) download --require-hashes --dest wheels -r requirements.txt

lock: .venv/.dev
	$(BIN)/$(LOCK) --extra dev --extra spark --output-file requirements-dev.txt pyproject.toml
	$(BIN)/$(LOCK) --constraint requirements-dev.txt --output-file requirements.txt pyproject.toml

clean:
	rm -rf .venv var

ifdef OFFLINE
FROM_BUNDLE := --no-index --find-links wheels
endif

.venv/bin/python:
	@echo "Making the environment in .venv"
	$(PYTHON) -m venv .venv

# LightGBM needs OpenMP's runtime, which a bare Debian lacks.
.venv/.run: requirements.txt pyproject.toml | .venv/bin/python
	@ldconfig -p | grep -q libgomp.so.1 || (apt-get update -qq && apt-get install -y -qq libgomp1)
	@echo "Installing what Mingjing runs on (a minute or two)"
	$(PIP) install --quiet --require-hashes $(FROM_BUNDLE) -r requirements.txt
	$(PIP) install -qqq --no-build-isolation --no-deps --no-index --editable .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	@echo "Installing what the tests need"
	$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

# Spark, which the tests compare with DuckDB, runs on Java.
.venv/.java: | .venv/bin/python
	@command -v java >/dev/null || \
		(apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq default-jre-headless)
	@touch $@

.venv/.browser: | .venv/bin/python
	@command -v chromium >/dev/null && fc-list :lang=zh | grep -q . || \
		(apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk)
	@touch $@
