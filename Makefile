SWIFT_FLAGS := --explicit-target-dependency-import-check error
build-debug: ; swift build $(SWIFT_FLAGS)
