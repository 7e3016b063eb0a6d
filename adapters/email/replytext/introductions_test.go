package replytext

import (
	"os"
	"strings"
	"testing"
)

// wrapped breaks a line as programs do that send no line longer than 60 characters.
func wrapped(line string) string {
	var out strings.Builder
	width := 0
	for i, w := range strings.Fields(line) {
		n := len([]rune(w))
		switch {
		case i > 0 && width+1+n > 60:
			out.WriteByte('\n')
			width = 0
		case i > 0:
			out.WriteByte(' ')
			width++
		}
		out.WriteString(w)
		width += n
	}
	return out.String()
}

// TestEveryIntroduction reads testdata/introductions.txt; see the README there.
func TestEveryIntroduction(t *testing.T) {
	raw, err := os.ReadFile("testdata/introductions.txt")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(strings.TrimPrefix(string(raw), "%% "), "\n%% ")
	if len(blocks) < 250 {
		t.Fatalf("only %d introductions", len(blocks))
	}
	const answer, old = "Yes, she can come at ten on Tuesday.", "Dear Jo,\n\nCan she come on Tuesday? It was agreed at the last meeting\nthat somebody would let us know in good time.\n\nKind regards\nKin Bridge"
	marked := "> " + strings.ReplaceAll(old, "\n", "\n> ") + "\n"
	signatures := []string{"", "\n-- \nJo Price\nSocial Worker\n", "\nKind regards\n\nJo\n", "\nMany thanks\n\nJo Price\nSocial Worker | Children in Care Team\nTel: 01632 960123\nwww.la.example\n\nThis email and any attachments are confidential and intended solely for the addressee.\n"}
	for n, b := range blocks {
		head, intro, _ := strings.Cut(strings.TrimRight(b, "\n"), "\n")
		name, styles, _ := strings.Cut(head, " ")
		check := func(where, body, want string) {
			r := splitText(t, body)
			if r.Text != want {
				t.Errorf("%s, %s:\n%s\ntext %q", name, where, body, r.Text)
			}
			checkWhole(t, body, r)
		}
		intros := []string{intro}
		if w := wrapped(intro); !strings.Contains(intro, "\n") && w != intro && !strings.HasPrefix(intro, ">") {
			intros = append(intros, w)
		}
		for _, in := range intros {
			if strings.Contains(styles, "u") {
				check("unmarked", answer+"\n"+signatures[n%4]+"\n"+in+"\n\n"+old, answer)
			}
			if strings.Contains(styles, "q") {
				check("marked", answer+"\n"+signatures[(n+1)%4]+"\n"+in+"\n"+marked, answer)
			}
		}
		if strings.Contains(styles, "q") && !strings.HasPrefix(name, "applefwd") {
			check("below", intro+"\n"+marked+"\n"+answer+"\n"+signatures[(n+2)%4], answer)
			if strings.HasPrefix(intro, "> ") {
				continue // marked like the quote itself, so part of what is answered
			}
			check("between", intro+"\n> Can she come?\n\n"+answer+"\n\n> Is ten good?\n\nIt is.\n\n> Thank you.\n", "> Can she come?\n\n"+answer+"\n\n> Is ten good?\n\nIt is.")
		}
	}
}
