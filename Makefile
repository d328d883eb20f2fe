# The two commands of the README are `make pack` and `make test`; both set themselves up.
PYTHON ?= python3
BIN := .venv/bin
DEMO := outputs/demo
AS_OF ?= 2026-10-31

.PHONY: pack test deep coverage check lint types lab bench bench-quick spark clean rules

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

pack: .venv/.ready
	$(BIN)/postloan demo --out $(DEMO)/files
	$(BIN)/postloan load params/sources/demo.yaml --from $(DEMO)/files --book $(DEMO)/book
	$(BIN)/postloan build params/packs/monthly_review.yaml --book $(DEMO)/book --as-of $(AS_OF) --lang zh \
		--set plan=synthetic_lender --out outputs

test: .venv/.ready
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The laws once more, each with many times the examples, and what takes too long for every day.
deep: .venv/.ready
	POSTLOAN_TESTS=deep $(BIN)/python -m pytest -n 2 --dist loadfile tests/book tests/engine tests/metrics tests/sources tests/jobs

coverage: .venv/.ready
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered

lint: .venv/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/.ready
	$(BIN)/mypy

check: lint types test

rules: .venv/.ready
	$(BIN)/python -m postloan.jobs.rules_page

lab: .venv/.ready
	$(BIN)/postloan lab

# For books that one machine does not hold; needs Java 17 or later as well.
spark: .venv/.spark

.venv/.spark: .venv/.ready requirements-spark.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-spark.lock
	touch $@

bench: .venv/.ready
	$(BIN)/python -m benchmarks.run

bench-quick: .venv/.ready
	$(BIN)/python -m benchmarks.run --quick

clean:
	rm -rf .venv outputs/demo build/bench
