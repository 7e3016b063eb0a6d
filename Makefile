# Two commands matter: "make run" plays with Kinbridge, "make test" proves it. The rest are their parts.

GO      ?= go
NPM     ?= npm
WEB     := adapters/web
E2E     := deploy/e2e
BINARY  := bin/kinbridge
PKGS    ?= ./...
BENCH   ?= .
BENCHTIME ?= 2s

# The end-to-end tests run two at a time, for most of them wait for a browser; those with sound and pictures in real time run alone.
E2E_ALONE := $(addprefix specs/,media.test.mjs meeting.test.mjs private.test.mjs)
E2E_ALL := $(patsubst $(E2E)/%,%,$(wildcard $(E2E)/specs/*.test.mjs $(E2E)/lib/*.test.mjs))

NPM_CI  := $(NPM) ci --ignore-scripts --no-fund --no-audit --loglevel=error
# A stamp outside assets/dist, so that the embedded folder holds nothing but what is served.
ASSETS  := bin/.assets
WEB_SRC := $(shell find $(WEB)/ts $(WEB)/css $(WEB)/assets/build -type f) $(WEB)/package-lock.json

.PHONY: run test help need install assets tsc build vet staticcheck lint unit race vuln bench bench-mail bench-rooms fuzz e2e gallery clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build everything and start the demo: it prints where to click and the sign-ins
	$(BINARY) demo $(RUN_ARGS)

test: ## everything CI runs, from a bare Debian machine with Go; prints a summary at the end
	./deploy/dev/test.sh

need:
	@./deploy/dev/need.sh $(GO) node $(NPM)

install: ## install what the tests need and this machine lacks (Debian packages; asks for sudo when not root)
	./deploy/dev/install.sh

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json | need
	cd $(WEB) && $(NPM_CI)
	@touch $@

$(E2E)/node_modules/.package-lock.json: $(E2E)/package-lock.json | need
	cd $(E2E) && $(NPM_CI)
	@touch $@

$(ASSETS): $(WEB_SRC) $(WEB)/node_modules/.package-lock.json
	$(GO) run ./$(WEB)/assets/build -web $(WEB)
	@mkdir -p bin && touch $@

assets: $(ASSETS) ## bundle the pages' scripts and style sheets (fetches the npm packages first)

tsc: $(WEB)/node_modules/.package-lock.json ## check the TypeScript's types
	cd $(WEB) && node_modules/.bin/tsc --noEmit -p tsconfig.json

build: $(ASSETS) ## leave bin/kinbridge
	$(GO) build -trimpath -o $(BINARY) ./cmd/kinbridge

vet: ## go vet
	$(GO) vet $(PKGS)

staticcheck: ## staticcheck, at the version go.mod pins
	$(GO) tool staticcheck $(PKGS)

lint: vet staticcheck tsc ## vet, staticcheck and the TypeScript's types
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted"; exit 1; fi

# Tests on a database of their own wait for PostgreSQL more than they compute.
AT_ONCE := -parallel 8

unit: $(ASSETS) ## the Go tests without the race detector: quick
	$(GO) test $(AT_ONCE) $(PKGS)

# SQLite is C, translated to Go: a race inside it is not ours to find, and watched it takes three times as long. The driver and all of ours are watched.
UNWATCHED := -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false

# The walks through random worlds ask millions of questions one after the other: watching them for races takes minutes and finds none.
WALKS := ./cmd/kinbridge/surface ./gateway/policy/oracle

race: $(ASSETS) ## the Go tests (both databases, real peers, fuzz seeds) with the race detector, the random walks without it
	$(GO) test -race $(AT_ONCE) $(UNWATCHED) -timeout 15m $$($(GO) list $(PKGS) | grep -v $(WALKS:./%=-e /%$$))
	$(GO) test -timeout 15m $(WALKS)

vuln: ## govulncheck, where its database can be reached
	./deploy/dev/vuln.sh

fuzz: ## each fuzz target for 20 seconds
	./deploy/dev/fuzz.sh

bench: ## the Go benchmarks; BENCH and PKGS choose
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem $(PKGS)

bench-mail: build ## mail beside Postfix, reply to kiosk, audit verify; writes deploy/bench (root: Postfix)
	$(GO) run ./deploy/bench -kinbridge $(BINARY)

bench-rooms: ## forwarding in meeting rooms beside Janus (package janus); writes deploy/bench/ROOMS.md
	@mkdir -p bin
	$(GO) build -o bin/bench-rooms ./deploy/bench/rooms
	bin/bench-rooms -out deploy/bench -profile bin/bench-rooms.pprof

e2e: build $(E2E)/node_modules/.package-lock.json ## the end-to-end tests in Chromium
	$(GO) build -o bin/gallery ./$(WEB)/gallery
ifdef E2E_TESTS
	cd $(E2E) && node --test --test-concurrency=1 $(E2E_TESTS)
else
	cd $(E2E) && { node --test --test-concurrency=2 $(filter-out $(E2E_ALONE),$(E2E_ALL)); a=$$?; node --test --test-concurrency=1 $(E2E_ALONE); exit $$((a | $$?)); }
endif

gallery: $(ASSETS) ## show every component of the pages, at an address it prints
	$(GO) run ./$(WEB)/gallery

clean: ## remove what was built and fetched here
	rm -rf bin $(WEB)/node_modules $(E2E)/node_modules $(E2E)/out
	find $(WEB)/assets/dist -type f ! -name .gitkeep -delete
