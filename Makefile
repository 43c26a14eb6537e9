# `make demo` and `make test` are all a newcomer needs: each installs what it needs on Debian 12 or
# 13 and says what it does. Build output and downloads go under $(CACHE); only the console's, which
# git ignores, lies in the checkout: web/node_modules and web/dist.

CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vong
export CARGO_TARGET_DIR ?= $(CACHE)/target
# A folder of model files beside the checkout, if somebody put one there, saves a download.
export VONG_MODEL_DIR ?= $(or $(abspath $(wildcard ../shared/models)),$(CACHE)/models)

.PHONY: help setup web build demo test lint bench

help:
	@echo 'make demo    a ward on this machine: cameras, alerts, six loudspeakers in step, the console'
	@echo '             (DEMO_SECONDS=90 make demo ends by itself with a summary)'
	@echo 'make test    every check and every test, with real brokers, cameras, sound and a browser'
	@echo 'make lint    formatting and lints alone'
	@echo 'make bench   what a frame costs here, memory, and how far six clusters are apart (docs/performance.md;'
	@echo '             6 minutes)'
	@echo 'make build   the optimised binary: $(CARGO_TARGET_DIR)/release/vong'

setup:
	@bash scripts/setup.sh

web: setup
	@bash scripts/build-web.sh

build: web
	cargo build --locked --release -p gateway

demo: build
	@exec python3 scripts/demo.py --vong $(CARGO_TARGET_DIR)/release/vong --seconds $${DEMO_SECONDS:-0}

test: web
	@bash scripts/test.sh

lint: web
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

bench: build
	@bash scripts/bench.sh $(CARGO_TARGET_DIR)/release/vong
