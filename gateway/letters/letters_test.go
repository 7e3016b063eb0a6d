package letters

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/workdays"
)

var places = regexp.MustCompile(`\{\{\.\w+\}\}|\{\w+\}`)

func placesIn(s string) []string {
	out := places.FindAllString(strings.ReplaceAll(s, "{{.On}}", "{{.At}}"), -1) // a day is said in one way or the other
	slices.Sort(out)
	return out
}

// Every letter and every word is there in both languages, with the same paragraphs and the same places, and no text is the other's.
func TestBothLanguagesAreWhole(t *testing.T) {
	en, cy := books()[workdays.English], books()[workdays.Welsh]
	if !slices.Equal(Names(workdays.English), Names(workdays.Welsh)) {
		t.Fatalf("letters: %v and %v", Names(workdays.English), Names(workdays.Welsh))
	}
	same := func(where, a, b string) {
		t.Helper()
		if strings.TrimSpace(b) == "" && strings.TrimSpace(a) != "" || a == b && a != "" {
			t.Errorf("%s: the Welsh is missing or is the English: %q", where, b)
		}
		if !slices.Equal(placesIn(a), placesIn(b)) {
			t.Errorf("%s: the places differ: %v, %v", where, placesIn(a), placesIn(b))
		}
	}
	for name, a := range en.Letters {
		b := cy.Letters[name]
		same(name+".subject", a.Subject, b.Subject)
		if len(a.Words) == 0 || len(a.Words) != len(b.Words) {
			t.Errorf("%s has %d paragraphs in English and %d in Welsh", name, len(a.Words), len(b.Words))
			continue
		}
		for i := range a.Words {
			same(name, a.Words[i], b.Words[i])
		}
		for _, l := range [][]string{For(""), For("Cyngor Gogledd Dyffryn")} {
			if text := Write(name, l, Values{Org: "Anytown", At: time.Now(), Ends: time.Now(), Opens: time.Now(), Link: "L", Code: "C"}).Text(); strings.ContainsAny(text, "{}") {
				t.Errorf("%s has a place that is not filled: %s", name, text)
			}
		}
	}
	for key, a := range en.Around {
		same("around."+key, a, cy.Around[key])
	}
	if len(en.Around) != len(cy.Around) {
		t.Errorf("around: %d words in English, %d in Welsh", len(en.Around), len(cy.Around))
	}
}

func TestBothLanguagesInOneMail(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	l := Write("notice", For("Cyngor Gogledd Dyffryn"), Values{At: at, Link: "https://k.example/read/x"}, "unread")
	if l.Subject != "Mae neges yn aros amdanoch / A message is waiting for you" {
		t.Error(l.Subject)
	}
	text := l.Text()
	welsh, english, ok := strings.Cut(text, strings.Repeat("-", 68))
	if !ok || !strings.Contains(welsh, "dydd Llun 23 Tachwedd 2026 am 2pm (GMT)") || !strings.Contains(english, "Monday 23 November 2026 at 2pm (GMT)") {
		t.Error(text)
	}
	if strings.Count(text, "https://k.example/read/x") != 2 {
		t.Error("each language must have the link: ", text)
	}
	page := l.HTML()
	if !strings.Contains(page, `<html lang="cy">`) || !strings.Contains(page, `<div lang="en">`) {
		t.Error(page)
	}
	if one := Write("notice", For(""), Values{At: at, Link: "L"}); one.Subject != "A message is waiting for you" || strings.Contains(one.Text(), "Darllenwch") {
		t.Error(one.Subject, one.Text())
	}
	if s := Subject(For("x"), "KB-1-ABCD"); s != "Neges Kinbridge / Kinbridge message, KB-1-ABCD" {
		t.Error(s)
	}
	if s := Subject(For(""), "KB-1-ABCD"); s != "Kinbridge message, reference KB-1-ABCD" {
		t.Error(s)
	}
}
