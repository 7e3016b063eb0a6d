package wording

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// A phrase is written as in
//
//	care order            words one after another, in any of their forms (orders, ordered …), hyphens and apostrophes parting words
//	(final|last) contact  one of several; an empty one, (my|), may be left out; a parenthesis holds words only
//	adopted … minutes     up to five other words of the same sentence between
//	=car                  this form only; case and accents never count
//	adopt*                whatever begins so
//
// It stays within a sentence.

// Limits of phrases.
const (
	MaxPhrase   = 600    // bytes of one
	MaxPhrases  = 4000   // of one set
	MaxForms    = 400000 // forms of all words of a set
	minPrefix   = 3      // letters before "*"
	gapWords    = 5
	maxPosition = 64
)

// Phrase is one phrase to look for.
type Phrase struct {
	Text   string
	Lang   string // of its inflection; "" for both languages
	Clause bool   // it ends at a comma, colon, dash or parenthesis too
}

// class is a word of phrases with all its forms; any stands for every word.
type class int32

const any class = -1

// automaton is a phrase as the positions of its words (Glushkov's construction): bit sets say what may begin, follow and end.
type automaton struct {
	words       []class
	first, ends uint64
	follow      []uint64
	clause      bool
}

// Phrases is a compiled set. It does not change and may be shared.
type Phrases struct {
	phrases  []automaton
	forms    map[string][]class
	prefixes map[string][]class
	lengths  []int             // of prefixes, ascending
	starts   map[class][]int32 // the phrases that a word may begin
	classes  map[string]class
}

// CompilePhrases compiles a set. The error names the phrase by its place and says what is wrong in words for its writer.
func CompilePhrases(list []Phrase) (*Phrases, error) {
	if len(list) > MaxPhrases {
		return nil, fmt.Errorf("there are more than %d words and phrases", MaxPhrases)
	}
	p := &Phrases{forms: map[string][]class{}, prefixes: map[string][]class{}, starts: map[class][]int32{}, classes: map[string]class{}}
	for i, ph := range list {
		a, err := p.compile(ph)
		if err != nil {
			return nil, &PhraseError{Index: i, Phrase: ph.Text, Words: err.Error()}
		}
		for m := a.first; m != 0; m &= m - 1 {
			c := a.words[bits.TrailingZeros64(m)]
			if at := p.starts[c]; len(at) == 0 || at[len(at)-1] != int32(i) {
				p.starts[c] = append(at, int32(i))
			}
		}
		p.phrases = append(p.phrases, a)
		if len(p.forms) > MaxForms {
			return nil, fmt.Errorf("there are too many words in all")
		}
	}
	for prefix := range p.prefixes {
		if !slices.Contains(p.lengths, len(prefix)) {
			p.lengths = append(p.lengths, len(prefix))
		}
	}
	slices.Sort(p.lengths)
	return p, nil
}

// PhraseError says which phrase of a list is wrong and how.
type PhraseError struct {
	Index  int
	Phrase string
	Words  string
}

// Error quotes the phrase.
func (e *PhraseError) Error() string { return fmt.Sprintf("“%s”: %s", e.Phrase, e.Words) }

// builder makes an automaton, group by group: tails are the positions before the next one, open says that nothing has had to come yet.
type builder struct {
	a     automaton
	tails uint64
	open  bool
}

func (b *builder) add(c class, after uint64, atStart bool) (uint64, error) {
	n := len(b.a.words)
	if n == maxPosition {
		return 0, fmt.Errorf("it has too many words and gaps: write it as two")
	}
	b.a.words, b.a.follow = append(b.a.words, c), append(b.a.follow, 0)
	bit := uint64(1) << n
	if atStart {
		b.a.first |= bit
	}
	for ; after != 0; after &= after - 1 {
		b.a.follow[bits.TrailingZeros64(after)] |= bit
	}
	return bit, nil
}

func (p *Phrases) compile(ph Phrase) (automaton, error) {
	groups, err := split(ph.Text)
	if err != nil {
		return automaton{}, err
	}
	b := builder{open: true, a: automaton{clause: ph.Clause}}
	for _, g := range groups {
		if g == nil {
			if b.tails == 0 {
				return automaton{}, fmt.Errorf("a gap (…) stands between words")
			}
			for range gapWords {
				bit, err := b.add(any, b.tails, false)
				if err != nil {
					return automaton{}, err
				}
				b.tails |= bit
			}
			continue
		}
		if err := p.group(&b, g, ph.Lang); err != nil {
			return automaton{}, err
		}
	}
	if b.a.ends = b.tails; b.open || b.a.ends == 0 {
		return automaton{}, fmt.Errorf("it has no word that must be there")
	}
	return b.a, nil
}

func (p *Phrases) group(b *builder, alternatives []string, lang string) error {
	before, open := b.tails, b.open
	b.tails, b.open = 0, false
	alternatives, single := p.single(alternatives, lang)
	if single >= 0 {
		bit, err := b.add(single, before, open)
		if err != nil {
			return err
		}
		b.tails |= bit
	}
	for _, alt := range alternatives {
		after, atStart := before, open
		fields := strings.Fields(alt)
		if len(fields) == 0 {
			b.tails |= before
			b.open = b.open || open
			continue
		}
		for _, f := range fields {
			classes, err := p.word(f, lang)
			if err != nil {
				return err
			}
			for _, c := range classes {
				bit, err := b.add(c, after, atStart)
				if err != nil {
					return err
				}
				after, atStart = bit, false
			}
		}
		b.tails |= after
	}
	return nil
}

