package promises

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

var monday = workdays.Date(2026, 3, 2)

type line struct {
	promise   bool
	day       string
	text, why string
}

func corpus(t testing.TB) (out []line) {
	t.Helper()
	b, err := os.ReadFile("testdata/corpus.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(strings.TrimRight(string(b), "\n"), "\n") {
		if strings.HasPrefix(l, "#") {
			continue
		}
		f := strings.Split(l, "\t")
		if len(f) != 4 || f[3] == "" || f[0] != "promise" && f[0] != "none" {
			t.Fatalf("not a line of the corpus: %q", l)
		}
		out = append(out, line{f[0] == "promise", f[1], f[2], f[3]})
	}
	return out
}

func TestCorpus(t *testing.T) {
	lines, yes, cal := corpus(t), 0, workdays.EnglandAndWales()
	for _, l := range lines {
		p, ok := Default().Find(l.text, monday, cal)
		if ok != l.promise || p.By.String() != l.day {
			t.Errorf("%q (%s): promise %v by %q, want %v by %q; found %q", l.text, l.why, ok, p.By, l.promise, l.day, l.text[p.Start:p.End])
		}
		if l.promise {
			yes++
		}
	}
	if len(lines) < 160 || yes < 80 || len(lines)-yes < 60 {
		t.Errorf("%d lines, %d promises", len(lines), yes)
	}
}

// What a reply holds besides does not hide the promise, and the one with a day counts.
func TestAPromiseAmongOtherWords(t *testing.T) {
	text := "Dear Maya,\n\nThank you for your message. Tomos is well.\n\nLeave it with me. I will send the school report by Friday.\n\nPlease send the form by 20 March.\n\nHannah"
	p, ok := Default().Find(text, monday, workdays.EnglandAndWales())
	if !ok || p.By.String() != "2026-03-06" || !strings.HasPrefix(text[p.Start:], "I will send") {
		t.Errorf("%+v %v", p, ok)
	}
}

func TestDaysAcrossTheYear(t *testing.T) {
	for _, c := range []struct{ written, text, want string }{
		{"2026-12-23", "I will get back to you tomorrow.", "2026-12-24"},
		{"2026-12-24", "I will get back to you tomorrow.", "2026-12-29"},        // Christmas, then a substitute day
		{"2026-12-30", "I will send it by 5 January.", "2027-01-05"},            // the next that comes
		{"2026-12-31", "I will send it by the end of the month.", "2026-12-31"}, // today
		{"2027-01-30", "I will send it next month.", "2027-03-01"},              // 28 February is a Sunday
		{"2026-03-07", "You will have it this week.", "2026-03-13"},             // said on a Saturday
		{"2026-03-08", "You will have it next week.", "2026-03-13"},             // said on a Sunday: the week that begins tomorrow
		{"2026-03-06", "I will send it on Friday.", "2026-03-13"},               // said on a Friday
		{"2026-03-28", "I will send it on the 31st.", "2026-03-31"},
		{"2026-04-28", "I will send it on 31 April.", ""},     // no such day
		{"2026-03-02", "I will send it by 1 March 2026.", ""}, // past
		{"2026-03-02", "I will send it by 1/3/2029.", ""},     // too far
	} {
		day, err := workdays.Parse(c.written)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := Default().Find(c.text, day, workdays.EnglandAndWales()); !ok || p.By.String() != c.want {
			t.Errorf("%s %q: %q %v, want %q", c.written, c.text, p.By, ok, c.want)
		}
	}
}

func TestFilesAreChecked(t *testing.T) {
	for _, bad := range []map[string]string{{"en": "[acts]\nx"}, {"en": "x"}, {"cy": "[act]\n(x"}, {"fr": "[act]\nx"}} {
		if _, err := Compile(bad); ids.KindOf(err) != ids.Invalid || ids.Public(err) == "" {
			t.Errorf("%v: %v", bad, err)
		}
	}
	b, err := Compile(map[string]string{"en": "[promise]\nwatch the post"})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := b.Find("Watch the post!", monday, workdays.EnglandAndWales()); !ok {
		t.Error("not found")
	}
}

func FuzzFind(f *testing.F) {
	for _, l := range corpus(f) {
		f.Add(l.text, int32(monday))
	}
	f.Add("I will send it in 9999 weeks by 99/99/9999 the 40th of", int32(1))
	f.Add("I will send it within a the of a the of next dydd", int32(workdays.Last))
	cal := workdays.EnglandAndWales()
	f.Fuzz(func(t *testing.T, text string, day int32) {
		written := min(max(workdays.Day(day), workdays.First), workdays.Last)
		p, ok := Default().Find(text, written, cal)
		switch {
		case !ok && p != Promise{}:
			t.Errorf("no promise, and yet %+v", p)
		case ok && (p.Start < 0 || p.End > len(text) || p.Start >= p.End):
			t.Errorf("%+v in %d bytes", p, len(text))
		case ok && utf8.ValidString(text) && !utf8.ValidString(text[p.Start:p.End]):
			t.Errorf("cut within a letter: %q", text[p.Start:p.End])
		case ok && p.By != 0 && (p.By < written || p.By > written.Plus(longest+20) || !cal.IsWorkingDay(p.By) && p.By < workdays.Last-20):
			t.Errorf("%s, written on %s", p.By, written)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	text, cal := strings.Repeat("Dear Maya, he is well and I will see him on Friday. ", 200)+"I will get back to you by Friday.", workdays.EnglandAndWales()
	Default()
	for b.Loop() {
		Default().Find(text, monday, cal)
	}
}
