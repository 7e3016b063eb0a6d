package mailkind

import (
	"embed"
	"fmt"
	"strings"
	"sync"
)

//go:embed phrases/*.txt
var phraseFiles embed.FS

// sense is what a phrase says. The sections of the files in phrases/ are named by it.
type sense uint8

// The senses. See phrases/README.md for what belongs into each.
const (
	program    sense = iota // of subjects: only programs call their mail so
	awaySubj                // of subjects: away; people write it too
	ackSubj                 // of subjects: received; people write it too
	away                    // the writer is away now
	left                    // the writer, or whoever the address was for, has left
	later                   // your mail will be read or answered later
	contact                 // somebody else is to be asked
	machine                 // a machine wrote this
	thanks                  // thanks for a mail, as openings go
	received                // your mail has arrived and somebody will look at it
	until                   // a date follows, on which the writer is back
	through                 // a date follows, the last of the absence
	back                    // a date follows or is near, the first day at work
	receipt                 // the mail was displayed, or deleted unread
	challenge               // the sender is to prove that she is a person
	filter                  // a filter holds or has removed the mail
	list                    // a mailing list's administration speaks
	connector               // of subjects: words that join a program's phrase to what follows
	reportSubj              // of subjects: a server reports on delivery
	failed                  // in a report: not delivered
	delayed                 // in a report: still being tried
	final                   // in a report: no more attempts
	temporary               // in a report: a reason that may pass
	senses                  // how many there are
)

var senseNames = map[string]sense{
	"program": program, "away-subject": awaySubj, "received-subject": ackSubj, "away": away, "left": left, "later": later, "contact": contact,
	"machine": machine, "thanks": thanks, "received": received, "until": until, "through": through, "back": back, "receipt": receipt,
	"challenge": challenge, "filter": filter, "list": list, "connector": connector,
	"report-subject": reportSubj, "failed": failed, "delayed": delayed, "final": final, "temporary": temporary,
}

// maxGap is how many words may stand where a phrase has "…".
const maxGap = 6

// maxSpan is how many words and numbers.
const maxSpan = 14

// node is a place in the graph of all phrases. The first group of words of a phrase lies in a tree that all phrases share; what follows is
// the phrase's own, so that a phrase of many alternatives costs their sum and not their product.
type node struct {
	next   map[string]*node
	begins []edge  // words of which only the beginning is given
	then   []*node // reached without a word
	gap    *node   // reached after up to maxGap more words of the same sentence
	senses []sense
}

type edge struct {
	prefix string
	to     *node
}

// hit is a phrase found: its sense and the tokens it covers.
type hit struct {
	sense    sense
	from, to int
}

// lexicon returns the phrases of people's and programs' answers, reportLexicon those of delivery reports. A file that cannot be read is a
// fault of the build, which the tests find.
var (
	lexicon       = sync.OnceValue(func() *node { return loadPhrases(false) })
	reportLexicon = sync.OnceValue(func() *node { return loadPhrases(true) })
)

func loadPhrases(reports bool) *node {
	root := &node{}
	entries, err := phraseFiles.ReadDir("phrases")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		if (e.Name() == "reports.txt") != reports {
			continue
		}
		text, err := phraseFiles.ReadFile("phrases/" + e.Name())
		if err != nil {
			panic(err)
		}
		if err := root.load(string(text)); err != nil {
			panic(fmt.Sprintf("phrases/%s: %v", e.Name(), err))
		}
	}
	return root
}

// load adds the phrases of a file: a line "[sense]" begins a section, "#" a comment.
func (n *node) load(file string) error {
	section := senses
	for i, line := range strings.Split(file, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			var ok bool
			if section, ok = senseNames[strings.Trim(line, "[]")]; !ok {
				return fmt.Errorf("line %d: there is no sense %s", i+1, line)
			}
		case section == senses:
			return fmt.Errorf("line %d: a phrase before the first section", i+1)
		default:
			if err := n.add(line, section); err != nil {
				return fmt.Errorf("line %d: %v", i+1, err)
			}
		}
	}
	return nil
}

// group is one element of a phrase: a gap, or the alternatives that may stand there.
type group struct {
	gap  bool
	alts []string
}

