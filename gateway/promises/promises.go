// Package promises finds the words by which somebody promises an answer for later ("I'll get back to you by Friday"), and the day that is meant. A promise
// is a hint to a person, who decides whether the answer is still waited for; it says nothing to anybody by itself. It is pure, reads no clock, and takes
// time linear in the text.
package promises

import (
	"embed"
	"sync"

	"kinbridge/gateway/wording"
	"kinbridge/gateway/workdays"
)

// The sections of the files in phrases/; its README says what they are for.
const (
	whole  = "promise"
	who    = "who"
	opener = "opening"
	adverb = "between"
	act    = "act"
	not    = "not"
	unless = "unless"
)

var sections = []string{whole, who, opener, adverb, act, not, unless}

//go:embed phrases/*.txt
var phraseFiles embed.FS

// Files gives the built-in phrases by language, for somebody who wants to edit them.
func Files() map[string]string { return wording.Embedded(phraseFiles) }

// maxText bounds how much of a text is looked at, in bytes.
const maxText = 64 << 10

// maxBetween is how many phrases may stand between who promises and what.
const maxBetween = 4

// Promise is one promise: bytes Start to End of the text, and the working day for which it was promised; 0 when no day is said.
type Promise struct {
	Start, End int
	By         workdays.Day
}

// Book is a compiled list of phrases. It does not change and may be shared.
type Book struct {
	phrases  *wording.Phrases
	sections []string // of each phrase
}

// Default is the built-in book.
var Default = sync.OnceValue(func() *Book {
	b, err := Compile(Files())
	if err != nil {
		panic("promises: " + err.Error())
	}
	return b
})

// Compile makes a book of files by language ("en", "cy") in the form of phrases/README.md. Its error is Invalid and names file and line.
func Compile(files map[string]string) (*Book, error) {
	phrases, lines, err := wording.CompileFiles(files, sections, "section")
	if err != nil {
		return nil, err
	}
	b := &Book{phrases: phrases}
	for _, l := range lines {
		b.sections = append(b.sections, l.Section)
	}
	return b, nil
}

// signs are where the phrases of each section stand in a text: by the word with which one begins, the word after it; 0 = none begins there.
type signs map[string][]int

// Find returns the promise in a text that was written on a day: the first for which a day is said, else the first. ok is false when there is none.
func (b *Book) Find(text string, written workdays.Day, cal *workdays.Calendar) (p Promise, ok bool) {
	if len(text) > maxText {
		text = text[:maxText]
	}
	words := wording.Words(text)
	at := signs{}
	for _, s := range sections {
		at[s] = make([]int, len(words))
	}
	b.phrases.Find(words, func(f wording.Found) bool {
		in := at[b.sections[f.Phrase]]
		in[f.From] = max(in[f.From], f.To)
		return true
	})
	for _, s := range sentences(words) {
		from, to := at.promise(s)
		if to == 0 {
			continue
		}
		found := Promise{Start: words[from].Start, End: words[to-1].End}
		if d := dayIn(text, words[s.from:s.to], to-s.from, written); d != 0 {
			found.By = cal.Add(d, 0)
		}
		if !ok || found.By != 0 {
			p, ok = found, true
		}
		if p.By != 0 {
			break
		}
	}
	return p, ok
}

// span is a run of words.
type span struct{ from, to int }

func sentences(words []wording.Word) (out []span) {
	for i, w := range words {
		if w.Sentence || i == 0 {
			out = append(out, span{i, i})
		}
		out[len(out)-1].to = i + 1
	}
	return out
}

// promise finds the first promise of a sentence that nothing takes back; to is 0 when there is none.
func (at signs) promise(s span) (from, to int) {
	for i := s.from; i < s.to; i++ {
		if at[unless][i] != 0 {
			return 0, 0
		}
	}
	for i := s.from; i < s.to; i++ {
		end := at[whole][i]
		if start := at[who][i]; end == 0 && start != 0 {
			end = at.acts(start)
		}
		if start := at[opener][i]; end == 0 && start != 0 && i == s.from {
			end = at.acts(start)
		}
		if end != 0 && !at.taken(s, i, end) {
			return i, end
		}
	}
	return 0, 0
}

// acts returns the word after what is promised, with what may stand before it left out; 0 when nothing is.
func (at signs) acts(i int) int {
	for range maxBetween + 1 {
		if i >= len(at[act]) {
			return 0
		}
		if end := at[act][i]; end != 0 {
			return end
		}
		if i = at[adverb][i]; i == 0 {
			return 0
		}
	}
	return 0
}

// taken reports whether words of the section "not" share one with words from up to to.
func (at signs) taken(s span, from, to int) bool {
	for i := s.from; i < to; i++ {
		if at[not][i] > from {
			return true
		}
	}
	return false
}
