package itip

import (
	"bytes"
	"encoding/base64"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kinbridge/adapters/calendar"
	"kinbridge/adapters/email/mailparse"
	"kinbridge/gateway/ids"
)

// update writes testdata anew; the end-to-end tests read it with another parser.
var update = flag.Bool("update", false, "write testdata/*.ics")

var (
	now = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	us  = calendar.Party{Name: "Kinbridge", Addr: "case@in.kinbridge.example"}
	jo  = calendar.Party{Name: "Price, Jo", Addr: "jo.price@la.example"}
	// invited is what was received: its title is the organiser's and must not come back.
	invited = calendar.Event{UID: "040000008200E00074C5B7101A82E00800000000C0DE0000000000000000000000000010000000A1B2C3", Method: "REQUEST", Sequence: 3, Organizer: jo, Summary: "LAC review of a child", Location: "At her school", Description: "private",
		When: calendar.When{Start: time.Date(2026, 3, 27, 10, 0, 0, 0, london), End: time.Date(2026, 3, 27, 11, 30, 0, 0, london)}}
	ours = Meeting{UID: "mtg-7f3a@in.kinbridge.example", Start: time.Date(2026, 3, 30, 14, 0, 0, 0, london), End: time.Date(2026, 3, 30, 15, 0, 0, 0, london), Organizer: us, Attendees: []calendar.Party{jo, {Name: `Siân "Tŷ" Huws`, Addr: "sian@la.example", Status: "ACCEPTED", Role: "OPT-PARTICIPANT"}},
		Way: Way{GuestLink: "https://kinbridge.example/g/Zk3v9Qx7Lr2pTn5wYb8c", Number: "020 7946 0958", PIN: "482913"}}
)

func must(t testing.TB) func(Object, error) Object {
	return func(o Object, err error) Object {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
}

// objects are one of each kind, by the name of its file.
func objects(t testing.TB) map[string]Object {
	one := invited
	one.RecurrenceID = time.Date(2026, 3, 27, 10, 0, 0, 0, london)
	day := invited
	day.AllDay, day.Start, day.End = true, time.Date(2026, 3, 29, 0, 0, 0, 0, london), time.Date(2026, 3, 30, 0, 0, 0, 0, london)
	moved, series, occurrence := ours, ours, ours
	moved.Sequence, moved.Start, moved.End = 1, ours.Start.Add(time.Hour), ours.End.Add(time.Hour)
	series.Rule = "FREQ=WEEKLY;INTERVAL=6;COUNT=4"
	occurrence.Sequence, occurrence.Occurrence, occurrence.Start, occurrence.End = 2, series.Start, series.Start.AddDate(0, 0, 1), series.End.AddDate(0, 0, 1)
	cancelled := ours
	cancelled.Sequence = 2
	m := must(t)
	return map[string]Object{
		"reply-accepted":  m(Reply(invited, us, Accepted, "", now)),
		"reply-tentative": m(Reply(invited, us, Tentative, "We are asking the prison; an answer follows by Friday.\nDiolch, ŵ ŷ.", now)),
		"reply-declined":  m(Reply(one, us, Declined, "The wing is locked then.", now)),
		"reply-all-day":   m(Reply(day, us, Accepted, "", now)),
		"counter":         m(Counter(invited, us, []Slot{{time.Date(2026, 3, 30, 10, 0, 0, 0, london), time.Date(2026, 3, 30, 11, 30, 0, 0, london)}, {time.Date(2026, 4, 1, 14, 0, 0, 0, london), time.Date(2026, 4, 1, 15, 30, 0, 0, london)}}, "", now)),
		"refresh":         m(Refresh(invited, us, now)),
		"request":         m(Request(ours, now)),
		"request-moved":   m(Request(moved, now)),
		"request-series":  m(Request(series, now)),
		"request-one":     m(Request(occurrence, now)),
		"cancel":          m(Cancel(cancelled, now)),
		"decline-counter": m(DeclineCounter(ours, "The room is free only then.", now)),
		"feed":            m(Feed("Kinbridge", []Entry{{UID: "a@kinbridge.example", Start: ours.Start, End: ours.End, Changed: now, Link: "https://kinbridge.example/meetings/1"}, {UID: "b@kinbridge.example", Start: time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), End: time.Date(2026, 10, 25, 3, 0, 0, 0, london), Changed: now, Cancelled: true}})),
		"feed-empty":      m(Feed("Kinbridge", nil)),
	}
}

