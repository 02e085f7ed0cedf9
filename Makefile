# The only entry point people learn. `make help` lists the targets.

# One flag set for every build: another one would rebuild the world. It makes the arrows of Package.swift binding.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
# The release binary carries Swift's runtime: it runs where no Swift is, and its calls into it are direct (a sixth faster).
# It stands at a fixed address, so that 160,000 places need not be written at its start (1.3 ms, 1.6 MB of its own), and
# names nothing for others to load (0.5 ms, 3 MB).
RELEASE_FLAGS := -c release --static-swift-stdlib -Xlinker -no-pie -Xlinker --no-export-dynamic $(SWIFT_FLAGS)
DEBUG := .build/debug/agentcore-local
# OBJECTS names a release build that stands elsewhere; then nothing is built.
OBJECTS ?= .build/release
RELEASE := $(abspath $(OBJECTS))/agentcore-local
BUILT := $(if $(filter .build/release,$(OBJECTS)),build)
VENVS := .cache/venv
CLIENTS := Tests/RealClients
ARGS ?= scenarios
# The interpreter that the environments of the real clients and the peers are made with, and the tools run on.
PYTHON ?= python3

.PHONY: run test test-swift test-clients serve demo build build-debug bench bench-peers dist dist-check wheel docs lint format contract ready lock drift setup help clean \
	kills robust soak fuzz sanitize

run: build-debug ## Play the scenarios (ARGS=path for some of them)
	$(DEBUG) run $(ARGS)

test: lint test-swift test-clients ## Everything: lint, unit and scenario tests, real clients

test-swift: setup ## Unit tests, scenarios, tidy
	swift build $(SWIFT_FLAGS) --build-tests --quiet
	swift test $(SWIFT_FLAGS) --disable-xctest --skip-build --quiet

test-clients: build-debug $(VENVS)/mcp1/.ready $(VENVS)/mcp2/.ready $(VENVS)/aws/.ready ## boto3, the MCP SDKs and a plain HTTP client against `serve`
	AGENTCORE_LOCAL=$(CURDIR)/$(DEBUG) $(VENVS)/mcp1/bin/python -m pytest -q -p no:cacheprovider $(CLIENTS) --client mcp1
	AGENTCORE_LOCAL=$(CURDIR)/$(DEBUG) $(VENVS)/mcp2/bin/python -m pytest -q -p no:cacheprovider $(CLIENTS) --client mcp2
	AGENTCORE_LOCAL=$(CURDIR)/$(DEBUG) $(VENVS)/aws/bin/python -m pytest -q -p no:cacheprovider $(CLIENTS) --client aws

serve: build-debug ## Serve the default lab on ports 4580 to 4586
	$(DEBUG) serve

demo: build-debug ## Tell method 2 in the terminal, message by message
	$(DEBUG) demo

build: setup ## Release binary at .build/release/agentcore-local
	swift build $(RELEASE_FLAGS) --product agentcore-local

build-debug: setup
	swift build $(SWIFT_FLAGS) --quiet

# BENCH="--only rates --check" for one part, or to fail where a budget is missed.
BENCH ?= --json .build/bench.json
bench: $(BUILT) ## Figures beside their budgets, on the release binary; kept as JSON at .build/bench.json
	$(if $(BUILT),swift build $(RELEASE_FLAGS) --product bench)
	@mkdir -p .build
	$(OBJECTS)/bench $(BENCH)

dist: $(BUILT) ## One stripped binary with all it needs, at .build/dist/agentcore-local
	Tests/Tools/dist.sh $(OBJECTS) .build/dist

dist-check: dist ## That binary in a bare Debian 12 and Ubuntu 24.04 (needs debootstrap and root)
	Tests/Tools/bare.sh .build/dist bookworm
	Tests/Tools/bare.sh .build/dist noble --no-check-gpg

wheel: dist ## The Python wheel with the binary in it, at .build/wheel
	$(PYTHON) Tests/Tools/wheel.py .build/dist/agentcore-local/bin/agentcore-local .build/wheel

docs: build-debug ## The documentation, at .build/docs/index.html
	$(PYTHON) Tests/Tools/docs $(DEBUG) .build/docs

PEERS := mcp2 peers moto ministack oidc contextforge tavern
bench-peers: $(PEERS:%=$(VENVS)/%/.ready) ## The programs bench measures itself against

# The same tests as in `test-clients`, longer and on the release binary.
LONG = AGENTCORE_LOCAL=$(RELEASE) $(VENVS)/mcp1/bin/python -m pytest -q -s -p no:cacheprovider --client mcp1

