// Package gateway_test holds the house to the import rules of the architecture.
package gateway_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type listed struct {
	ImportPath   string
	Name         string
	Deps         []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Deps,Imports,TestImports,XTestImports", "kinbridge/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.Bytes())
	}
	var ps []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	if len(ps) < 30 {
		t.Fatalf("go list names only %d packages", len(ps))
	}
	return ps
}

// under reports whether a package is one of the folders or inside one; paths are relative to the module.
func under(pkg string, folders ...string) bool {
	for _, f := range folders {
		if pkg == f || strings.HasPrefix(pkg, f+"/") {
			return true
		}
	}
	return false
}

// leaves are pure packages that know nobody's case: they import only ids and one another, and the domain may import them.
var leaves = []string{"gateway/letters", "gateway/workdays", "gateway/wording", "gateway/table", "gateway/directory", "gateway/flags", "gateway/hints", "gateway/custody", "gateway/chase", "gateway/requests", "gateway/promises", "gateway/movement"}

// domain are the packages of pure domain knowledge.
var domain = append([]string{"gateway/cases", "gateway/people", "gateway/threads", "gateway/messages", "gateway/policy", "gateway/meetings", "gateway/slots", "gateway/invites", "gateway/polls", "gateway/clocks", "gateway/reports", "gateway/audit", "gateway/outbox"}, leaves...)

// rule says why a package may not depend on another; "" when it may.
func rule(from, to string) string {
	inside := strings.HasPrefix(to, "kinbridge/")
	rel := strings.TrimPrefix(to, "kinbridge/")
	switch {
	case from == "gateway/ids" && inside:
		return "gateway/ids is a leaf: everybody imports it and it imports nothing of ours"
	case under(from, leaves...) && inside && !under(rel, append([]string{"gateway/ids"}, leaves...)...):
		return "a leaf imports only ids and other leaves"
	case under(from, domain...) && inside && !under(rel, append([]string{"gateway/ids"}, domain...)...):
		return "a domain package imports only ids and other domain packages"
	case under(from, domain...) && (under(to, "database/sql", "net/http") || under(to, "github.com/pion", "modernc.org/sqlite", "github.com/jackc/pgx")):
		return "a domain package knows no SQL, no HTTP and no media library"
	case under(from, "gateway/audit", "gateway/outbox") && under(rel, "gateway/store", "gateway/flow"):
		return "audit and outbox do not know the store"
	case under(from, "gateway/store") && inside && !under(rel, append([]string{"gateway/ids", "gateway/store"}, domain...)...):
		return "the store imports only domain packages, audit and outbox"
	case under(from, "gateway/flow") && inside && !under(rel, append([]string{"gateway/ids", "gateway/store", "gateway/flow"}, domain...)...):
		return "flow imports only domain packages and the store"
	case under(from, "gateway") && under(rel, "adapters", "rooms", "cmd") && inside:
		return "the gateway knows no adapter, no media server and no command"
	case under(from, "rooms") && inside && !under(rel, "gateway/ids", "rooms"):
		return "rooms import only ids and each other"
	case under(from, "adapters") && inside && under(rel, "rooms") && !(under(from, "adapters/sip") && under(rel, "rooms/media", "rooms/room")):
		return "only adapters/sip may import rooms, and of them only rooms/media and rooms/room"
	case under(from, "adapters") && inside && under(rel, "cmd"):
		return "cmd wires everything and nobody imports it"
	}
	return ""
}

// betweenAdapters says why one adapter may not import another directly; "" when it may. What pages share is adapters/web; the pure
// readers of calendars and email are for the adapters that need them.
func betweenAdapters(from, to string) string {
	rel, inside := strings.CutPrefix(to, "kinbridge/")
	if !inside || !under(from, "adapters") || !under(rel, "adapters") {
		return ""
	}
	adapter := func(p string) string { return strings.Join(strings.SplitN(p, "/", 3)[:2], "/") }
	pure := []string{"adapters/web", "adapters/calendar", "adapters/email/mailparse", "adapters/email/mailkind", "adapters/email/replytext", "adapters/email/mailauth", "adapters/email/inspect", "adapters/custody"}
	if adapter(from) == adapter(rel) || under(rel, pure...) {
		return ""
	}
	return "adapters never import each other, except what pages share (adapters/web) and the pure readers of mail, calendars and custody events"
}

