package staff

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
)

func read(ps []web.MarkedParagraph) (text string, marks map[int]string) {
	marks = map[int]string{}
	for _, p := range ps {
		for _, l := range p {
			for _, s := range l {
				text += s.Text
				for _, n := range s.Marks {
					marks[n] += s.Text
				}
			}
			text += "\n"
		}
		text += "\n"
	}
	return text, marks
}

func TestMarks(t *testing.T) {
	body := "Bring the spice.\n\nOr a spice rack.\nEnd"
	first, second := strings.Index(body, "spice"), strings.LastIndex(body, "spice")
	text, marks := read(marked(body, []flow.Mark{{Start: second, End: second + 10}, {Start: first, End: first + 5}, {Start: second + 6, End: second + 10}}))
	if text != "Bring the spice.\n\nOr a spice rack.\nEnd\n\n" || marks[1] != "spice" || marks[2] != "spice rack" || marks[3] != "spice rack" {
		t.Errorf("%q %v", text, marks)
	}
}

// Whatever is marked, every word is shown once.
func TestMarksLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`[a-d ŵ\n]{0,40}`).Draw(t, "body")
		at := rapid.IntRange(0, len(body))
		var ms []flow.Mark
		for range rapid.IntRange(0, 6).Draw(t, "marks") {
			a, b := at.Draw(t, "a"), at.Draw(t, "b")
			ms = append(ms, flow.Mark{Start: min(a, b), End: max(a, b)})
		}
		got, _ := read(marked(body, ms))
		if a, b := strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(body), " "); a != b {
			t.Fatalf("%q became %q with %v", body, got, ms)
		}
	})
}