// groups takes a phrase apart: "(a|b) c … d" is four groups. A run of words outside parentheses is one group of one alternative.
func groups(phrase string) (out []group, err error) {
	for rest := strings.TrimSpace(phrase); rest != ""; rest = strings.TrimSpace(rest) {
		switch {
		case strings.HasPrefix(rest, "…"):
			out = append(out, group{gap: true})
			rest = strings.TrimPrefix(rest, "…")
		case rest[0] == '(':
			end := strings.IndexByte(rest, ')')
			if end < 0 {
				return nil, fmt.Errorf("%q: a parenthesis is not closed", phrase)
			}
			if strings.ContainsAny(rest[1:end], "(…") {
				return nil, fmt.Errorf("%q: a group holds another, or a gap", phrase)
			}
			out = append(out, group{alts: strings.Split(rest[1:end], "|")})
			rest = rest[end+1:]
		default:
			end := strings.IndexAny(rest, "(…")
			if end < 0 {
				end = len(rest)
			}
			out = append(out, group{alts: []string{rest[:end]}})
			rest = rest[end:]
		}
	}
	if len(out) == 0 || out[0].gap || out[len(out)-1].gap {
		return nil, fmt.Errorf("%q is empty, or begins or ends with a gap", phrase)
	}
	return out, nil
}

// add puts one phrase into the graph.
func (n *node) add(phrase string, s sense) error {
	gs, err := groups(phrase)
	if err != nil {
		return err
	}
	return n.addGroups(gs, s)
}

func (n *node) addGroups(gs []group, s sense) error {
	rest := &node{}
	var first []*node // the ends of the first group's alternatives, in the shared tree
	for _, alt := range gs[0].alts {
		switch {
		case strings.TrimSpace(alt) != "":
			first = append(first, n.walk(alt))
		case len(gs) == 1 || gs[1].gap:
			return fmt.Errorf("a phrase may be empty, or begin with a gap")
		default:
			if err := n.addGroups(gs[1:], s); err != nil {
				return err
			}
		}
	}
	for _, f := range first {
		if len(gs) == 1 {
			f.senses = append(f.senses, s)
		} else {
			f.then = append(f.then, rest)
		}
	}
	at := rest
	for i, g := range gs[1:] {
		if g.gap {
			at.gap = &node{}
			at = at.gap
			continue
		}
		end := &node{}
		for _, alt := range g.alts {
			if strings.TrimSpace(alt) == "" {
				at.then = append(at.then, end)
				continue
			}
			last := at.walk(alt)
			last.then = append(last.then, end)
		}
		at = end
		if i == len(gs)-2 {
			end.senses = []sense{s}
		}
	}
	return nil
}

// walk follows the words of alt from n, making the way where there is none.
func (n *node) walk(alt string) *node {
	at := n
	for _, w := range strings.Fields(alt) {
		open := strings.HasSuffix(w, "~")
		toks := tokens(strings.TrimSuffix(w, "~"))
		for i, t := range toks {
			at = at.step(t.text, open && i == len(toks)-1)
		}
	}
	return at
}

func (n *node) step(word string, open bool) *node {
	if open {
		for _, e := range n.begins {
			if e.prefix == word {
				return e.to
			}
		}
		to := &node{}
		n.begins = append(n.begins, edge{word, to})
		return to
	}
	if n.next == nil {
		n.next = map[string]*node{}
	}
	if n.next[word] == nil {
		n.next[word] = &node{}
	}
	return n.next[word]
}

// maxHits bounds how many phrases one text is searched for.
const maxHits = 400

// find returns the phrases in toks that begin at one of the first many tokens, in the order of their beginnings.
func (n *node) find(toks []token, first int) []hit {
	var out []hit
	for i := 0; i < len(toks) && i < first && len(out) < maxHits; i++ {
		n.match(toks, i, i, &out)
	}
	return out
}

// match follows the tree from the token at i. The depth is that of the longest phrase, and gaps are bounded, so it costs no more for a
// longer text.
func (n *node) match(toks []token, from, i int, out *[]hit) {
	if len(*out) >= maxHits {
		return
	}
	for _, s := range n.senses {
		*out = append(*out, hit{s, from, i})
	}
	for _, to := range n.then {
		to.match(toks, from, i, out)
	}
	if i >= len(toks) || i > from && toks[i].sentence {
		return
	}
	n.word(toks, from, i, out)
	if n.gap == nil {
		return
	}
	words := 0
	for j := i; j < len(toks) && j <= i+maxSpan && (j == i || !toks[j].sentence); j++ {
		n.gap.afterGap(toks, from, j, out)
		if c := toks[j].text[0]; c < '0' || c > '9' { // a date is one thing, however many numbers it has
			if words++; words > maxGap {
				break
			}
		}
	}
}

// afterGap matches what follows a gap at the token j.
func (n *node) afterGap(toks []token, from, j int, out *[]hit) {
	n.word(toks, from, j, out)
	for _, to := range n.then {
		to.afterGap(toks, from, j, out)
	}
}

// word takes the step that the token at i allows.
func (n *node) word(toks []token, from, i int, out *[]hit) {
	if to := n.next[toks[i].text]; to != nil {
		to.match(toks, from, i+1, out)
	}
	for _, e := range n.begins {
		if strings.HasPrefix(toks[i].text, e.prefix) {
			e.to.match(toks, from, i+1, out)
		}
	}
}