// What is written is what the golden files hold, which the end-to-end tests read with another parser.
func TestWritten(t *testing.T) {
	for name, o := range objects(t) {
		file := filepath.Join("testdata", name+".ics")
		if *update {
			if err := os.WriteFile(file, o.ICS, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(want, o.ICS) {
			t.Errorf("%s: %v\n%s", name, err, o.ICS)
		}
		for _, line := range strings.Split(string(o.ICS), "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
				t.Errorf("%s: %d octets: %q", name, len(line), line)
			}
		}
		for _, private := range []string{"LAC review", "school", "DESCRIPTION:private"} {
			if strings.Contains(string(o.ICS), private) {
				t.Errorf("%s repeats %q", name, private)
			}
		}
		if o.Method != "" && !strings.Contains(string(o.ICS), "METHOD:"+o.Method+"\r\n") {
			t.Errorf("%s does not say its method", name)
		}
	}
}

// An answer names the version it answers and nobody but who answers (RFC 5546 section 3.2.3).
func TestReplyIsReadBack(t *testing.T) {
	o := objects(t)["reply-declined"]
	ev, err := calendar.Parse(o.ICS)
	if err != nil || len(ev) != 1 {
		t.Fatalf("%v %v", ev, err)
	}
	e := ev[0]
	if e.UID != invited.UID || e.Sequence != 3 || e.Method != "REPLY" || !e.Stamp.Equal(now) || e.Organizer.Addr != jo.Addr || len(e.Attendees) != 1 || e.Attendees[0].Addr != us.Addr || e.Attendees[0].Status != "DECLINED" || !e.RecurrenceID.Equal(invited.Start) || e.Comment != "The wing is locked then." {
		t.Errorf("%+v", e)
	}
	if o.ContentType() != "text/calendar; method=REPLY; charset=UTF-8" {
		t.Error(o.ContentType())
	}
}

func TestRefused(t *testing.T) {
	nobody, nameless, broken, backwards := invited, invited, us, ours
	nobody.Organizer, nameless.UID, broken.Addr, backwards.End = calendar.Party{}, "", "x@y\r\nATTENDEE:z", ours.Start
	for name, f := range map[string]func() (Object, error){
		"no organiser":  func() (Object, error) { return Reply(nobody, us, Accepted, "", now) },
		"no identifier": func() (Object, error) { return Reply(nameless, us, Accepted, "", now) },
		"bad address":   func() (Object, error) { return Reply(invited, broken, Accepted, "", now) },
		"no slot":       func() (Object, error) { return Counter(invited, us, nil, "", now) },
		"empty slot":    func() (Object, error) { return Counter(invited, us, []Slot{{now, now}}, "", now) },
		"ends at once":  func() (Object, error) { return Request(backwards, now) },
	} {
		if o, err := f(); ids.KindOf(err) != ids.Invalid || o.ICS != nil {
			t.Errorf("%s: %v %s", name, err, o.ICS)
		}
	}
}

// The mail body is read by our own mail reader and by the standard library, and both find the very object.
func TestAlternative(t *testing.T) {
	o := objects(t)["request"]
	kind, body, err := o.Alternative("Hello ŵ\n", "<p>Hello</p>")
	if err != nil {
		t.Fatal(err)
	}
	m, err := mailparse.Parse(append([]byte("From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: "+kind+"\r\n\r\n"), body...), mailparse.Limits{})
	if err != nil || len(m.Calendar) != 1 || strings.ReplaceAll(string(o.ICS), "\r\n", "\n") != strings.ReplaceAll(string(m.Calendar[0]), "\r\n", "\n") || strings.TrimSpace(m.Text) != "Hello ŵ" || !strings.Contains(m.HTML, "<p>Hello") {
		t.Fatalf("%v %+v", err, m)
	}
	_, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	var last *multipart.Part
	var raw []byte
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		last = p
		if raw, err = io.ReadAll(p); err != nil {
			t.Fatal(err)
		}
	}
	ics, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(raw), "\r\n", ""))
	if err != nil || !bytes.Equal(ics, o.ICS) || last.Header.Get("Content-Type") != o.ContentType() {
		t.Errorf("%v %v", err, last.Header)
	}
}

