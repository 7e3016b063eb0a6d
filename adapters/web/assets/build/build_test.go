package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

func TestWithoutGOVUKProperty(t *testing.T) {
	in := `@charset "UTF-8";@font-face{font-family:GDS Transport;src:url("/assets/fonts/light.woff2")}` +
		`.a{font-family:GDS Transport,arial,sans-serif}.b{font:700 1rem "GDS Transport", arial}` +
		`.govuk-footer__crown{margin-bottom:25px}:focus .govuk-logo-dot{fill:red}.c{background-image:url(/assets/images/govuk-crest.svg)}.d{color:red}`
	got := string(withoutGOVUKProperty([]byte(in)))
	want := `.a{font-family:arial,sans-serif}.b{font:700 1rem arial}.c{background-image:none}.d{color:red}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestForbiddenNamesFailTheBuild(t *testing.T) {
	for _, content := range []string{"a{font-family:'GDS TRANSPORT'}", "x/govuk-crest.svg", ".govuk-footer__crown{}"} {
		err := noGOVUKProperty([]api.OutputFile{{Path: "/x/staff.css", Contents: []byte(content)}})
		if err == nil || !strings.Contains(err.Error(), "staff.css") {
			t.Errorf("%q: %v", content, err)
		}
	}
	if err := noGOVUKProperty([]api.OutputFile{{Path: "/x/a.css", Contents: []byte("a{color:red}")}}); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestBuild(t *testing.T) {
	web := t.TempDir()
	if _, err := build(web); err == nil || !strings.Contains(err.Error(), "make assets") {
		t.Fatalf("without npm packages: %v", err)
	}
	write(t, filepath.Join(web, "node_modules/govuk-frontend/x.css"), "@font-face{font-family:GDS Transport;src:url(/assets/fonts/a.woff2)} .a{font-family:GDS Transport,arial}")
	write(t, filepath.Join(web, "ts/lib/shared.ts"), "export const shared: number = 1")
	write(t, filepath.Join(web, "ts/staff.ts"), "import { shared } from './lib/shared'; console.log(shared)")
	write(t, filepath.Join(web, "ts/kiosk.ts"), "import { shared } from './lib/shared'; console.log(shared + 1)")
	write(t, filepath.Join(web, "ts/kiosk-sw.ts"), "console.log('worker')")
	write(t, filepath.Join(web, "ts/types.d.ts"), "declare const x: number")
	write(t, filepath.Join(web, "css/staff.css"), "@import 'govuk-frontend/x.css';")
	write(t, filepath.Join(web, "css/_part.css"), "a{color:red}")
	write(t, filepath.Join(web, "assets/dist/.gitkeep"), "")
	write(t, filepath.Join(web, "assets/dist/old.js"), "stale")
	names, err := build(web)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(names, " ")
	for _, name := range []string{"staff.js", "kiosk.js", "kiosk-sw.js", "staff.css", "chunk-"} {
		if !strings.Contains(got, name) {
			t.Errorf("%s is missing from %s", name, got)
		}
	}
	for _, name := range []string{"old.js", "_part.css", "types.d.js"} {
		if _, err := os.Stat(filepath.Join(web, "assets/dist", name)); err == nil {
			t.Errorf("%s should not be there", name)
		}
	}
	css, err := os.ReadFile(filepath.Join(web, "assets/dist/staff.css"))
	if err != nil || strings.TrimSpace(string(css)) != ".a{font-family:arial}" {
		t.Errorf("%q %v", css, err)
	}
	worker, err := os.ReadFile(filepath.Join(web, "assets/dist/kiosk-sw.js"))
	if err != nil || strings.Contains(string(worker), "import") {
		t.Errorf("the service worker must stand alone: %q %v", worker, err)
	}
	write(t, filepath.Join(web, "ts/staff.ts"), "const = broken")
	if _, err := build(web); err == nil || !strings.Contains(err.Error(), "staff.ts") {
		t.Errorf("a broken source: %v", err)
	}
	if _, err := os.Stat(filepath.Join(web, "assets/dist/staff.js")); err != nil {
		t.Error("a failed build took away the last good one")
	}
}