func TestWhoMayImportWhom(t *testing.T) {
	for _, p := range list(t) {
		from := strings.TrimPrefix(p.ImportPath, "kinbridge/")
		for _, to := range p.Deps {
			// storetest starts a database for tests: it is no part of the product.
			if why := rule(from, to); why != "" {
				t.Errorf("%s depends on %s: %s.", from, to, why)
			}
		}
		for _, to := range p.Imports {
			if why := betweenAdapters(from, to); why != "" {
				t.Errorf("%s imports %s: %s.", from, to, why)
			}
			if strings.HasSuffix(to, "test") && under(to, "kinbridge") && !strings.HasSuffix(from, "test") {
				t.Errorf("%s imports %s: packages for tests are imported by tests alone.", from, to)
			}
		}
		for _, to := range append(p.TestImports, p.XTestImports...) {
			if under(from, "gateway") && under(to, "kinbridge/adapters", "kinbridge/rooms", "kinbridge/cmd") || under(from, "rooms") && under(to, "kinbridge/adapters", "kinbridge/cmd") {
				t.Errorf("a test of %s imports %s: its tests know no more of the house than it does.", from, to)
			}
		}
		if p.Name == "main" && !under(from, "cmd") && !strings.HasSuffix(from, "/build") && !strings.HasSuffix(from, "/gallery") && !under(from, "deploy") {
			t.Errorf("%s is a program: the one binary is cmd/kinbridge.", from)
		}
	}
}

// The rules themselves: each forbids what it should and nothing else.
func TestTheRulesBite(t *testing.T) {
	for _, c := range []struct {
		from, to string
		refused  bool
	}{
		{"gateway/ids", "kinbridge/gateway/people", true}, {"gateway/ids", "crypto/rand", false},
		{"gateway/flags", "kinbridge/gateway/cases", true}, {"gateway/chase", "kinbridge/gateway/workdays", false}, {"gateway/custody", "net/http", true}, {"gateway/policy", "kinbridge/gateway/workdays", false},
		{"gateway/policy", "database/sql", true}, {"gateway/policy", "kinbridge/gateway/store", true}, {"gateway/policy", "kinbridge/gateway/threads", false},
		{"gateway/meetings", "github.com/pion/webrtc/v4", true}, {"gateway/audit", "net/http", true}, {"gateway/store", "kinbridge/gateway/flow", true},
		{"gateway/store", "database/sql", false}, {"gateway/flow", "kinbridge/adapters/kiosk", true}, {"gateway/flow", "kinbridge/gateway/store", false},
		{"rooms/room", "kinbridge/gateway/cases", true}, {"rooms/room", "kinbridge/gateway/ids", false}, {"rooms/sfu", "github.com/pion/webrtc/v4", false},
		{"adapters/staff", "kinbridge/rooms/room", true}, {"adapters/sip", "kinbridge/rooms/room", false}, {"adapters/sip", "kinbridge/rooms/sfu", true},
		{"cmd/kinbridge", "kinbridge/rooms/sfu", false},
	} {
		if got := rule(c.from, c.to) != ""; got != c.refused {
			t.Errorf("%s on %s: refused %t", c.from, c.to, got)
		}
	}
	if betweenAdapters("adapters/kiosk", "kinbridge/adapters/staff") == "" || betweenAdapters("adapters/kiosk", "kinbridge/adapters/web") != "" || betweenAdapters("adapters/email/intake", "kinbridge/adapters/email/mailparse") != "" {
		t.Error("the rule between adapters does not bite")
	}
}

func TestOnlyTheFixedTopLevelFolders(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"cmd", "gateway", "adapters", "rooms", "deploy", "bin"} // bin is what make build leaves; it is not committed
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("there is a top-level folder %s: they are fixed as cmd, gateway, adapters, rooms and deploy.", e.Name())
		}
	}
	ignored, err := os.ReadFile(filepath.Join("..", ".gitignore"))
	if err != nil || !strings.Contains(string(ignored), "bin") {
		t.Errorf("bin is not ignored by git: %v", err)
	}
}