// single makes one class, and so one position, of all alternatives that are one word, and returns the others; any when there is none.
func (p *Phrases) single(alternatives []string, lang string) (rest []string, c class) {
	var forms []string
	var key strings.Builder
	for _, alt := range alternatives {
		plain := strings.TrimSpace(alt)
		word := strings.TrimPrefix(plain, "=")
		words := Words(word)
		if len(words) != 1 || strings.ContainsAny(word, " *=") {
			rest = append(rest, alt)
			continue
		}
		if plain == word {
			forms = append(forms, Forms(words[0].Text, lang)...)
		} else {
			forms = append(forms, words[0].Text)
		}
		key.WriteString("|" + plain[:len(plain)-len(word)] + words[0].Text)
	}
	if forms == nil {
		return rest, any
	}
	slices.Sort(forms)
	return rest, p.intern(lang+key.String(), p.forms, slices.Compact(forms))
}

// split takes a phrase apart into groups of alternatives; nil is a gap.
func split(text string) ([][]string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "...", "…"))
	switch {
	case text == "":
		return nil, fmt.Errorf("it is empty")
	case len(text) > MaxPhrase:
		return nil, fmt.Errorf("it is longer than %d characters", MaxPhrase)
	}
	var out [][]string
	for rest := text; rest != ""; rest = strings.TrimSpace(rest) {
		switch {
		case strings.HasPrefix(rest, "…"):
			out, rest = append(out, nil), strings.TrimPrefix(rest, "…")
		case rest[0] == '(':
			end := strings.IndexByte(rest, ')')
			if end < 0 {
				return nil, fmt.Errorf("a parenthesis is not closed")
			}
			if strings.ContainsAny(rest[1:end], "(…") {
				return nil, fmt.Errorf("a parenthesis holds words only, parted by |")
			}
			out, rest = append(out, strings.Split(rest[1:end], "|")), rest[end+1:]
		default:
			end := strings.IndexAny(rest, "(…")
			if end < 0 {
				end = len(rest)
			}
			if strings.ContainsAny(rest[:end], "|)") {
				return nil, fmt.Errorf("| and ) belong into a parenthesis: (one|other)")
			}
			out, rest = append(out, []string{rest[:end]}), rest[end:]
		}
	}
	if out[0] == nil || out[len(out)-1] == nil {
		return nil, fmt.Errorf("a gap (…) stands between words")
	}
	return out, nil
}

// word gives the classes of a word as written; more than one where a hyphen or an apostrophe parts it.
func (p *Phrases) word(field, lang string) ([]class, error) {
	exact := strings.HasPrefix(field, "=")
	open := strings.HasSuffix(field, "*")
	plain := strings.TrimSuffix(strings.TrimPrefix(field, "="), "*")
	if strings.ContainsAny(plain, "*=") {
		return nil, fmt.Errorf("* stands at the end of a word and = before it")
	}
	words := Words(plain)
	if len(words) == 0 {
		return nil, fmt.Errorf("“%s” is no word", field)
	}
	out := make([]class, len(words))
	for i, w := range words {
		if last := i == len(words)-1; open && last {
			if len([]rune(w.Text)) < minPrefix {
				return nil, fmt.Errorf("“%s” begins too many words: write at least %d letters before *", field, minPrefix)
			}
			out[i] = p.intern("*"+w.Text, p.prefixes, []string{w.Text})
		} else if exact {
			out[i] = p.intern("="+w.Text, p.forms, []string{w.Text})
		} else {
			out[i] = p.intern(lang+" "+w.Text, p.forms, Forms(w.Text, lang))
		}
	}
	return out, nil
}

func (p *Phrases) intern(key string, in map[string][]class, forms []string) class {
	if c, ok := p.classes[key]; ok {
		return c
	}
	c := class(len(p.classes))
	p.classes[key] = c
	for _, f := range forms {
		in[f] = append(in[f], c)
	}
	return c
}

// of gives the classes of a word of a text.
func (p *Phrases) of(word string) []class {
	out := p.forms[word]
	for _, n := range p.lengths {
		if n > len(word) {
			break
		}
		if more := p.prefixes[word[:n]]; more != nil {
			out = append(slices.Clip(out), more...)
		}
	}
	return out
}

// Found is a phrase found: its place in the list and the words it covers, from and before to.
type Found struct {
	Phrase   int
	From, To int
}

// Find calls visit for every phrase that begins at each word, in the order of the words and of the list, with its longest reading, until visit
// returns false. The time is linear in the number of words.
func (p *Phrases) Find(words []Word, visit func(Found) bool) {
	classes := make([][]class, len(words))
	for i, w := range words {
		classes[i] = p.of(w.Text)
	}
	tried := make([]int, len(p.phrases)) // one more than the word a phrase was tried at last
	var at []int32
	for i := range words {
		at = at[:0]
		for _, c := range classes[i] {
			for _, ph := range p.starts[c] {
				if tried[ph] != i+1 {
					tried[ph] = i + 1
					at = append(at, ph)
				}
			}
		}
		slices.Sort(at)
		for _, ph := range at {
			if to := p.phrases[ph].run(words, classes, i); to > 0 && !visit(Found{Phrase: int(ph), From: i, To: to}) {
				return
			}
		}
	}
}

// run follows a phrase from the word i and returns the word after its longest reading; 0 when it is not there. A phrase has 64 positions and
// no way back, so it ends within 64 words.
func (a *automaton) run(words []Word, classes [][]class, i int) (to int) {
	may := a.first
	for j := i; j < len(words) && may != 0 && (j == i || !words[j].Sentence && !(a.clause && words[j].Clause)); j++ {
		var next, now uint64
		for m := may; m != 0; m &= m - 1 {
			n := bits.TrailingZeros64(m)
			if a.words[n] == any || slices.Contains(classes[j], a.words[n]) {
				now |= 1 << n
				next |= a.follow[n]
			}
		}
		if now&a.ends != 0 {
			to = j + 1
		}
		may = next
	}
	return to
}
