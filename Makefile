# Everything a person (or CI) types. Tools are brought into the user's cache folder by tests/local/tools.py.
.DEFAULT_GOAL := help
.PHONY: help demo test infra-test verdicts fuzz stack stack-test down bench cost package image plan apply smoke lint deny docs pictures fields tools
LOCAL := python3 tests/local
# One target folder for all clones on this machine: the AWS SDK is compiled once, not once a clone.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/promloom/target
# Built once a clone: what cargo would keep to build a changed crate again faster costs a fifth of the build, and gigabytes.
export CARGO_INCREMENTAL ?= 0
# What `promloom --version` says; another one compiles a single file of a few lines anew.
ifndef PROMLOOM_COMMIT
export PROMLOOM_COMMIT := $(shell git describe --always --dirty --abbrev=12 2> /dev/null)
endif

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: ## the whole pipeline on this machine, without AWS, with the real servers (DEMO_ONCE=1: do not watch)
	@$(LOCAL)/tools.py bring --needs cargo prometheus alertmanager blackbox_exporter pushgateway
	@$(LOCAL)/demo.py

verdicts: ## what bad input gets: nasty cases as expected, real files as the real tool says (NASTY=DIR: other cases)
	@$(LOCAL)/tools.py bring --needs cargo prometheus blackbox_exporter
	@env $$($(LOCAL)/tools.py env) cargo test --quiet --locked --test it verdicts:: -- --nocapture --test-threads 1

test: ## every ring of tests
	@$(LOCAL)/rings.py

infra-test: ## the Terraform: format, validity, its tests, security rules, documentation; without AWS
	@$(LOCAL)/tools.py bring --needs terraform checkov python-hcl2
	@$(LOCAL)/infra.py

SECONDS ?= 60
fuzz: ## every fuzz target for SECONDS=60, then the readers of Go and Python and promtool against ours; tests/fuzz/README.md
	@$(LOCAL)/tools.py bring --needs cargo --needs c++ --needs go cargo-fuzz prometheus ministack
	@python3 tests/fuzz/fuzz.py --seconds $(SECONDS)

stack: ## a local AWS with everything in it; push with `aws s3 cp`
	@$(LOCAL)/tools.py bring --needs cargo --needs terraform prometheus blackbox_exporter ministack
	@$$($(LOCAL)/tools.py env | sed -n 's/^MINISTACK_PYTHON=//p') tests/local/stack.py

APPLIED ?= push_path everything
stack-test: ## both stacks applied by the real provider to a local AWS that judges, planned again, pushed through, destroyed (APPLIED=push_path: one)
	@$(LOCAL)/tools.py bring --needs cargo --needs terraform --needs java prometheus blackbox_exporter cloudwatch_exporter ministack moto
	@for it in $(APPLIED); do $$($(LOCAL)/tools.py env | sed -n 's/^MINISTACK_PYTHON=//p') tests/local/applied.py $$it || exit 1; done

down: ## ends what `make stack` and `make demo` started, and takes away what only that used
	@$(LOCAL)/down.py

bench: ## ratios: the desk path beside what cannot be avoided (BUILD=1: the cold build and the functions' zips too)
	@$(LOCAL)/tools.py bring --needs cargo prometheus
	@$(LOCAL)/bench.py $(if $(BUILD),--build)

cost: ## what a stack costs a month: the tables and the plot of docs/cost.md (your own: tests/local/cost.py --help)
	@$(LOCAL)/cost.py

package: ## the functions' zips, the same bytes twice, with their SHA-256 and bill of materials (ARCHITECTURE=arm64)
	@$(LOCAL)/package.py

image: ## the image of the activity workers, by docker, buildah or podman (IMAGE=name:tag, ARCHITECTURE=arm64)
	@$(LOCAL)/image.py

plan: ## what applying ENVIRONMENT=dev would do (terraform/environments/dev.tfvars), kept for `make apply`
	@$(LOCAL)/delivery.py plan

apply: ## applies exactly the plan that `make plan` kept for ENVIRONMENT=dev
	@$(LOCAL)/delivery.py apply

smoke: ## pushes a fragment to ENVIRONMENT=dev, waits until it is live, and takes it away again
	@$(LOCAL)/delivery.py smoke

lint: ## rustfmt and clippy
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

deny: ## licences, sources and bans of the dependencies
	@$$($(LOCAL)/tools.py path cargo-deny) --config .deny.toml --locked --log-level error check bans licenses sources

# A test of the crate prints the schema that its types make, and only then compares: $(call schema,crate,module,file).
schema = cargo test --quiet --locked -p $(1) --lib $(2)::tests::the_schema_is_what_the_types_say -- --exact --nocapture 2> /dev/null \
	| sed -n '/^{/,/^}/p' > docs/.$(3).json && test -s docs/.$(3).json && mv docs/.$(3).json docs/$(3).schema.json

docs: ## the state machine as a picture, the schemas of the policy and the mapping, the reference of each Terraform module
	@$(LOCAL)/tools.py bring python-hcl2
	@$$($(LOCAL)/tools.py env | sed -n 's/^PYTHON_HCL2_PYTHON=//p') tests/local/tfdocs.py
	cargo run --quiet -p promloom -- graph > docs/statemachine.svg
	cargo test --quiet --locked -p policy -p promloom --lib --no-run
	@$(call schema,policy,schema,policy)
	@$(call schema,promloom,import::mapping,mapping)

pictures: ## docs/diagrams/*.drawio as SVG and JPG (edit them with draw.io)
	@$(LOCAL)/tools.py bring drawio
	@$(LOCAL)/pictures.py

tools: ## bring every real tool now
	@$(LOCAL)/tools.py bring --all

fields: ## the fields that Prometheus understands, read from its source (versions in the recipe)
	@cd tests/local/fields && go run main.go v0.313.5 $(foreach minor,312 311 310 309 308 307 306 305 304 303 302 301 300 55 54,v0.$(minor).0) v0.53.3 > ../../../workers/validate/src/fields/prometheus.rs
	@rustfmt --edition 2024 workers/validate/src/fields/prometheus.rs
