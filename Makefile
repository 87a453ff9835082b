# Orders npm and cargo, nothing else. `make` without a word lists what there is.

TARGET := $(or $(CARGO_TARGET_DIR),target)
PROFILE ?= release
MINUTES ?= 30
KILLS ?= 1000
CASES ?= 20000
CAMPAIGN ?= 500

DENY = $(shell tools/cargo-tool.sh cargo-deny 0.20.2)
NEXTEST = $(shell tools/cargo-tool.sh cargo-nextest 0.9.143)

.PHONY: help run test check bench soak fuzz console openapi prepare

help:
	@echo 'make run      the server with a demo fleet, and its console'
	@echo 'make test     every test: rooms, stories, console, browser, foreign clients'
	@echo 'make check    format, clippy, tidy, licences'
	@echo 'make bench    the figures of docs/OPERATIONS.md, measured here'
	@echo 'make soak     KILLS=$(KILLS) of the server under load; a campaign over CAMPAIGN=$(CAMPAIGN); the demo fleet for MINUTES=$(MINUTES)'
	@echo 'make fuzz     the property tests with CASES=$(CASES) cases each'
	@echo 'make console  the console into console/dist'
	@echo 'make openapi  openapi.json and the types the console takes from it'

run: console
	cargo run --profile $(PROFILE) -- serve --demo

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo xtask tidy
	$(DENY) --all-features check licenses bans sources

test: prepare console
	npm --prefix console run check
	npm --prefix console test
	cargo build --workspace --bins
	tools/with-services.sh $(NEXTEST) nextest run --workspace --locked
	tools/e2e.sh $(abspath $(TARGET))/debug/busbar
	BUSBAR=$(abspath $(TARGET))/debug/busbar tests/clients/run.sh

bench:
	cargo bench --package busbar-access --bench decision
	tools/with-services.sh cargo run --release --package busbar-tests --bin bench -- $(ONLY)

soak: console
	cargo build --release
	cargo build --package busbar-sim
	BUSBAR=$(abspath $(TARGET))/release/busbar BUSBAR_SOAK_KILLS=$(KILLS) $(NEXTEST) nextest run \
		--profile soak --no-capture --package busbar-tests nothing_acknowledged_is_lost
	BUSBAR=$(abspath $(TARGET))/release/busbar BUSBAR_CAMPAIGN_STATIONS=$(CAMPAIGN) $(NEXTEST) nextest run \
		--profile soak --no-capture --package busbar-tests a_campaign_survives
	tools/soak.sh $(TARGET)/release/busbar $(MINUTES)

fuzz:
	PROPTEST_CASES=$(CASES) $(NEXTEST) nextest run --cargo-profile release \
		-p busbar-domain -p busbar-ocpp -p busbar-gateway

console:
	tools/console.sh

openapi:
	cargo run --quiet -- openapi > openapi.json.new
	mv openapi.json.new openapi.json
	npm --prefix console run generate

prepare:
	tools/prepare.sh
