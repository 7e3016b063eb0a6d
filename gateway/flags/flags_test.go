package flags_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"kinbridge/gateway/flags"
	"kinbridge/gateway/ids"
)

func rule(id string, words ...string) flags.Rule {
	return flags.Rule{ID: id, Level: flags.Estate, Words: words}
}

func compile(t testing.TB, rules ...flags.Rule) *flags.Set {
	t.Helper()
	s, err := flags.Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func show(s *flags.Set, text string, about flags.About) string {
	var out []string
	for _, h := range s.Match(text, about).Hits {
		out = append(out, h.Rule+":"+text[h.Start:h.End])
	}
	return strings.Join(out, " ")
}

func TestWordsAndPatterns(t *testing.T) {
	s := compile(t, rule("drugs", "spice", "=weed", "class A"), rule("death", "marwolaeth", "lladd"), rule("address", "come to (my|our) … (house|flat)"),
		flags.Rule{ID: "phone", Level: flags.Estate, Pattern: `\b07\d{3} ?\d{6}\b`}, flags.Rule{ID: "cy", Level: flags.Estate, Words: []string{"cyffur"}, Language: "cy"},
		flags.Rule{ID: "word", Level: flags.Estate, Pattern: `ŵyl|straße|FFLINT`}, rule("name", "Mair", "Mair Hughes"))
	for text, want := range map[string]string{
		"He has SPICE and spices, no weeds.":             "drugs:SPICE drugs:spices",
		"spicy, allspice, special":                       "",
		"Am farwolaeth; ei lladdwyd. Cafodd ei ladd":     "death:farwolaeth death:lladdwyd death:ladd",
		"Ring 07700 900123 or 07700900456, 107700900123": "phone:07700 900123 phone:07700900456",
		"Come to my sister's new house":                  "address:Come to my sister's new house",
		"Class-A, class. A":                              "drugs:Class-A",
		"Ei chyffuriau. Dros yr WYL, in STRASSE, fflint": "cy:chyffuriau word:WYL word:STRASSE word:fflint",
		"Ma\u00adir and MAIR HUGHES":                     "name:Ma\u00adir name:MAIR HUGHES",
		"straße":                                         "word:straße",
		"":                                               "",
	} {
		if got := show(s, text, flags.About{}); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// A rule for one establishment, person or direction says nothing of others.
func TestWhoseRules(t *testing.T) {
	s := compile(t, rule("all", "knife"), flags.Rule{ID: "here", Level: flags.Establishment, For: "agy_1", Words: []string{"knife"}},
		flags.Rule{ID: "her", Level: flags.Person, For: "mth_1", Words: []string{"knife"}}, flags.Rule{ID: "in", Level: flags.Estate, Direction: flags.ToMother, Words: []string{"knife"}},
		flags.Rule{ID: "out", Level: flags.Person, For: "con_1", Direction: flags.FromMother, Pattern: "kni"})
	for _, c := range []struct {
		about flags.About
		want  string
	}{
		{flags.About{}, "all"},
		{flags.About{Establishment: "agy_1"}, "all here"},
		{flags.About{Establishment: "agy_2", People: []string{"mth_1"}, Direction: flags.ToMother}, "all her in"},
		{flags.About{People: []string{"mth_2", "con_1"}, Direction: flags.FromMother}, "all out"},
		{flags.About{People: []string{"con_1"}, Direction: flags.ToMother}, "all in"},
	} {
		var got []string
		for _, h := range s.Match("knives and kni", c.about).Hits {
			if len(got) == 0 || got[len(got)-1] != h.Rule {
				got = append(got, h.Rule)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v, want %s", c.about, got, c.want)
		}
	}
}

func TestFaultsAnAdministratorCanMend(t *testing.T) {
	est := func(r flags.Rule) flags.Rule { r.ID, r.Level = "x", flags.Estate; return r }
	for _, c := range []struct {
		rule flags.Rule
		want string
	}{
		{est(flags.Rule{}), "at least one word"}, {flags.Rule{Level: flags.Estate, Words: []string{"a"}}, "identifier"}, {flags.Rule{ID: "x", Words: []string{"a"}}, "estate, an establishment or a person"},
		{flags.Rule{ID: "x", Level: flags.Person, Words: []string{"a"}}, "names it"}, {flags.Rule{ID: "x", Level: flags.Estate, For: "y", Words: []string{"a"}}, "names none"},
		{est(flags.Rule{Words: []string{"(a"}}), "parenthesis is not closed"}, {est(flags.Rule{Words: []string{"a*"}}), "at least 3 letters"}, {est(flags.Rule{Words: []string{""}}), "empty"},
		{est(flags.Rule{Pattern: "(a"}), "a ( is not closed"}, {est(flags.Rule{Pattern: "a*"}), "every text"}, {est(flags.Rule{Pattern: "(?=a)b"}), "no look-around"}, {est(flags.Rule{Pattern: "+"}), "nothing before it"},
		{est(flags.Rule{Pattern: "(a{50}){50}"}), "too"}, {est(flags.Rule{Pattern: "[a"}), "a [ is not closed"}, {est(flags.Rule{Pattern: `(a)\1`}), "means nothing"}, {est(flags.Rule{Pattern: strings.Repeat("a", 201)}), "longer than 200"},
		{est(flags.Rule{Words: make([]string, 51)}), "two flags"}, {est(flags.Rule{Words: []string{"a"}, Language: "fr"}), "language"}, {est(flags.Rule{Words: []string{"a"}, Direction: "up"}), "direction"},
		{est(flags.Rule{Words: []string{"a"}, Note: strings.Repeat("a", 1001)}), "note"},
	} {
		_, err := flags.Compile([]flags.Rule{rule("good", "good"), c.rule})
		if ids.KindOf(err) != ids.Invalid || !strings.Contains(ids.Public(err), c.want) || !strings.HasPrefix(ids.Public(err), "Flag “"+c.rule.ID+"”") {
			t.Errorf("%+v: %v, want %q", c.rule, err, c.want)
		}
		if e := flags.Check(c.rule); ids.KindOf(e) != ids.Invalid {
			t.Errorf("%+v: %v", c.rule, e)
		}
	}
	if _, err := flags.Compile([]flags.Rule{rule("x", "a"), rule("x", "b")}); err == nil || !strings.Contains(err.Error(), "another flag") {
		t.Error(err)
	}
	many := make([]flags.Rule, 0, 101)
	for i := range 101 {
		many = append(many, flags.Rule{ID: fmt.Sprint(i), Level: flags.Estate, Pattern: "ab"})
	}
	if _, err := flags.Compile(many); err == nil || !strings.Contains(err.Error(), "patterns") {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	s := compile(t, rule("a", "cell"), flags.Rule{ID: "p", Level: flags.Estate, Pattern: "cell"})
	if r := s.Match(strings.Repeat("cell ", 20), flags.About{}); len(r.Hits) != 40 || r.Cut {
		t.Errorf("%d %t", len(r.Hits), r.Cut)
	}
	if r := s.Match(strings.Repeat("cell ", 21), flags.About{}); len(r.Hits) != 40 || !r.Cut {
		t.Errorf("%d %t", len(r.Hits), r.Cut)
	}
	if r := s.Match(strings.Repeat("x", flags.MaxText+1), flags.About{}); !r.Cut {
		t.Error("a text was cut and nobody told")
	}
	var many []flags.Rule
	for i := range 30 {
		many = append(many, rule(fmt.Sprint(i), "cell"))
	}
	if r := compile(t, many...).Match(strings.Repeat("cell ", 20), flags.About{}); len(r.Hits) != flags.MaxHits || !r.Cut {
		t.Errorf("%d %t", len(r.Hits), r.Cut)
	}
	if r := compile(t).Match("anything", flags.About{}); r.Hits != nil || r.Cut {
		t.Error("no rules find something")
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("word|a…b", "kni(fe|ves)", "Some Ŵord ﬁ straße")
	f.Fuzz(func(t *testing.T, words, pattern, text string) {
		s, err := flags.Compile([]flags.Rule{{ID: "w", Level: flags.Estate, Words: strings.Split(words, "|")}})
		if err != nil && ids.KindOf(err) == ids.Internal {
			t.Fatal(err)
		}
		p, perr := flags.Compile([]flags.Rule{{ID: "p", Level: flags.Estate, Pattern: pattern}})
		for i, set := range []*flags.Set{s, p} {
			if i == 0 && err != nil || i == 1 && perr != nil {
				continue
			}
			last := 0
			for _, h := range set.Match(text, flags.About{}).Hits {
				if h.Start < last || h.End <= h.Start || h.End > len(text) || utf8.ValidString(text) && !utf8.ValidString(text[h.Start:h.End]) {
					t.Fatalf("%+v", h)
				}
				last = h.Start
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	var rules []flags.Rule
	for i := range 300 {
		rules = append(rules, rule(fmt.Sprint(i), fmt.Sprintf("word%c%c … end", 'a'+i%26, 'a'+i/26)))
	}
	s := compile(b, rules...)
	text := strings.Repeat("She asked whether the wordaa could come to an end before the summer holidays. ", 50)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s.Match(text, flags.About{})
	}
}
