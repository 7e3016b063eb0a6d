// Package hints finds signs that a message holds news that a mother should not read alone: adoption, a last contact, a death. A hint asks a
// person to think about it; it decides nothing. It is pure, and takes time linear in the text.
package hints

import (
	"embed"
	"slices"
	"sync"

	"kinbridge/gateway/wording"
)

// Kind is a kind of news. The sections of the files in phrases/ are named by it.
type Kind string

// The kinds.
const (
	Adoption       Kind = "adoption"
	PlacementOrder Kind = "placement_order"
	FinalContact   Kind = "final_contact"
	ContactRefused Kind = "contact_refused"
	Death          Kind = "death"
	SeriousIllness Kind = "serious_illness" // or an accident
	PregnancyLoss  Kind = "pregnancy_loss"
	CareOrder      Kind = "care_order" // and other decisions of a court
	Removal        Kind = "removal"    // of a child, or a placement that ends
	Harm           Kind = "harm"       // to a child or somebody close; gone missing
	Refusal        Kind = "refusal"    // of an application; bad news in general
)

// Kinds lists every kind, in the order screens show them.
var Kinds = []Kind{Death, Adoption, PlacementOrder, FinalContact, ContactRefused, Removal, CareOrder, SeriousIllness, PregnancyLoss, Harm, Refusal}

var labels = map[Kind][2]string{
	Adoption: {"adoption", "mabwysiadu"}, PlacementOrder: {"a placement order or matching", "gorchymyn lleoli neu baru"}, FinalContact: {"a last contact", "cyswllt olaf"},
	ContactRefused: {"contact refused or reduced", "gwrthod neu leihau cyswllt"}, Death: {"a death", "marwolaeth"}, SeriousIllness: {"a serious illness or accident", "salwch neu ddamwain ddifrifol"},
	PregnancyLoss: {"the loss of a pregnancy", "colli beichiogrwydd"}, CareOrder: {"a decision of a court", "penderfyniad llys"}, Removal: {"a child moved or taken into care", "plentyn yn cael ei symud neu ei gymryd i ofal"},
	Harm: {"harm to somebody, or somebody missing", "niwed i rywun, neu rywun ar goll"}, Refusal: {"a refusal or bad news", "gwrthodiad neu newyddion drwg"},
}

// Label says the kind in a few words that fit after "This may be about".
func (k Kind) Label(lang string) string {
	if lang == wording.Welsh {
		return labels[k][1]
	}
	return labels[k][0]
}

//go:embed phrases/*.txt
var phraseFiles embed.FS

// Files gives the built-in phrases by language, for somebody who wants to edit them.
func Files() map[string]string { return wording.Embedded(phraseFiles) }

// The limits.
const (
	MaxText  = 256 << 10 // bytes of a text that are searched: a hundred pages
	MaxHints = 200       // places told
)

// Hint is one place: bytes Start to End of the text.
type Hint struct {
	Kind       Kind
	Start, End int
}

// Result is what a text hints at. Cut says that there were more places or more text than the limits: then it is to be read together whatever was
// found.
type Result struct {
	Hints []Hint // in the order of the text
	Cut   bool
}

// Kinds lists the kinds found, each once, in the order of Kinds.
func (r Result) Kinds() []Kind {
	var out []Kind
	for _, k := range Kinds {
		if slices.ContainsFunc(r.Hints, func(h Hint) bool { return h.Kind == k }) {
			out = append(out, k)
		}
	}
	return out
}

// Any reports whether a worker should be asked.
func (r Result) Any() bool { return r.Cut || len(r.Hints) > 0 }

// Book is a compiled list of phrases. It does not change and may be shared.
type Book struct {
	phrases *wording.Phrases
	senses  []sense
}

type sense struct {
	kind Kind
	not  bool
}

// Default is the built-in book.
var Default = sync.OnceValue(func() *Book {
	b, err := Compile(Files())
	if err != nil {
		panic("hints: " + err.Error())
	}
	return b
})

// Compile makes a book of files by language ("en", "cy") in the form of phrases/README.md. Its error is Invalid and names file and line.
func Compile(files map[string]string) (*Book, error) {
	var names []string
	for _, k := range Kinds {
		names = append(names, string(k))
	}
	phrases, lines, err := wording.CompileFiles(files, names, "kind")
	if err != nil {
		return nil, err
	}
	b := &Book{phrases: phrases}
	for _, l := range lines {
		b.senses = append(b.senses, sense{Kind(l.Section), l.Not})
	}
	return b, nil
}

// Find tells what a text hints at: the subject and every part of it that she would see belong in it.
func (b *Book) Find(text string) Result {
	var res Result
	if len(text) > MaxText {
		text, res.Cut = text[:MaxText], true
	}
	words := wording.Words(text)
	found := make(map[Kind][]Hint, len(Kinds))
	not := map[Kind][]Hint{}
	b.phrases.Find(words, func(f wording.Found) bool {
		s := b.senses[f.Phrase]
		into := found
		if s.not {
			into = not
		}
		h := Hint{s.kind, words[f.From].Start, words[f.To-1].End}
		if k := len(into[s.kind]) - 1; k >= 0 && h.End <= into[s.kind][k].End {
			// Within the one before; what is taken back must be seen alone, lest a longer reading hide it.
			if s.not || h.Start == into[s.kind][k].Start && h.End == into[s.kind][k].End {
				return true
			}
		}
		into[s.kind] = append(into[s.kind], h)
		return true
	})
	for _, kind := range Kinds {
		res.Hints = append(res.Hints, widest(withoutThose(found[kind], not[kind]))...)
	}
	slices.SortStableFunc(res.Hints, func(a, b Hint) int { return a.Start - b.Start })
	if len(res.Hints) > MaxHints {
		res.Hints, res.Cut = res.Hints[:MaxHints], true
	}
	return res
}

// withoutThose leaves out what lies within one of not. Both are in order of their starts, and the ends of not grow with them.
func withoutThose(hints, not []Hint) []Hint {
	out, k := hints[:0], 0
	for _, h := range hints {
		for k < len(not) && not[k].End < h.End {
			k++
		}
		// The ends may go back by a word or two with nested hints.
		j := k
		for j > 0 && not[j-1].End >= h.End {
			j--
		}
		if j < len(not) && not[j].Start <= h.Start {
			continue
		}
		out = append(out, h)
	}
	return out
}

// widest leaves out what lies within the one before.
func widest(hints []Hint) []Hint {
	out := hints[:0]
	for _, h := range hints {
		k := len(out) - 1
		switch {
		case k >= 0 && h.End <= out[k].End:
		case k >= 0 && h.Start == out[k].Start:
			out[k] = h
		default:
			out = append(out, h)
		}
	}
	return out
}
