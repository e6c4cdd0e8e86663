# Everything here is one script of scripts/; `make help` lists it.
# Arguments for the command behind a target: make demo ARGS="--count 100"

.DEFAULT_GOAL := help
.PHONY: help serve test check fmt e2e audit chaos bench demo clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: ## install what is missing, build, and start on http://127.0.0.1:3000 with the data in ./data
	@scripts/serve.sh $(ARGS)

test: ## install what is missing and run everything: format, lints, tests, the browser
	@scripts/test.sh

check: ## format and lints only
	@scripts/setup.sh check
	@scripts/check.sh

fmt: ## format the Rust code
	@cargo fmt --all

e2e: ## the tests in the browser only
	@scripts/setup.sh test
	@scripts/build.sh
	@scripts/e2e.sh $(ARGS)

audit: ## licences, banned crates, sources, and known vulnerabilities where the network has them
	@scripts/setup.sh audit
	@scripts/audit.sh

chaos: ## the long tests with their full counts, outages and millions
	@scripts/chaos.sh $(ARGS)

bench: ## measure, as JSON lines
	@scripts/bench.sh $(ARGS)

demo: ## submit a mixed batch of real work and follow it to the end
	@scripts/baton.sh demo $(ARGS)

clean: ## remove what was built and installed in this folder; ./data and the compiled tools stay
	cargo clean
	rm -rf style/node_modules end2end/node_modules end2end/test-results public/vendor
