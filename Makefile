# graphwell's tasks; `make help` lists them. Environments are remade only when the files they come from change.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

ARCH ?= arm64 x86_64
PROVIDER ?= openai
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
UV_COMPILE := .venv-sam/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)
# Packages of another Python version would stay behind in an environment that is made over.
make_venv = [ "$$($(1)/bin/python --version 2>/dev/null)" = "$$("$$python" --version)" ] || rm -rf $(1); \
	"$$python" -m venv $(1)
TEMPLATES := template.yaml monitoring.yaml network.yaml valkey.yaml
CHECKED_BY_MYPY := $(wildcard layers/shared/graphwell devstack functions scripts tests bench layers/embedding/copy_model.py)

export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

ifneq ($(filter-out arm64 x86_64,$(ARCH)),)
$(error ARCH=$(ARCH) is not known; use ARCH=arm64, ARCH=x86_64, or leave it out for both)
endif
ifeq ($(filter openai onnx,$(PROVIDER)),)
$(error PROVIDER=$(PROVIDER) is not known; use PROVIDER=openai, or PROVIDER=onnx to build the embedding layer as well)
endif

.PHONY: help
help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: .venv/.installed ## make .venv with the project and what it is developed with

.PHONY: demo
demo: setup ## start the local stack, take in some documents and answer a question
	@.venv/bin/graphwell demo

.PHONY: test
test: lint test-unit test-security test-infrastructure audit build test-integration test-e2e test-faults ## everything CI runs

.PHONY: lint
lint: setup ## style, types and the direction of imports
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy $(CHECKED_BY_MYPY)
	.venv/bin/lint-imports

.PHONY: openapi
openapi: setup ## write docs/openapi.json again
	.venv/bin/python -m devstack.openapi docs/openapi.json

.PHONY: cost-page
cost-page: setup ## write the tables of docs/cost.md again, after a change of prices or formulas
	.venv/bin/python -m devstack.costing.page docs/cost.md

.PHONY: grafana
grafana: setup ## write grafana.json again, from the dashboard of monitoring.yaml
	.venv/bin/python -m scripts.grafana_dashboard grafana.json

.PHONY: api-page
api-page: setup ## write docs/api.html, the API reference to browse; it loads nothing from elsewhere
	.venv/bin/python -m devstack.api_page docs/api.html

.PHONY: configuration
configuration: setup ## write docs/configuration.md again, after a change of a setting or a parameter
	.venv/bin/python -m devstack.configuration docs/configuration.md

.PHONY: test-unit test-security test-mutants test-infrastructure test-integration test-e2e test-faults
test-unit: setup ## rules and use cases, against fakes
	.venv/bin/pytest --numprocesses 2 tests/unit
test-security: setup ## attacks
	.venv/bin/pytest --numprocesses 2 tests/security
test-mutants: setup ## every tenant predicate left out in turn, of which test-security tries a share each day; half an hour
	GRAPHWELL_ALL_MUTANTS=1 .venv/bin/pytest tests/security/test_non_interference.py
test-infrastructure: setup ## template.yaml, events and packaging
	.venv/bin/pytest --numprocesses 2 tests/infrastructure
test-integration: setup ## adapters and the gateway, against real servers
	.venv/bin/pytest tests/integration
test-e2e: setup ## the whole local stack, over HTTP
	.venv/bin/pytest tests/e2e
test-faults: setup ## the same with processes killed
	.venv/bin/pytest --numprocesses 2 --dist worksteal tests/faults

.PHONY: build
build: validate $(addprefix build-,$(ARCH)) ## sam build into .aws-sam/<arch>; ARCH=arm64|x86_64, PROVIDER=onnx
	@.venv-sam/bin/python scripts/check_build.py $(addprefix .aws-sam/,$(ARCH))

.PHONY: validate
validate: .venv-sam/.installed
	@PATH="$(CURDIR)/.venv-sam/bin:$$PATH" sam validate --lint
	.venv-sam/bin/cfn-lint $(TEMPLATES)

