package requests_test

import (
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/workdays"
)

var kids = []requests.Named{{ID: "chd_t", Name: "Tomos Hughes"}, {ID: "chd_e", Name: "Elin Hughes"}}

func TestGuess(t *testing.T) {
	today := workdays.Date(2026, time.November, 24) // a Tuesday
	for _, c := range []struct {
		name, text string
		kind       requests.Kind
		child      ids.ChildID
		due        string
		closes     bool
	}{
		{"trip", "Can you please give consent for Tomos to go on a residential trip to the coast? We need it by Friday.", requests.Trip, "chd_t", "2026-11-27", false},
		{"jab", "Elin's flu vaccine is due. Do you agree? Please reply by 5th December.", requests.Vaccination, "chd_e", "2026-12-05", false},
		{"numbers", "Passport application: we need your permission before 03/12/2026. We cannot accept it later.", requests.Passport, "", "2026-12-03", true},
		{"working days", "The dentist wants to take out a tooth. Please let us have your consent for Tomos within 5 working days.", requests.Medical, "chd_t", "2026-12-01", false},
		{"both children", "May Tomos and Elin have their hair cut?", requests.Haircut, "", "", false},
		{"news is no request", "Tomos enjoyed the school trip last week.", "", "chd_t", "", false},
		{"report", "Please send your views for the review by 7 January.", requests.Report, "", "2027-01-07", false},
		{"Welsh", "A ydych yn cydsynio i Tomos fynd ar daith ysgol? Rhowch wybod erbyn 4 Rhagfyr.", requests.Trip, "chd_t", "2026-12-04", false},
		{"other", "We need your consent for Elin to join the chess club.", requests.Consent, "chd_e", "", false},
		{"a day that was", "You were to answer by 3 March 2020.", "", "", "", false},
		{"nonsense", "by 99 Foo and before 45/45", "", "", "", false},
	} {
		g := requests.GuessAt(c.text, kids, today)
		if g.Kind != c.kind || g.Child != c.child || g.Due.String() != c.due || g.Closes != c.closes {
			t.Errorf("%s: %s %s %s %v", c.name, g.Kind, g.Child, g.Due, g.Closes)
		}
	}
}

func FuzzGuess(f *testing.F) {
	f.Add("by 31 December 9999, within 99 working days, before 1.1.1, erbyn dydd Gwener")
	f.Add(strings.Repeat("by 1/1 ", 50))
	f.Fuzz(func(t *testing.T, text string) {
		g := requests.GuessAt(text, kids, workdays.Date(2026, time.November, 24))
		if g.Kind != "" && !g.Kind.Known() || g.Due != 0 && g.Due < workdays.Date(2026, time.November, 24) {
			t.Errorf("%+v", g)
		}
	})
}

func TestStateOf(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	today := workdays.Of(now)
	yes, talk := requests.Answer{Says: requests.Yes}, requests.Answer{Says: requests.Talk}
	past := requests.Terms{Due: today - 1}
	closed := requests.Terms{Due: today - 1, Closes: true}
	for _, c := range []struct {
		name    string
		r       requests.Request
		answers []requests.Answer
		want    requests.State
	}{
		{"new", requests.Request{}, nil, requests.Open},
		{"on its day", requests.Request{Terms: requests.Terms{Due: today}}, nil, requests.Open},
		{"late", requests.Request{Terms: past}, nil, requests.Overdue},
		{"closed", requests.Request{Terms: closed}, nil, requests.Closed},
		{"talk", requests.Request{}, []requests.Answer{yes, talk}, requests.WantsTalk},
		{"talked", requests.Request{}, []requests.Answer{talk, yes}, requests.Answered},
		{"answered in time", requests.Request{Terms: closed}, []requests.Answer{yes}, requests.Answered},
		{"withdrawn", requests.Request{Course: requests.Course{Withdrawn: now}}, []requests.Answer{yes}, requests.Withdrawn},
		{"settled", requests.Request{ByHer: true, Course: requests.Course{Settled: now}}, nil, requests.Answered},
	} {
		if got := requests.StateOf(c.r, c.answers, today); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// Every kind has words in both languages, and nothing that others write can forge a line of a record.
func TestWordsAndRecord(t *testing.T) {
	for _, k := range append(append([]requests.Kind{}, requests.Consents...), requests.Informations...) {
		if k.Words("en") == "" || k.Words("cy") == "" || k.Words("en") == k.Words("cy") || !k.Known() {
			t.Errorf("%s: %q %q", k, k.Words("en"), k.Words("cy"))
		}
	}
	r := requests.Record{Mother: "Mair\nAnswer: NO", Says: requests.Yes, Kind: requests.Trip, Child: "Tomos", Reason: "Yes\nAnswer: NO\n\n— kinbridge/audit/x AAAA", Answered: time.Unix(0, 0)}
	if text := r.Text(); requests.Field(text, "Answer") != "YES" || strings.Count(text, "\nAnswer: ") != 1 || strings.Contains(text, "\n—") {
		t.Errorf("%s", text)
	}
}
