package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/directory"
	"kinbridge/gateway/reports"
)

// The plan has the margins whatever it is drawn from, and the same seed draws the same plan.
func TestThePilotsPlan(t *testing.T) {
	for seed := range uint64(60) {
		p := planPilot(seed)
		if !reflect.DeepEqual(p, planPilot(seed)) {
			t.Fatalf("seed %d: two plans", seed)
		}
		own, families, apart, open, workers, emails := 0, 0, 0, 0, map[int]int{}, map[string]bool{}
		at := [2]map[int]bool{{}, {}}
		for _, f := range p.families {
			young, homes, parent := 0, map[int]bool{}, false
			for _, k := range f.children {
				if k.authority >= 0 {
					at[f.prison][k.authority] = true
				}
				if k.relation != cases.OwnChild {
					continue
				}
				parent = true
				own++
				if k.age < 17*365 {
					young++
					homes[k.home] = true
				}
			}
			if young > 1 {
				families++
				if len(homes) > 1 {
					apart++
				}
			}
			if f.closed == 0 {
				open++
			}
			if parent {
				workers[len(f.workers)]++
			} else if len(f.workers) > 0 {
				t.Errorf("seed %d: a woman without children of her own has social workers", seed)
			}
			for _, w := range f.workers {
				emails[w.email] = true
			}
		}
		both := 0
		for a := range at[0] {
			if at[1][a] {
				both++
			}
		}
		got := fmt.Sprint(len(p.families), own, families, apart, open, workers, len(emails), len(at[0]), len(at[1]), both)
		if want := "94 249 67 42 26 map[0:9 1:66 2:16 3:1] 101 27 32 3"; got != want {
			t.Errorf("seed %d: %s, want %s", seed, got, want)
		}
	}
	for _, b := range planPilot(pilotSeed).authorities {
		if known, ok := directory.Named(b.name); ok {
			t.Errorf("%s is real: %v", b.name, known)
		}
	}
}

// The world that is made of the plan has the margins, and the command that counts prints them.
func TestThePilotsWorld(t *testing.T) {
	dir := t.TempDir()
	c := demoCmd{Dir: dir, Scale: "pilot"}
	cfg := c.config("127.0.0.1:1")
	ctx := t.Context()
	if _, _, err := migrateWorld(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	if err := c.makeScale(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	if err := c.makeScale(ctx, cfg); err != nil {
		t.Errorf("made again: %v", err)
	}
	w, err := openWorld(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r, err := w.Flow.Report(ctx, operator, reports.Period{}, "test")
	if err != nil {
		t.Fatal(err)
	}
	table := func(name string) map[string][]int {
		tab, ok := r.Table(name)
		if !ok {
			t.Fatalf("no table %s", name)
		}
		out := map[string][]int{}
		for _, row := range tab.Rows {
			for _, v := range row.Values {
				out[row.Word+row.Name] = append(out[row.Word+row.Name], v.N)
			}
		}
		return out
	}
	load := table(reports.TableCaseload)
	// mothers, with children of their own, these, others, open, closed, authorities, shared
	if got := fmt.Sprint(load["all"]); got != "[94 92 249 2 26 68 56 3]" {
		t.Errorf("the caseload: %s", got)
	}
	if a, b := load["HMP Fenbrook"], load["HMP Larkfield"]; a[0] != 46 || b[0] != 48 || a[6] != 27 || b[6] != 32 || a[7] != 3 || b[7] != 3 {
		t.Errorf("by prison: %v %v", a, b)
	}
	workers := table(reports.TableWorkers)
	for row, want := range map[string]int{"0": 9, "1": 66, "2": 16, "3": 1, "cases": 92, "workers_in_all": 101} {
		if got := workers[row][2]; got != want {
			t.Errorf("social workers, %s: %d, want %d", row, got, want)
		}
	}
	if got := fmt.Sprint(table(reports.TableSiblings)["all"]); got != "[67 42 25 0 63]" {
		t.Errorf("siblings: %s", got)
	}
	// The rest is drawn, and there is enough of it to look at.
	held, replies, goals := table(reports.TableMeetings)["all"], table(reports.TableReplies)["all"], table(reports.TableGoals)["all"]
	if held[0] < 60 || held[5] == 0 || replies[0] < 100 || replies[3] < 1 || goals[0] < 30 || goals[1] == 0 {
		t.Errorf("%v %v %v", held, replies, goals)
	}
	var told ready
	b, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err != nil || json.Unmarshal(b, &told) != nil || len(told.Mothers) != pilotOpen || told.Threads[0].ReplyAddress == "" {
		t.Errorf("%v %+v", err, told)
	}
	keys, err := audit.Verifiers(w.Keys.AuditVerifier)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.seal(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.AuditSnapshot(ctx, func(src audit.Source, _ audit.Reader) error {
		rep, err := audit.Verify(ctx, src, keys)
		if err == nil && (!rep.OK() || rep.Entries < 1000) {
			t.Errorf("the audit log: %+v", rep)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"report", "caseload", "--dir", dir}, {"report", "caseload", "--csv", "--dir", dir}, {"report", "all", "--language", "cy", "--dir", dir}} {
		var out, errs strings.Builder
		if code := run(args, &out, &errs); code != 0 || !strings.Contains(out.String(), "249") || strings.Contains(out.String(), "[staff") {
			t.Errorf("%v: %d\n%s%s", args, code, out.String(), errs.String())
		}
	}
	for _, args := range [][]string{{"report", "caseload", "--from", "2026-02-30", "--until", "2026-03-01", "--dir", dir}, {"report", "caseload", "--from", "2026-03-02", "--until", "2026-03-01", "--dir", dir}, {"report", "caseload", "--from", "2026-03-02", "--dir", dir}} {
		var out, errs strings.Builder
		if code := run(args, &out, &errs); code != 1 || errs.Len() == 0 {
			t.Errorf("%v: %d %s", args, code, errs.String())
		}
	}
}