.PHONY: audit
audit: .venv-audit/.installed ## the templates against checkov's rules; what is skipped says why beside the resource
	.venv-audit/bin/checkov --file $(TEMPLATES) --framework cloudformation --compact --quiet --skip-download

.PHONY: build-arm64 build-x86_64
build-arm64 build-x86_64: build-%: .venv-sam/.installed $(if $(filter onnx,$(PROVIDER)),.venv/.installed)
	@echo "sam build for $*"
	@mkdir -p .aws-sam
	@log=".aws-sam/build-$*.log"; \
	PATH="$(CURDIR)/.venv-sam/bin:$$PATH" GRAPHWELL_PYTHON="$(CURDIR)/.venv/bin/python" sam build \
		--build-dir ".aws-sam/$*" --cache-dir .aws-sam/cache \
		--parameter-overrides "Architecture=$* EmbeddingProvider=$(PROVIDER)" > "$$log" 2>&1 \
		|| { cat "$$log"; exit 1; }
	@.venv-sam/bin/python scripts/finish_layers.py ".aws-sam/$*"

.PHONY: bench
bench: setup ## the figures of bench/, measured on this machine
	.venv/bin/python -m bench

.PHONY: bench-retrieval bench-peers
bench-retrieval: setup bench-peers ## what retrieval finds and costs: the tables and plots of docs/retrieval.md; hours
	.venv/bin/python -m bench.ranking
	.venv/bin/python -m bench.index_settings
	.venv/bin/python -m bench.growth
	.venv/bin/python -m bench.filters
	.venv/bin/python -m bench.filtered_recall
	.venv/bin/python -m bench.retrieval_plots
bench-peers: setup .venv-peers/.installed ## graphwell next to other libraries
	.venv/bin/python -m bench.peers

.PHONY: bench-graph
bench-graph: setup ## what graph search finds and costs: the tables of docs/graph.md and docs/agent.md
	.venv/bin/python -m bench.graph_search
	.venv/bin/python -m bench.graph_trial
	.venv/bin/python -m bench.graph_merges
	.venv/bin/python -m bench.agent

.PHONY: requirements
requirements: .venv-sam/.installed ## pin requirements again; UPGRADE=1 takes the newest versions
	$(UV_COMPILE) layers/shared/requirements.in -o layers/shared/requirements.txt
	$(UV_COMPILE) layers/extraction/requirements.in -o layers/extraction/requirements.txt
	$(UV_COMPILE) --no-deps layers/embedding/requirements.in -o layers/embedding/requirements.txt
	$(UV_COMPILE) requirements/dev.in $(foreach layer,shared extraction embedding,-c layers/$(layer)/requirements.txt) \
		-o requirements/dev.txt
	$(UV_COMPILE) requirements/sam.in -o requirements/sam.txt
	$(UV_COMPILE) requirements/audit.in -o requirements/audit.txt
	$(UV_COMPILE) requirements/peers.in -o requirements/peers.txt

.PHONY: clean
clean: ## remove environments, builds and caches; the local stack's data in .graphwell stays
	rm -rf .venv .venv-audit .venv-peers .venv-sam .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/.installed: requirements/dev.txt pyproject.toml
	@python=$$(scripts/find_python.sh); \
	echo "Installing into .venv with $$("$$python" --version); the first time takes a minute or two"; \
	$(call make_venv,.venv)
	@.venv/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/dev.txt
	@.venv/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# Python 3.13 is the functions' runtime: sam runs it to choose the packages of the layer.
.venv-sam/.installed .venv-audit/.installed .venv-peers/.installed: .venv-%/.installed: requirements/%.txt
	@python=$$(scripts/find_python.sh 13); \
	echo "Installing requirements/$*.txt into .venv-$*"; \
	$(call make_venv,.venv-$*)
	@.venv-$*/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/$*.txt
	@touch $@
