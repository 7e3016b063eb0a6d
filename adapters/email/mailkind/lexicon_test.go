package mailkind

import "testing"

// TestPhrases reads every file and finds a phrase that is written over a gap, an alternative, a beginning and without spaces.
func TestPhrases(t *testing.T) {
	for _, c := range []struct {
		text string
		want sense
	}{
		{"I’m, as of today, out of the office.", away},
		{"Nie będzie mnie jutro w biurze", away},
		{"私は休暇をいただいております", away},
		{"JE SERAI DE RETOUR LE 3 MARS", away},
		{"This is an e-mail; this is an automatic e-mail", machine},
		{"Tämä on automaattivastaus", machine},
	} {
		found := false
		toks := tokens(c.text)
		for _, h := range lexicon().find(toks, len(toks)) {
			found = found || h.sense == c.want
		}
		if !found {
			t.Errorf("%q: no sense %d", c.text, c.want)
		}
	}
	toks := tokens("I am happy. The report is out of the office.")
	for _, h := range lexicon().find(toks, len(toks)) {
		if h.sense == away && h.from == 0 {
			t.Error("a phrase went over the end of a sentence")
		}
	}
}

func TestPhraseFaultsAreFound(t *testing.T) {
	for _, file := range []string{"a phrase\n", "[nonsense]\n", "[away]\n… begins so\n", "[away]\n()\n", "[away]\n(a|b\n", "[away]\na …\n"} {
		if (&node{}).load(file) == nil {
			t.Errorf("%q was taken", file)
		}
	}
}
