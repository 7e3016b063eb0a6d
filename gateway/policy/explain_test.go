package policy

import (
	"strings"
	"testing"

	"kinbridge/gateway/ids"
)

// The printed book has every rule, each once in its chapter, in words that hold together.
func TestExplain(t *testing.T) {
	var whole strings.Builder
	if err := Explain(&whole); err != nil {
		t.Fatal(err)
	}
	for _, c := range Book() {
		var one strings.Builder
		if err := Explain(&one, c.Act); err != nil || !strings.Contains(whole.String(), one.String()) {
			t.Errorf("%s: %v, or it differs in the whole book", c.Act, err)
		}
		for i, l := range c.Lines() {
			if l.When == "" || l.Answer == "" || strings.HasSuffix(l.Answer, " ") || (l.Name == "") != (l.Act != "") {
				t.Errorf("%s, line %d: %+v", c.Act, i+1, l)
			}
			if l.Name != "" && !strings.Contains(one.String(), "["+l.Name+"]") {
				t.Errorf("%s: %s is not printed", c.Act, l.Name)
			}
		}
	}
	if err := Explain(&whole, "nonsense"); ids.KindOf(err) != ids.Invalid {
		t.Errorf("an act that there is not: %v", err)
	}
}
