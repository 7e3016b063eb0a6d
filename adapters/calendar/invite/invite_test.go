package invite

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kinbridge/adapters/calendar/join"
	"kinbridge/adapters/calendar/problem"
)

// golden is what a case expects beside the plain fields; see testdata/README.md.
type golden struct {
	ProblemCodes []string `json:"problem_codes"`
	Plan         []Kind   `json:"plan"`
	Direct       *string  `json:"direct"`
	Send         string   `json:"send"`
	Starts       []string `json:"starts"`
	Count        int      `json:"count"`
	Phones       []string `json:"phones"`
	Shown        []string `json:"shown"`
	Request      string   `json:"request"`
}

func read(t testing.TB, file string) Invite {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := FromBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	in, _ := Read(m)
	return in
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	about, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(string(about), "| `"+name+"` |") {
				t.Error("the README does not say why it is here")
			}
			message := strings.TrimSuffix(f, ".json") + ".eml"
			if _, err := os.Stat(message); err != nil {
				message = strings.TrimSuffix(f, ".json") + ".ics"
			}
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var g golden
			var want map[string]any
			if err := json.Unmarshal(raw, &g); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			in := read(t, message)
			g.check(t, in, want)
		})
	}
}

func (g golden) check(t *testing.T, in Invite, want map[string]any) {
	t.Helper()
	written, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(written, &got); err != nil {
		t.Fatal(err)
	}
	for field, w := range want {
		if _, ours := map[string]bool{"problem_codes": true, "plan": true, "direct": true, "send": true, "starts": true, "count": true, "phones": true, "shown": true, "request": true}[field]; ours {
			continue
		}
		if diff := cmp.Diff(w, got[field]); diff != "" {
			t.Errorf("%s:\n%s", field, diff)
		}
	}
	codes := []string{}
	all := ""
	for _, p := range in.Problems {
		codes = append(codes, string(p.Code))
		all += p.En + "\n"
		if p.Cy == "" || strings.Contains(p.En+p.Cy, "%!") {
			t.Errorf("%s: %q %q", p.Code, p.En, p.Cy)
		}
	}
	slices.Sort(codes)
	if diff := cmp.Diff(g.ProblemCodes, codes); diff != "" {
		t.Errorf("problems:\n%s", diff)
	}
	for _, s := range g.Shown {
		if !strings.Contains(all, s) {
			t.Errorf("no problem shows %s: %s", s, all)
		}
	}
	g.checkPlan(t, in)
	if g.Starts != nil || g.Count > 0 {
		starts := []string{}
		for _, o := range in.Fields().Occurrences {
			starts = append(starts, o.Start)
		}
		if g.Count > 0 && len(starts) != g.Count {
			t.Errorf("%d occurrences", len(starts))
		} else if diff := cmp.Diff(g.Starts, starts); g.Starts != nil && diff != "" {
			t.Errorf("occurrences:\n%s", diff)
		}
	}
}

func (g golden) checkPlan(t *testing.T, in Invite) {
	t.Helper()
	var kinds []Kind
	for _, l := range in.Plan {
		kinds = append(kinds, l.Kind)
		if l.Why == "" || l.WhyCy == "" || l.Target == "" && (in.Event.Organizer.Addr != "" || l.Kind == VideoInterop || l.Kind == PhoneLeg) {
			t.Errorf("%+v", l)
		}
		if l.Kind == VideoInterop && g.Direct != nil && l.Target != *g.Direct {
			t.Errorf("video dials %s, want %s", l.Target, *g.Direct)
		}
		if l.Kind == PhoneLeg && (l.Target != in.Join.Phone || g.Send != "" && l.Send != g.Send || !strings.HasPrefix(l.Send, in.Join.ConferenceID+"#")) {
			t.Errorf("%+v", l)
		}
	}
	if diff := cmp.Diff(g.Plan, kinds); diff != "" {
		t.Errorf("plan:\n%s", diff)
	}
	if g.Phones != nil {
		var numbers []string
		for _, p := range in.Join.Phones {
			numbers = append(numbers, p.Number)
		}
		if diff := cmp.Diff(g.Phones, numbers); diff != "" {
			t.Errorf("phones:\n%s", diff)
		}
	}
	switch {
	case g.Request == "" && in.Request != nil && in.hasPhone(), g.Request != "" && (in.Request == nil || in.Request.Missing != g.Request):
		t.Errorf("request %+v, want %q", in.Request, g.Request)
	case in.Request != nil:
		for _, d := range []Draft{in.Request.En, in.Request.Cy} {
			if d.Subject == "" || !strings.Contains(d.Text, "\n\n") || in.Event.Summary != "" && strings.Contains(d.Subject+d.Text, in.Event.Summary) {
				t.Errorf("%+v", d)
			}
		}
	}
}

// Contribution is always there and always last, whatever was read.
func TestEveryPlanEndsInHerWords(t *testing.T) {
	for _, m := range []Message{{}, {Text: "hello"}, {Calendars: [][]byte{[]byte("BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR")}}} {
		in, _ := Read(m)
		if n := len(in.Plan); n == 0 || in.Plan[n-1].Kind != Contribution {
			t.Errorf("%+v", in.Plan)
		}
	}
}

func TestForwardsAreBounded(t *testing.T) {
	m := Message{Text: "x"}
	for range 10_000 {
		m = Message{Text: "x", Forwarded: []Message{m}}
	}
	if in, err := Read(m); err == nil || !problem.Has(in.Problems, problem.NoCalendar) {
		t.Errorf("%v %v", err, in.Problems)
	}
	wide := Message{Forwarded: make([]Message, 100_000)}
	if _, err := Read(wide); err == nil {
		t.Error("an event out of nothing")
	}
}

func BenchmarkRead(b *testing.B) {
	raw, err := os.ReadFile("testdata/golden/teams-2024-all-three.eml")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		m, err := FromBytes(raw)
		if err != nil {
			b.Fatal(err)
		}
		if in, err := Read(m); err != nil || in.Join.Service != join.Teams {
			b.Fatal(err)
		}
	}
}
