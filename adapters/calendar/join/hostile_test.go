package join

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// A megabyte of anything is read within a second and a bounded allocation, as text and as HTML.
func TestHostileTextIsBounded(t *testing.T) {
	for name, unit := range map[string]string{
		"digits": "12 ", "one number": "1", "plus": "+1 ", "commas": ",", "colons": ":", "labels": "a:\n", "label and digits": "x: 123456789\n", "dial": "+44 20 7946 0958,,123456789#\n",
		"links": "https://teams.microsoft.com/l/meetup-join/x ", "false links": "https://teams.microsoft.com.evil.example/l/meetup-join/x\n", "nested safe links": "https://a.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.safelinks.protection.outlook.com%2F%3Furl%3D\n",
		"addresses": "a@b.example\n", "one address": "a@", "angles": "<", "closed angles": "<>", "stars": "*", "forwards": "From: a\nSent: b\n", "wrote": "wrote:\n", "tags": "<a href=x>", "tables": "<tr><td>1</td>", "entities": "&nbsp;", "comments": "<!--", "tel": "tel:1", "no-break": "\u00a0", "bad UTF-8": "\xff", "bold": "x* *y ",
		"compressed": "https://egress.com/?Base64Url=eJzLKCkpsNLXTy8tSi4BAB0yBJ4 ",
	} {
		data := strings.Repeat(unit, 1<<20/len(unit))
		for kind, src := range map[string]Source{"text": {Text: data}, "html": {HTML: data}} {
			limit := time.Second
			var took time.Duration
			for range 3 { // the machine may be busy with other things once
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				start := time.Now()
				sound(t, Read(src))
				took = time.Since(start)
				runtime.ReadMemStats(&after)
				if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
					t.Errorf("%s as %s: %d MiB", name, kind, grown>>20)
				}
				if raceEnabled || took < limit {
					break
				}
			}
			if took > limit && !raceEnabled {
				t.Errorf("%s as %s: %v", name, kind, took)
			}
			t.Logf("%-20s %-4s %v", name, kind, took.Round(time.Millisecond))
		}
	}
}

func BenchmarkReadText(b *testing.B) {
	b.SetBytes(int64(len(gen2024)))
	for b.Loop() {
		if Read(Source{Text: gen2024}).ConferenceID == "" {
			b.Fatal("nothing read")
		}
	}
}

func BenchmarkReadHTML(b *testing.B) {
	html := `<div>` + strings.ReplaceAll(strings.NewReplacer("<http", `<a href="http`, "<tel", `<a href="tel`, ">", `">x</a>`).Replace(gen2025), "\n", "</div>\n<div>") + `</div>`
	b.SetBytes(int64(len(html)))
	for b.Loop() {
		if Read(Source{HTML: html}).MeetingID == "" {
			b.Fatal("nothing read")
		}
	}
}