kills: $(BUILT) $(VENVS)/mcp1/.ready ## 500 times kill -9 under load, and what was answered is there (KILLS=)
	DURABILITY_KILLS=$(or $(KILLS),500) $(LONG) $(CLIENTS)/test_durability.py

robust: $(BUILT) $(VENVS)/mcp1/.ready ## 10,000 connections, 400 bodies of 6 MB, 20,000 generated AWS calls (CONNECTIONS=, BODIES=, CALLS=)
	ROBUST_CONNECTIONS=$(or $(CONNECTIONS),10000) ROBUST_BODIES=$(or $(BODIES),400) \
		GENERATED_CALLS=$(or $(CALLS),20000) $(LONG) $(CLIENTS)/test_robust.py \
		$(CLIENTS)/test_generated_calls.py

soak: $(BUILT) ## Mixed load with faults at constant memory and files (MINUTES=30)
	$(PYTHON) Tests/Tools/soak.py $(RELEASE) --minutes $(or $(MINUTES),30)

fuzz: ## Ten million seeded inputs to every parser and endpoint (INPUTS=, SEED=)
	$(if $(BUILT),swift build $(RELEASE_FLAGS) --product fuzz)
	$(OBJECTS)/fuzz --inputs $(or $(INPUTS),10000000) --seed $(or $(SEED),1)

# A build of its own for each sanitizer: thread or address.
sanitize: setup ## The Swift tests under SANITIZER=thread (or address)
	swift build --scratch-path .build/$(or $(SANITIZER),thread) --sanitize $(or $(SANITIZER),thread) \
		$(SWIFT_FLAGS) --build-tests --quiet
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/Tools/tsan.txt exitcode=66" ASAN_OPTIONS="detect_leaks=0" FUZZ_ROUNDS=500 \
		swift test --scratch-path .build/$(or $(SANITIZER),thread) --sanitize $(or $(SANITIZER),thread) \
		$(SWIFT_FLAGS) --disable-xctest --skip-build --quiet

lint: ## Style, strictly
	swift format lint --strict --parallel --recursive Sources Tests Package.swift

format: ## Apply the style
	swift format --in-place --parallel --recursive Sources Tests Package.swift

contract: ## Make mocks/contract again from the botocore of the first python3 on PATH
	$(PYTHON) Tests/Tools/contract.py mocks/contract/contract.json

ready: build-debug ## Make mocks/ready again from the YAML files of mocks, after one was changed
	RECORD=1 swift test $(SWIFT_FLAGS) --disable-xctest --filter ReadyFileTests --quiet

# Not part of `test`: what it finds is news, and comes with somebody else's release.
drift: build-debug ## What the newest boto3 has that we have not, and our boto3 tests with it
	$(PYTHON) -m venv --clear $(VENVS)/drift
	$(VENVS)/drift/bin/python -m pip install --quiet --disable-pip-version-check boto3 pytest
	PATH=$(CURDIR)/$(VENVS)/drift/bin:$$PATH $(DEBUG) doctor --model
	AGENTCORE_LOCAL=$(CURDIR)/$(DEBUG) $(VENVS)/drift/bin/python -m pytest -q -p no:cacheprovider --client mcp1 \
		$(CLIENTS)/test_aws_operations.py $(CLIENTS)/test_boto3_flow.py $(CLIENTS)/test_sigv4.py

# Installs SQLite's headers when they are missing and it may; says how when it may not.
setup:
	@if ! printf '#include <sqlite3.h>\n' | cc -E - >/dev/null 2>&1; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -q && apt-get install -yq libsqlite3-dev; \
		else \
			echo "SQLite's headers are missing. Install them: sudo apt-get install libsqlite3-dev" >&2; exit 1; \
		fi; \
	fi

$(VENVS)/%/.ready: $(CLIENTS)/%.txt $(CLIENTS)/locked/%.txt
	$(PYTHON) -m venv --clear $(VENVS)/$*
	$(VENVS)/$*/bin/python -m pip install --quiet --disable-pip-version-check -r $< -c $(CLIENTS)/locked/$*.txt
	touch $@

# What a client brings along is of its own making; a release of somebody else must not break CI.
lock: ## Note anew what each Python client and peer brings along
	for name in $(basename $(notdir $(wildcard $(CLIENTS)/*.txt))); do \
		$(PYTHON) -m venv --clear $(VENVS)/lock && \
		$(VENVS)/lock/bin/python -m pip install --quiet --disable-pip-version-check -r $(CLIENTS)/$$name.txt && \
		$(VENVS)/lock/bin/python -m pip freeze --disable-pip-version-check > $(CLIENTS)/locked/$$name.txt || exit 1; \
	done

clean: ## Remove what was built
	rm -rf .build .cache

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
