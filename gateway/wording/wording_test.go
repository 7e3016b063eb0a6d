package wording_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"kinbridge/gateway/wording"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"Dr. Ŵyn’s tŷ: SELF-HARM!":               "|dr wyn s ty self harm",
		"ad\u00adop\u200btion":                   "|adoption",
		"One. Two? Three 3.5 p.m. x\n\ny\nz; w":  "|one |two |three 3 5 p m |x |y z |w",
		"Æsop straße ﬁnal İzmir Mair":            "|aesop strasse final izmir mair",
		"cafe\u0301 \u0301 \xff\xfe":             "|cafe",
		"He said \"no.\" Then (see below.) More": "|he said no |then see below |more",
		"":                                       "",
	} {
		var got []string
		for _, w := range wording.Words(text) {
			s := w.Text
			if w.Sentence {
				s = "|" + s
			}
			got = append(got, s)
			if wording.Fold(text[w.Start:w.End]) != w.Text {
				t.Errorf("%q is not %q", text[w.Start:w.End], w.Text)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", text, strings.Join(got, " "), want)
		}
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct{ word, lang, has, not string }{
		{"adopt", "en", "adopt adopts adopted adopting", "fadopt"},
		{"stop", "en", "stops stopped stopping", "stoped"},
		{"car", "en", "cars", "cared caring"},
		{"carry", "en", "carries carried carrying", "carryed"},
		{"die", "en", "dies died dying", ""},
		{"place", "en", "placed placing places", ""},
		{"visit", "en", "visits visited visiting", ""},
		{"knife", "en", "knives", ""},
		{"marwolaeth", "cy", "marwolaeth farwolaeth marwolaethau farwolaethau", ""},
		{"mabwysiadu", "cy", "fabwysiadu mabwysiadwyd fabwysiadir mabwysiadodd", ""},
		{"plentyn", "cy", "blentyn mhlentyn phlentyn", ""},
		{"cyswllt", "cy", "gyswllt nghyswllt chyswllt", ""},
		{"gofal", "cy", "ofal ngofal", ""},
		{"damwain", "cy", "ddamwain namwain", ""},
		{"brawd", "cy", "frawd mrawd", ""},
		{"llys", "cy", "lys llysoedd lysoedd", ""},
		{"rhiant", "cy", "riant", ""},
		{"ysbyty", "cy", "hysbyty", ""},
		{"chwaer", "cy", "chwaer", "ghwaer nghhwaer"},
		{"teulu", "", "deulu nheulu theulu teulued", ""},
		{"a1", "", "a1", "a1s"},
	} {
		got := wording.Forms(c.word, c.lang)
		for _, f := range strings.Fields(c.has) {
			if !slices.Contains(got, f) {
				t.Errorf("%s: no %s in %v", c.word, f, got)
			}
		}
		for _, f := range strings.Fields(c.not) {
			if slices.Contains(got, f) {
				t.Errorf("%s: %s is no form", c.word, f)
			}
		}
	}
}

func find(t *testing.T, phrase, text string) string {
	t.Helper()
	p, err := wording.CompilePhrases([]wording.Phrase{{Text: phrase}})
	if err != nil {
		t.Fatalf("%s: %v", phrase, err)
	}
	var got []string
	words := wording.Words(text)
	p.Find(words, func(f wording.Found) bool {
		got = append(got, text[words[f.From].Start:words[f.To-1].End])
		return true
	})
	return strings.Join(got, "|")
}

func TestPhrases(t *testing.T) {
	for _, c := range []struct{ phrase, text, want string }{
		{"care order", "Two Care-Orders and care. Order!", "Care-Orders"},
		{"(final|last|) contact", "the last contact, contact", "last contact|contact|contact"},
		{"adopt … minutes", "We adopted the minutes. Adopted: minutes, and more minutes", "adopted the minutes|Adopted: minutes, and more minutes"},
		{"adopt … minutes", "adopted one two three four five six minutes", ""},
		{"=car", "cars car Câr", "car|Câr"},
		{"adopt*", "readoption adoptive ADOPTABLE", "adoptive|ADOPTABLE"},
		{"(a b|b c) d", "a b d, b c d, a d", "a b d|b c d"},
		{"self-harm", "self harm selfharm", "self harm"},
		{"(a|a b) (b|) c", "a b b c", "a b b c"},
		{"marwolaeth", "am farwolaeth ei mam", "farwolaeth"},
		{"the (court|judge|) said", "The said judge said", "The said"},
	} {
		if got := find(t, c.phrase, c.text); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.phrase, c.text, got, c.want)
		}
	}
}

func TestFaultsOfPhrases(t *testing.T) {
	for _, bad := range []string{"", " ", "… a", "a …", "(a|b", "a)", "a|b", "((a))", "(|)", "(a|) (b|)", "ab*", "a*b", "!!", "(a … b)", "(a|…)", strings.Repeat("word ", 65), strings.Repeat("a… ", 13) + "a"} {
		if _, err := wording.CompilePhrases([]wording.Phrase{{Text: "good"}, {Text: bad}}); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(bad)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("(adopt*|care order) … =the", "adopting of the")
	f.Add("a…a…a…a", "a a a a a a a")
	f.Fuzz(func(t *testing.T, phrase, text string) {
		words := wording.Words(text)
		end := 0
		for _, w := range words {
			if w.Start < end || w.End <= w.Start || w.Text == "" || !utf8.ValidString(w.Text) {
				t.Fatalf("%+v", w)
			}
			end = w.End
		}
		if folded, at := wording.FoldMap(text); len(at) != len(folded)+1 || !slices.IsSorted(at) {
			t.Fatalf("%q: %v", folded, at)
		}
		p, err := wording.CompilePhrases([]wording.Phrase{{Text: phrase}, {Text: phrase, Lang: "cy"}})
		if err != nil {
			return
		}
		last := 0
		p.Find(words, func(f wording.Found) bool {
			if f.From < last || f.To <= f.From || f.To > len(words) {
				t.Fatalf("%+v", f)
			}
			last = f.From
			return true
		})
	})
}