// Writing and reading is the same meeting, whatever the hour of whatever day and whatever people are called.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		start := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(r, "start")/60*60, 0).In(london)
		m := ours
		m.Start, m.End = start, start.Add(time.Duration(rapid.IntRange(1, 3000).Draw(r, "minutes"))*time.Minute)
		m.UID = rapid.StringMatching(`[A-Za-z0-9-]{1,200}@x\.example`).Draw(r, "uid")
		m.Sequence = rapid.IntRange(0, 1000).Draw(r, "sequence")
		if rapid.Bool().Draw(r, "one") {
			m.Occurrence = start.Add(-48 * time.Hour)
		}
		name := rapid.String().Draw(r, "name")
		m.Attendees = []calendar.Party{{Name: name, Addr: "a@la.example"}}
		m.Way.GuestLink = "https://kinbridge.example/g/" + rapid.StringMatching(`[A-Za-z0-9_-]{1,80}`).Draw(r, "token")
		o, err := Request(m, now)
		if err != nil {
			r.Fatal(err)
		}
		ev, err := calendar.Parse(o.ICS)
		if err != nil || len(ev) != 1 {
			r.Fatalf("%v: %s", err, o.ICS)
		}
		e := ev[0]
		if !e.Start.Equal(m.Start) || !e.End.Equal(m.End) || e.UID != m.UID || e.Sequence != m.Sequence || !e.RecurrenceID.Equal(m.Occurrence) || e.Organizer.Addr != us.Addr || len(e.Attendees) != 1 || e.Attendees[0].Addr != "a@la.example" || !strings.Contains(e.Description, m.Way.GuestLink) {
			r.Fatalf("%+v\n%s", e, o.ICS)
		}
		for _, line := range strings.Split(string(o.ICS), "\r\n") {
			if len(line) > 75 {
				r.Fatalf("%d octets: %q", len(line), line)
			}
		}
		answer, err := Reply(e, us, Tentative, name, now)
		if err != nil {
			r.Fatal(err)
		}
		back, err := calendar.Parse(answer.ICS)
		if err != nil || back[0].UID != m.UID || back[0].Sequence != m.Sequence || !back[0].Start.Equal(m.Start) || !back[0].RecurrenceID.Equal(m.Occurrence) || len(back[0].Attendees) != 1 {
			r.Fatalf("%v\n%s", err, answer.ICS)
		}
	})
}

// A feed that we write is read as busy at just the meetings in it.
func TestFeedIsBusy(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		at := time.Date(2026, 10, 20, 8, 0, 0, 0, time.UTC)
		var entries []Entry
		want := map[time.Time]time.Time{}
		for i := range rapid.IntRange(0, 20).Draw(r, "n") {
			at = at.Add(time.Duration(rapid.IntRange(16, 1500).Draw(r, "gap")) * time.Minute)
			end := at.Add(15 * time.Minute)
			cancelled := rapid.IntRange(0, 3).Draw(r, "cancelled") == 0
			entries = append(entries, Entry{UID: strings.Repeat("x", i+1), Start: at, End: end, Changed: now, Cancelled: cancelled, Title: rapid.String().Draw(r, "title")})
			if !cancelled {
				want[at] = end
			}
		}
		o, err := Feed("Kinbridge", entries)
		if err != nil {
			r.Fatal(err)
		}
		busy, problems, err := calendar.Busy(o.ICS, calendar.Window{From: at.AddDate(-1, 0, 0), To: at.AddDate(1, 0, 0)})
		if err != nil || len(problems) > 0 || len(busy) != len(want) {
			r.Fatalf("%v %v: %v, want %v\n%s", err, problems, busy, want, o.ICS)
		}
		for _, b := range busy {
			if !want[b.Start.UTC()].Equal(b.End) {
				r.Fatalf("%v, want %v", b, want)
			}
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	for b.Loop() {
		if _, err := Request(ours, now); err != nil {
			b.Fatal(err)
		}
	}
}
