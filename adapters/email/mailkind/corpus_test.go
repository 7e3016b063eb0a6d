package mailkind

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinbridge/adapters/email/mailparse"
)

// TestShort holds the cases of testdata/short.txt, whose subject and words are all there is.
func TestShort(t *testing.T) {
	f, err := os.Open("testdata/short.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := map[string]int{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		col := strings.Split(sc.Text(), " | ")
		if len(col) != 4 {
			t.Fatalf("not four columns: %s", sc.Text())
		}
		n[col[0]]++
		raw := "From: Jo Price <jo.price@la.example>\nTo: thread-x@in.kinbridge.example\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nSubject: " + col[1] +
			"\nContent-Type: text/plain; charset=utf-8\n\n" + strings.ReplaceAll(col[2], `\n`, "\n") + "\n"
		m, _ := mailparse.Parse([]byte(raw), mailparse.Limits{})
		if got := Classify(m, "-"); string(got.Kind) != col[0] {
			t.Errorf("%s, want %s: %s | %s (%s) %s", got.Kind, col[0], col[1], col[2], col[3], got.Reason)
		}
	}
	if n["auto_reply"] < 100 || n["message"] < 60 {
		t.Errorf("%v cases", n)
	}
}

// corpusCase is one message of a file in testdata: "=== name", then "why:", "want: kind [form] [until]", "ask: name | email | phone" or
// "bounce: recipient | status | permanent, temporary or delayed" lines, "---", and the message.
type corpusCase struct {
	name, why, want, raw string
	ask, bounces         []string
}

func corpus(t testing.TB, file string) []corpusCase {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out []corpusCase
	for _, text := range strings.Split("\n"+string(data), "\n=== ")[1:] {
		head, raw, ok := strings.Cut(text, "\n---\n")
		lines := strings.Split(head, "\n")
		c := corpusCase{name: lines[0], raw: raw + "\n"}
		for _, l := range lines[1:] {
			switch key, value, _ := strings.Cut(l, ": "); key {
			case "why":
				c.why = value
			case "want":
				c.want = value
			case "ask":
				c.ask = append(c.ask, columns(value))
			case "bounce":
				c.bounces = append(c.bounces, columns(value))
			default:
				t.Fatalf("%s: %s: what is %q?", file, c.name, l)
			}
		}
		if !ok || c.why == "" || c.want == "" {
			t.Fatalf("%s: %s: no message, why or want", file, c.name)
		}
		out = append(out, c)
	}
	return out
}

func columns(s string) string {
	cols := strings.Split(s, "|")
	for i := range cols {
		cols[i] = strings.TrimSpace(cols[i])
	}
	return strings.Join(cols, " | ")
}

func TestAutomaticAnswers(t *testing.T) {
	for _, c := range append(corpus(t, "auto.txt"), corpus(t, "auto-examined.txt")...) {
		m, _ := mailparse.Parse([]byte(c.raw), mailparse.Limits{})
		got := Classify(m, "-")
		have := strings.TrimSpace(string(got.Kind) + " " + string(got.Auto.Form))
		if !got.Auto.Until.IsZero() {
			have += got.Auto.Until.Format(" 2006-01-02")
		}
		if have != c.want {
			t.Errorf("%s: %s, want %s (%s) %s", c.name, have, c.want, c.why, got.Reason)
		}
		var ask []string
		for _, p := range got.Auto.Colleagues {
			ask = append(ask, p.Name+" | "+p.Email+" | "+p.Phone)
		}
		if c.ask != nil && strings.Join(ask, "\n") != strings.Join(c.ask, "\n") {
			t.Errorf("%s: ask %q, want %q (%s)", c.name, ask, c.ask, c.why)
		}
	}
}

func TestDeliveryReports(t *testing.T) {
	for _, c := range append(corpus(t, "bounces.txt"), corpus(t, "bounces-examined.txt")...) {
		m, _ := mailparse.Parse([]byte(c.raw), mailparse.Limits{})
		got := Classify(m, "-")
		if string(got.Kind) != c.want {
			t.Errorf("%s: %s, want %s (%s) %s", c.name, got.Kind, c.want, c.why, got.Reason)
		}
		var have []string
		for _, b := range got.Bounces {
			how := "temporary"
			switch {
			case b.Permanent:
				how = "permanent"
			case b.Delayed:
				how = "delayed"
			}
			have = append(have, b.Recipient+" | "+b.Status+" | "+how)
		}
		if strings.Join(have, "\n") != strings.Join(c.bounces, "\n") {
			t.Errorf("%s: %q, want %q (%s)", c.name, have, c.bounces, c.why)
		}
	}
}

// TestPeoplesMail takes all that people wrote in replytext's corpus: none of it is an answer of a machine, or a report.
func TestPeoplesMail(t *testing.T) {
	files, err := filepath.Glob("../replytext/testdata/corpus/*.txt")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	n := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split("\n"+string(data), "\n@@ ")[1:] {
			for _, part := range []struct{ mark, mediaType string }{{"\n@text\n", "text/plain"}, {"\n@html\n", "text/html"}} {
				_, body, ok := strings.Cut(block, part.mark)
				if !ok {
					continue
				}
				body, _, _ = strings.Cut(body, "\n@")
				m, _ := mailparse.Parse([]byte("From: Jo Price <jo.price@la.example>\nTo: r-1@in.kinbridge.example\nSubject: Re: the review\nContent-Type: "+part.mediaType+"; charset=utf-8\n\n"+body), mailparse.Limits{})
				n++
				if got := Classify(m, "-"); got.Kind != KindMessage {
					name, _, _ := strings.Cut(block, "\n")
					t.Errorf("%s: %s: %s (%s)", filepath.Base(file), name, got.Kind, got.Reason)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d messages", n)
	}
}
