# gausskit's targets. "make help" lists them.

GO       ?= go
FUZZTIME ?= 30s
SEEDS    ?= 200000
SEED     ?=
DURATION ?= 10m
MODE     ?= quorum lease
N        ?= 5

# Every module of the repository but tools, which only pins the linter.
MODULES := $(shell find . -name go.mod -not -path './tools/*' -not -path '*/testdata/*' -exec dirname {} \; | sort)
STATICCHECK := $(GO) tool -modfile=$(CURDIR)/tools/go.mod staticcheck

.DEFAULT_GOAL := help
.PHONY: help mutants test lint race fuzz sim holes explore torture calm failbench bench cover

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

test: lint ## lint, then all tests of all modules with the race detector; skipped tests are listed
	@$(GO) run ./internal/cmd/testall -race -shuffle=on -timeout 8m

lint: ## gofmt, vet, staticcheck, tidy, builds without cgo and for arm64, the rules in layout_test.go
	@.ci/lint $(MODULES)

race: ## all tests again with the race detector, nothing taken from the cache
	@$(GO) run ./internal/cmd/testall -race -count=1 -timeout 20m

fuzz: ## every fuzz target for FUZZTIME each (default 30s)
	@.ci/fuzz $(FUZZTIME) $(MODULES)

sim: ## SEEDS fault schedules (default 200000) in virtual time, in lease and in quorum mode; SEED=n starts at n
	$(GO) run ./internal/cmd/hasim -seeds $(SEEDS)$(if $(SEED), -seed $(SEED))

mutants: ## the simulation must catch every planted bug ("make test" plants every third)
	GAUSSKIT_MUTANTS=all $(GO) test -count=1 -timeout 40m -parallel 2 -v -run TestPlantedBugsAreCaught ./internal/mutation

holes: ## the known holes of other managers, and which planted bugs, reasons and tests stand for each
	@$(GO) test -count=1 -run TestHolesAreAccountedFor -v ./internal/mutation

explore: ## every deviation from how three members get over a fault, and every pair of them at the first events
	$(GO) run ./internal/cmd/haexplore

torture: ## faults on three real PostgreSQL servers for DURATION (default 10m) in each MODE (default quorum lease); SEED=n draws the same faults again
	@set -ex; for mode in $(MODE); do $(GO) run -C internal/etcdtest ./torture -mode $$mode -duration $(DURATION)$(if $(SEED), -seed $(SEED)); done

calm: ## pauses of 1.5 s of everything and a fifth of all packets lost, for DURATION in each MODE: three real PostgreSQL servers, balanced profile, and nobody may be elected
	@set -ex; for mode in $(MODE); do $(GO) run -C internal/etcdtest ./torture -calm -mode $$mode -duration $(DURATION)$(if $(SEED), -seed $(SEED)); done

failbench: ## how long writes stand still after each of N faults (default 5) of a kind, in lease and in quorum mode
	$(GO) run -C examples ./failbench -n $(N)

bench: ## all benchmarks of all modules, with allocations
	@set -e; for m in $(MODULES); do (cd $$m && $(GO) test -run '^$$' -bench . -benchmem ./...); done

cover: ## share of the statements that tests reach, per module; details in cover.out
	@set -e; for m in $(MODULES); do (cd $$m && $(GO) test -coverpkg=./... -coverprofile=cover.out ./... && \
		$(GO) tool cover -func=cover.out | tail -1); done
