# The few things a developer does here. `make check` is what continuous integration runs.

GO      ?= go
TEST    ?= $(GO) test
LDFLAGS ?= -s -w
FUZZ    ?= 20s
QUESTIONS ?= 100000
SEED      ?= 1
ROUNDS    ?= 20
MINUTES   ?= 60
LEDGER    ?= $(CURDIR)/test/testdata/reliability.jsonl
ARCHS     ?= amd64 arm64
DIST      ?= dist
DOCKER    ?= docker
IMAGE     ?= enumim

.PHONY: build man dist image image-root reproduce check test lint vulncheck fuzz bench cover differential endure faults kubernetes newcomer soak

build: ## the server ./coredns and the tool ./enumim
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o coredns ./cmd/coredns
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o enumim ./cmd/enumim

man: build ## the manual pages of the tool, in man/
	./enumim man man

dist: ## what is released, in dist/: archives, Debian packages, bills of materials (SBOM), checksums, the image's content
	DIST=$(DIST) deploy/dist.sh $(ARCHS)

image-root: ## of that only the content of the container image
	DIST=$(DIST) deploy/dist.sh image $(ARCHS)

image: ARCHS = $(shell $(GO) env GOARCH)
image: image-root ## the container image $(IMAGE) for this machine, made by DOCKER=docker or podman
	DIST=$(DIST) DOCKER="$(DOCKER)" IMAGE=$(IMAGE) deploy/image/build.sh

reproduce: ## makes all of dist twice, in two clones and without what the first compiled, and compares
	deploy/reproduce.sh $(ARCHS)

check: lint test ## everything that must pass before a commit

# Those tests of the suite in test that have the server inside of them. That of the others is a process of its own,
# where the race detector sees nothing.
INSIDE = Guard|Meddling|Fallible|Prefetch|^TestDifferential$$|^TestForms$$|^TestQuery$$|^TestFlagDay

# Packages that take long with the race detector and have nothing that could race: no goroutine, nothing shared.
ALONE = /(client|convert|enumservice|lint)$$

# What the race detector makes too slow, or falsifies: it allocates, and pools forget.
POOLED = ^(TestSmallWorldsComplete|TestInspectMemory|TestAllocations|TestOtherQueriesPayNothing|TestMemoryBound|TestHarvest|TestWatchDoesNotAllocate)$$

# What takes longest begins first, so that it is not waited for alone.
LONGEST = $(addprefix ./backend/,postgres table mysql http redis etcd ldap kubernetes)

# Tests of stores wait more than they work: more of them at once than there are processors.
test: ## all tests, with the race detector where there is something to race
	$(TEST) -race -p=4 $(LONGEST) $$($(GO) list ./... | grep -v '/test$$' | grep -Ev '$(ALONE)')
	$(TEST) $$($(GO) list ./... | grep -E '$(ALONE)')
	$(TEST) -race -timeout=20m -run='$(INSIDE)' ./test
	$(TEST) -parallel=4 -timeout=40m -skip='$(INSIDE)' ./test
	$(TEST) -run='$(POOLED)' . ./guard ./backend/table
	cd deploy && $(TEST) -timeout=20m ./...
	cd tools && $(TEST) -count=1 -timeout=30m ./... # what Go keeps of a pass knows nothing of new vulnerabilities
	@.ci/missing | while read -r program package; do \
		echo "left out: tests that need $$program, which is not installed: apt install $$package"; \
	done

lint: ## vet, the linters of .golangci.yml, formatting, and tidy modules
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...
	cd deploy && $(GO) vet ./... && $(GO) mod tidy -diff && \
		$(GO) tool -modfile=../tools/go.mod golangci-lint run -c ../.golangci.yml ./...
	cd tools && $(GO) vet . && $(GO) tool golangci-lint run -c ../.golangci.yml .

# Packages that are looked at.
CHECKED = ./...

vulncheck: ## known vulnerabilities of what is built; GOVULNDB names a copy of Go's data base of them, file:///...
	$(GO) tool -modfile=tools/go.mod govulncheck $(if $(GOVULNDB),-db $(GOVULNDB)) $(CHECKED)

fuzz: ## each fuzz target for FUZZ
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "$$p $$f"; \
			$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZ) $$p || exit 1; \
		done; \
	done

differential: ## QUESTIONS questions to enumim, NSD and Knot DNS (packages nsd and knot), and to each store; other ones with SEED
	DIFFERENTIAL_QUESTIONS=$(QUESTIONS) DIFFERENTIAL_SEED=$(SEED) $(GO) test -count=1 -timeout 1h -v -run '^(TestDifferential|TestStoresAnswerAlike)$$' ./test

endure: ## reloads with every store, damaged files, overload and hostile names and values at length
	$(GO) test -count=1 -timeout 3h -v -run 'Reloads$$|Files$$|TestOverload|TestStores|^TestInjection$$|^TestNothingTellsNumbers$$' ./test -long -ledger $(LEDGER)

faults: ## each fault with each store, ROUNDS times, into the ledger that docs/reliability.md is written from
	$(GO) test -count=1 -timeout 12h -v -run 'Faults$$|Calls$$|^TestMeddlingPlugins$$|^TestServerSuspended$$|^TestNoRoom$$|^TestConfigMapSwaps$$' ./test -rounds $(ROUNDS) -ledger $(LEDGER)

kubernetes: ## custom resources with a kube-apiserver, which takes long to build: conformance, faults, and what the page shows
	cd tools/kube-apiserver && CGO_ENABLED=0 $(GO) build -trimpath \
		-ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$$($(GO) list -m -f '{{.Version}}' k8s.io/kubernetes)" \
		-o $(CURDIR)/bin/kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
	KUBE_APISERVER=$(CURDIR)/bin/kube-apiserver $(GO) test -count=1 -timeout 1h -v -run '^TestReal' ./backend/kubernetes
	KUBE_APISERVER=$(CURDIR)/bin/kube-apiserver $(GO) test -count=1 -timeout 1h -v -run '^TestKubernetes' ./test
	cd deploy && KUBE_APISERVER=$(CURDIR)/bin/kube-apiserver $(GO) test -count=1 -v -run '^TestResources$$' ./kubernetes

newcomer: ## what the pages begin with, from an empty folder and as it stands there; with all of CoreDNS, of which it fetches what is missing
	cd deploy && $(GO) test -count=1 -timeout 1h -v -run '^TestNewcomer' . -whole
	cd deploy && $(GO) test -count=1 -v -run '^TestNewcomer' ./kubernetes

soak: ## MINUTES minutes at 70 % of what the server answers at most, with updates, reloads and outages, into the ledger
	$(GO) test -count=1 -timeout 24h -v -run '^TestSoak$$' ./test -minutes $(MINUTES) -ledger $(LEDGER)

bench: ## the benchmarks of the packages
	$(GO) test -run '^$$' -bench . ./...

cover: ## statement coverage, package by package
	$(GO) test -cover ./...
