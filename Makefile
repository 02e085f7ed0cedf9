# The only entry point people learn. `make help` lists the targets.

# One flag set for every build: another one would rebuild the world. It makes the arrows of Package.swift binding.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
# The release binary carries Swift's runtime: it runs where no Swift is, and its calls into it are direct (a sixth faster).
RELEASE_FLAGS := -c release --static-swift-stdlib $(SWIFT_FLAGS)
DEBUG := .build/debug/agentcore-local
RELEASE := .build/release/agentcore-local
VENVS := .cache/venv
CLIENTS := Tests/RealClients
ARGS ?= scenarios
# One core for each: the interpreter the real clients' environments are made with.
PYTHON ?= python3

.PHONY: run test test-swift test-clients serve demo build build-debug bench bench-peers dist dist-check wheel docs lint format contract drift setup help clean

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

bench: build ## Figures beside their budgets, on the release binary
	swift build $(RELEASE_FLAGS) --product bench
	.build/release/bench

# OBJECTS names a release build that stands elsewhere; then nothing is built.
OBJECTS ?= .build/release
dist: $(if $(filter .build/release,$(OBJECTS)),build) ## One stripped binary with all it needs, at .build/dist/agentcore-local
	Tests/Tools/dist.sh $(OBJECTS) .build/dist

dist-check: dist ## That binary in a bare Debian 12 and Ubuntu 24.04 (needs debootstrap and root)
	Tests/Tools/bare.sh .build/dist bookworm
	Tests/Tools/bare.sh .build/dist noble --no-check-gpg

wheel: dist ## The Python wheel with the binary in it, at .build/wheel
	$(PYTHON) Tests/Tools/wheel.py .build/dist/agentcore-local/bin/agentcore-local .build/wheel

docs: build-debug ## The documentation, at .build/docs/index.html
	$(PYTHON) Tests/Tools/docs $(DEBUG) .build/docs

bench-peers: $(VENVS)/mcp2/.ready $(VENVS)/peers/.ready $(VENVS)/moto/.ready ## The programs bench measures itself against

lint: ## Style, strictly
	swift format lint --strict --parallel --recursive Sources Tests Package.swift

format: ## Apply the style
	swift format --in-place --parallel --recursive Sources Tests Package.swift

contract: ## Make mocks/contract again from the botocore of the first python3 on PATH
	$(PYTHON) Tests/Tools/contract.py mocks/contract/contract.json

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

$(VENVS)/%/.ready: $(CLIENTS)/%.txt
	$(PYTHON) -m venv --clear $(VENVS)/$*
	$(VENVS)/$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

clean: ## Remove what was built
	rm -rf .build .cache

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
