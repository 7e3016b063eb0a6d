package wording

import (
	"slices"
	"strings"
)

// The languages whose words are inflected.
const (
	English = "en"
	Welsh   = "cy"
)

// Forms gives the forms in which a word of a dictionary may stand in a text, the word itself first: English plurals and verb forms, Welsh initial
// mutations, common plurals and verb endings. It is generous and knows no grammar: forms that do not exist harm nobody. lang "" takes both
// languages. The word is folded.
func Forms(word, lang string) []string {
	out := []string{word}
	if lang != Welsh {
		out = append(out, englishForms(word)...)
	}
	if lang != English {
		out = append(out, welshForms(word)...)
	}
	seen := make(map[string]bool, len(out))
	return slices.DeleteFunc(out, func(s string) bool {
		twice := seen[s] || s == ""
		seen[s] = true
		return twice
	})
}

// irregular English words, by the form in a dictionary.
var irregular = map[string]string{
	"child": "children", "man": "men", "woman": "women", "person": "people persons", "wife": "wives", "life": "lives", "knife": "knives", "foot": "feet", "be": "is are was were been being am",
	"take": "took taken taking", "give": "gave given giving", "steal": "stole stolen", "hide": "hid hidden hiding", "send": "sent", "bring": "brought", "buy": "bought", "sell": "sold",
	"tell": "told", "say": "said", "hang": "hung", "lose": "lost losing", "leave": "left leaving", "die": "dying", "lie": "lying lain", "break": "broke broken", "find": "found", "hold": "held",
	"keep": "kept", "go": "goes went gone going", "come": "came coming", "get": "got gotten getting", "make": "made making", "meet": "met", "run": "ran", "see": "saw seen", "shoot": "shot",
	"stab": "stabbed stabbing", "fight": "fought", "throw": "threw thrown", "write": "wrote written writing", "have": "has had having", "do": "does did done doing", "cut": "cutting",
	"put": "putting", "hit": "hitting", "hurt": "hurting", "withdraw": "withdrew withdrawn", "begin": "began begun beginning", "beat": "beaten", "bite": "bit bitten biting", "burn": "burnt",
	"choose": "chose chosen choosing", "feel": "felt", "forbid": "forbade forbidden forbidding", "pay": "paid", "show": "shown", "think": "thought", "stop": "stopped stopping",
}

func vowel(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }

func englishForms(w string) []string {
	if len(w) < 3 && irregular[w] == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
		return nil
	}
	out := strings.Fields(irregular[w])
	if len(w) < 3 {
		return out
	}
	last, before := w[len(w)-1], w[len(w)-2]
	stem := w[:len(w)-1]
	switch {
	case last == 'e':
		out = append(out, w+"s", w+"d", stem+"ing")
	case last == 'y' && !vowel(before):
		return append(out, stem+"ies", stem+"ied", w+"ing", stem+"ier")
	case last == 's' || last == 'x' || last == 'z' || strings.HasSuffix(w, "ch") || strings.HasSuffix(w, "sh"):
		return append(out, w+"es", w+"ed", w+"ing")
	case !vowel(last) && vowel(before) && last != 'w' && last != 'y' && !vowel(w[len(w)-3]): // stop, admit
		twice := w + string(last)
		out = append(out, w+"s", twice+"ed", twice+"ing")
		if syllables(w) > 1 { // visited, but no cared from car
			out = append(out, w+"ed", w+"ing")
		}
	default:
		out = append(out, w+"s", w+"ed", w+"ing")
	}
	return out
}

func syllables(w string) (n int) {
	for i := range len(w) {
		if vowel(w[i]) && (i == 0 || !vowel(w[i-1])) {
			n++
		}
	}
	return n
}

// mutations of the first letters (King, Modern Welsh, section 4): longer spellings first, because "ch" is no c.
var mutations = []struct {
	radical string
	become  []string
}{
	{"ch", nil}, {"th", nil}, {"ph", nil}, {"dd", nil}, {"ff", nil}, {"ng", nil}, {"ll", []string{"l"}}, {"rh", []string{"r"}},
	{"p", []string{"b", "mh", "ph"}}, {"t", []string{"d", "nh", "th"}}, {"c", []string{"g", "ngh", "ch"}}, {"b", []string{"f", "m"}}, {"d", []string{"dd", "n"}},
	{"g", []string{"", "ng"}}, {"m", []string{"f"}}, {"a", []string{"ha"}}, {"e", []string{"he"}}, {"i", []string{"hi"}}, {"o", []string{"ho"}}, {"u", []string{"hu"}}, {"w", []string{"hw"}}, {"y", []string{"hy"}},
}

var (
	welshNouns = []string{"au", "iau", "oedd", "ion", "i", "ydd", "on"}
	welshVerbs = []string{"odd", "wyd", "ir", "ais", "ant", "wn", "wch", "er", "id", "asant", "ai", "af"}
)

func welshForms(w string) []string {
	if len(w) < 2 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
		return nil
	}
	out := []string{w}
	if len(w) > 3 {
		for _, s := range welshNouns {
			out = append(out, w+s)
		}
		stem := w
		for _, ending := range []string{"io", "u", "o", "i", "a", "ed"} {
			if s, ok := strings.CutSuffix(w, ending); ok && len(s) > 2 {
				stem = s
				if ending == "io" {
					stem = s + "i"
				}
				break
			}
		}
		for _, s := range welshVerbs {
			out = append(out, stem+s)
		}
	}
	for _, m := range mutations {
		if !strings.HasPrefix(w, m.radical) {
			continue
		}
		for _, form := range out {
			for _, b := range m.become {
				// "ar" from gar and the like: two letters would be found everywhere.
				if mutated := b + form[len(m.radical):]; len(mutated) > 2 {
					out = append(out, mutated)
				}
			}
		}
		break
	}
	return out
}
