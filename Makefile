# What a person types. `make help` lists it; CI runs `make test` and `make check`.
SHELL := /bin/bash
VENV := .venv
SWIFT_FLAGS ?=
BIN := .build/release/mamorite
export MAMORITE_PACKS ?= $(CURDIR)/Packs

.PHONY: help setup demo run check test bench sbom fmt release packs

help:
	@echo "make setup   installs Debian packages and the Python environment (says what it does)"
	@echo "make demo    demonstration hospital in var/demo, report, then serves (DEMO_SERVE=0 stops after the report)"
	@echo "make run     serves var/data at http://127.0.0.1:8080/ ; the first page sets the program up"
	@echo "make test    every test: SQLite, PostgreSQL, browser, processes"
	@echo "make check   formatting, build, packs"
	@echo "make bench   figures, with the machine's facts (PART=monitoring for some alone)"
	@echo "make sbom    what the program is made of, as CycloneDX: mamorite.cdx.json"
	@echo "make fmt     formats the Swift code"

setup:
	@tools/setup.sh

release: setup
	swift build -c release --product mamorite $(SWIFT_FLAGS)

demo: release
	@mkdir -p var/demo
	$(BIN) demo --data var/demo
	@if [ "$(DEMO_SERVE)" = "0" ]; then echo "DEMO_SERVE=0: 報告までで終わります。 Stopping after the report."; \
	else exec $(BIN) serve --data var/demo --port $${PORT:-8080}; fi

run: release
	@mkdir -p var/data
	exec $(BIN) serve --data var/data --port $${PORT:-8080}

# The browser and the processes use the program that the Swift tests were built with. Three workers for two cores: some
# tests mostly wait. Tests/conftest.py says in which order.
# Nothing is left out for want of what setup installs; what is left out for another reason is named at the end.
test: export MAMORITE_TESTS = whole
test: setup
	tools/swift-tests.sh $(SWIFT_FLAGS)
	MAMORITE_BIN=$(CURDIR)/.build/debug/mamorite $(VENV)/bin/python -m pytest -q -rfEs -n 3 --dist loadgroup --no-loadscope-reorder Tests/Browser Tests/Process

check: setup
	swift format lint --strict --recursive --parallel Sources Tests Benchmarks Package.swift
	swift build --build-tests $(SWIFT_FLAGS)
	.build/debug/mamorite pack lint

bench: release
	tools/with-postgres.sh swift run -c release $(SWIFT_FLAGS) Bench $(PART)

sbom: release
	tools/sbom.py > mamorite.cdx.json.part && mv mamorite.cdx.json.part mamorite.cdx.json

fmt:
	swift format --in-place --recursive --parallel Sources Tests Benchmarks Package.swift
