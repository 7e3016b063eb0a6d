package kiosk

import (
	"regexp"
	"strings"
	"testing"

	"kinbridge/adapters/web/i18n"
)

// TestWordsArePlain holds the kiosk's words to FACES.md: short sentences, no office words, no acronyms she was never told.
func TestWordsArePlain(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	banned := regexp.MustCompile(`(?i)\b(LA|IRO|ICPC|RCPC|LAC|OMU|POM|FEW|CAFCASS|authenticat\w*|invalid|error|session|utili[sz]e|via|regarding|terminate|submit|click|require[sd]?)\b`)
	sentences := regexp.MustCompile(`[.?!]+\s*`)
	for _, lang := range i18n.Langs {
		keys := words.Keys(lang, "kiosk.")
		if len(keys) < 80 {
			t.Fatalf("only %d words in %s", len(keys), lang)
		}
		for _, key := range keys {
			text, _ := words.Message(lang, key)
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s in %s is empty", key, lang)
			}
			if lang == i18n.English && banned.MatchString(text) {
				t.Errorf("%s says %q: %q is no word for this screen", key, text, banned.FindString(text))
			}
			for _, s := range sentences.Split(text, -1) {
				// Setting up is read by staff; Welsh takes a few words more to say the same.
				if n := len(strings.Fields(s)); n > 15 && !(lang == i18n.Welsh && n <= 19) && !strings.HasPrefix(key, "kiosk.enrol.") {
					t.Errorf("%s in %s has a sentence of %d words: %q", key, lang, n, s)
				}
			}
		}
	}
}
