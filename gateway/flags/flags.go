// Package flags finds the words that an estate, an establishment or a person's reviewers want to be shown. A flag is a hint to a reviewer and
// never refuses anything. It is pure, and takes time linear in the text.
package flags

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/wording"
)

// Level says for whom a rule is set.
type Level string

// The levels.
const (
	Estate        Level = "estate"        // every establishment
	Establishment Level = "establishment" // the one that Rule.For names
	Person        Level = "person"        // messages from or to the person that Rule.For names
)

// Direction is the way a message goes.
type Direction string

// The directions.
const (
	Both       Direction = "" // of rules only
	ToMother   Direction = "to_mother"
	FromMother Direction = "from_mother"
)

// Rule is what somebody wants to be shown. It has words or a pattern, or both.
type Rule struct {
	ID        string
	Level     Level
	For       string   // the identifier of the establishment or person; "" for the estate
	Words     []string // words and phrases, as package wording writes them: in every form, whole, without case and accents
	Pattern   string   // a regular expression (RE2), matched without case and accents; "" for none
	Language  string   // "en" or "cy": whose inflection the words take; "" for both
	Direction Direction
	Note      string // why, for the reviewer
}

// The limits of rules and of what is found.
const (
	MaxRules       = 2000
	MaxWords       = 50 // of one rule
	MaxPatterns    = 100
	MaxPattern     = 200 // bytes
	maxProgram     = 300 // instructions of a compiled pattern
	MaxHits        = 200
	MaxHitsPerRule = 20
	MaxText        = 256 << 10 // bytes of a text that are searched
	maxFaults      = 20
)

// Hit is one place where a rule found something: bytes Start to End of the text.
type Hit struct {
	Rule       string // its ID
	Start, End int
}

// Result is what a text holds. Cut says that it is not all: there were more hits than the limits, or the text is longer than MaxText. A reviewer
// must be told.
type Result struct {
	Hits []Hit
	Cut  bool
}

// About says what a text is: a rule that is set for others is not asked.
type About struct {
	Establishment string
	People        []string // the mother and every other party
	Direction     Direction
}

// Set is a compiled list of rules. It does not change and may be shared.
type Set struct {
	rules    []Rule
	phrases  *wording.Phrases
	owner    []int // the rule of each phrase
	patterns []pattern
}

type pattern struct {
	re   *regexp.Regexp
	rule int
}

// Compile makes a set. Its error is Invalid and tells every rule that cannot be used, and why, a line each.
func Compile(rules []Rule) (*Set, error) {
	if len(rules) > MaxRules {
		return nil, ids.E(ids.TooLarge, "There are more than %d flags: take some away, or put words that belong together into one.", MaxRules)
	}
	s := &Set{rules: slices.Clone(rules)}
	var faults []string
	var list []wording.Phrase
	seen := map[string]bool{}
	for i, r := range rules {
		found := Check(r)
		if seen[r.ID] {
			found = errors.Join(found, fmt.Errorf("there is another flag with this identifier"))
		}
		seen[r.ID] = true
		if found != nil {
			faults = append(faults, fmt.Sprintf("Flag “%s”: %s.", r.ID, strings.ReplaceAll(ids.Public(asInvalid(found)), "\n", "; ")))
			continue
		}
		for _, w := range r.Words {
			list = append(list, wording.Phrase{Text: w, Lang: r.Language})
			s.owner = append(s.owner, i)
		}
		if r.Pattern != "" {
			re, _ := compilePattern(r.Pattern)
			s.patterns = append(s.patterns, pattern{re, i})
		}
	}
	if len(s.patterns) > MaxPatterns {
		faults = append(faults, fmt.Sprintf("There are more than %d patterns: use words where words will do.", MaxPatterns))
	}
	if len(faults) > maxFaults {
		faults = append(faults[:maxFaults], fmt.Sprintf("And %d more.", len(faults)-maxFaults))
	}
	if faults != nil {
		return nil, ids.E(ids.Invalid, "%s", strings.Join(faults, "\n"))
	}
	var err error
	if s.phrases, err = wording.CompilePhrases(list); err != nil {
		return nil, ids.E(ids.Invalid, "The flags cannot be used together: %s.", err)
	}
	return s, nil
}

func asInvalid(err error) error {
	var known *ids.Error
	if errors.As(err, &known) && known == err {
		return err
	}
	return ids.E(ids.Invalid, "%s", err)
}

// Check says what is wrong with one rule, in words for the person who writes it; nil when it can be used.
func Check(r Rule) error {
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	switch {
	case r.ID == "" || len(r.ID) > 64:
		add("a flag has an identifier of at most 64 characters")
	case r.Level != Estate && r.Level != Establishment && r.Level != Person:
		add("say whether it is for the estate, an establishment or a person")
	case (r.Level == Estate) != (r.For == ""):
		add("a flag for an establishment or a person names it, and one for the estate names none")
	}
	if r.Language != "" && r.Language != wording.English && r.Language != wording.Welsh {
		add("the language is English, Welsh or both")
	}
	if r.Direction != Both && r.Direction != ToMother && r.Direction != FromMother {
		add("the direction is to the mother, from her, or both")
	}
	if len(r.Note) > 1000 {
		add("the note is longer than 1000 characters")
	}
	if len(r.Words) == 0 && r.Pattern == "" {
		add("give at least one word")
	}
	if len(r.Words) > MaxWords {
		add("it has more than %d words: make it two flags", MaxWords)
	} else {
		for _, w := range r.Words {
			if _, err := wording.CompilePhrases([]wording.Phrase{{Text: w, Lang: r.Language}}); err != nil {
				add("%s", err)
			}
		}
	}
	if r.Pattern != "" {
		if _, err := compilePattern(r.Pattern); err != nil {
			add("the pattern %s", err)
		}
	}
	if faults == nil {
		return nil
	}
	return ids.E(ids.Invalid, "%s", strings.Join(faults, "; "))
}

// letters are those that folding writes as two.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "Æ", "ae", "œ", "oe", "Œ", "oe")

// compilePattern compiles a regular expression for folded text. RE2 has no backtracking; the size of the program bounds what a letter costs.
func compilePattern(text string) (*regexp.Regexp, error) {
	if len(text) > MaxPattern {
		return nil, fmt.Errorf("is longer than %d characters", MaxPattern)
	}
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(letters.Replace(text)))
	parsed, err := syntax.Parse(plain, syntax.Perl|syntax.FoldCase)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %s", explain(err))
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(prog.Inst) > maxProgram {
		return nil, fmt.Errorf("is too costly: use smaller numbers in braces, or words")
	}
	re, err := regexp.Compile("(?i:" + plain + ")")
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %s", explain(err))
	}
	if re.MatchString("") {
		return nil, fmt.Errorf("finds something in every text, even an empty one")
	}
	return re, nil
}

// explain turns the parser's terms into plain ones.
func explain(err error) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return "it is no regular expression"
	}
	switch e.Code {
	case syntax.ErrMissingBracket:
		return "a [ is not closed"
	case syntax.ErrMissingParen:
		return "a ( is not closed"
	case syntax.ErrUnexpectedParen:
		return "a ) closes nothing"
	case syntax.ErrMissingRepeatArgument:
		return fmt.Sprintf("“%s” has nothing before it to repeat", e.Expr)
	case syntax.ErrTrailingBackslash:
		return "it ends with a \\"
	case syntax.ErrInvalidPerlOp:
		return fmt.Sprintf("“%s” cannot be used here (no look-around)", e.Expr)
	case syntax.ErrInvalidRepeatSize:
		return fmt.Sprintf("“%s” repeats too often", e.Expr)
	case syntax.ErrInvalidEscape:
		return fmt.Sprintf("“%s” means nothing here", e.Expr)
	}
	return fmt.Sprintf("something is wrong at “%s”", e.Expr)
}

// Len is how many rules the set has.
func (s *Set) Len() int { return len(s.rules) }

// Rule finds a rule by its ID, for its note.
func (s *Set) Rule(id string) (Rule, bool) {
	for _, r := range s.rules {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

func (r Rule) concerns(a About) bool {
	if r.Direction != Both && r.Direction != a.Direction {
		return false
	}
	switch r.Level {
	case Establishment:
		return r.For == a.Establishment
	case Person:
		return slices.Contains(a.People, r.For)
	}
	return true
}

// Match finds what the rules that concern the text want to be shown, in the order of the text. Of one rule's hits none lies within another.
func (s *Set) Match(text string, about About) Result {
	var res Result
	if len(text) > MaxText {
		text, res.Cut = text[:MaxText], true
	}
	asked := make([]bool, len(s.rules))
	for i, r := range s.rules {
		asked[i] = r.concerns(about)
	}
	per := make([][]Hit, len(s.rules))
	keep := func(rule, start, end int) {
		hits := per[rule]
		switch k := len(hits) - 1; {
		case k >= 0 && end <= hits[k].End:
		case k >= 0 && start == hits[k].Start: // a longer phrase from the same place
			hits[k].End = end
		case len(hits) == MaxHitsPerRule:
			res.Cut = true
		default:
			per[rule] = append(hits, Hit{s.rules[rule].ID, start, end})
		}
	}
	words := wording.Words(text)
	s.phrases.Find(words, func(f wording.Found) bool {
		if rule := s.owner[f.Phrase]; asked[rule] {
			keep(rule, words[f.From].Start, words[f.To-1].End)
		}
		return true
	})
	s.matchPatterns(text, asked, per, &res)
	for _, hits := range per {
		res.Hits = append(res.Hits, hits...)
	}
	slices.SortStableFunc(res.Hits, func(a, b Hit) int { return a.Start - b.Start })
	if len(res.Hits) > MaxHits {
		res.Hits, res.Cut = res.Hits[:MaxHits], true
	}
	return res
}

func (s *Set) matchPatterns(text string, asked []bool, per [][]Hit, res *Result) {
	var folded string
	var at []int32
	for _, p := range s.patterns {
		if !asked[p.rule] {
			continue
		}
		if at == nil {
			folded, at = wording.FoldMap(text)
		}
		// The number of matches is bounded, so looking for each up to the end of the text stays linear.
		found := p.re.FindAllStringIndex(folded, MaxHitsPerRule+1)
		for _, f := range found {
			if f[0] == f[1] {
				continue
			}
			h := Hit{s.rules[p.rule].ID, int(at[f[0]]), end(at, f[1])}
			if slices.ContainsFunc(per[p.rule], func(o Hit) bool { return o.Start <= h.Start && h.End <= o.End }) {
				continue
			}
			if len(per[p.rule]) == MaxHitsPerRule {
				res.Cut = true
				break
			}
			per[p.rule] = append(per[p.rule], h)
		}
	}
}

// end is where the original of a folded match ends: a letter that became two is taken whole.
func end(at []int32, i int) int {
	for i < len(at)-1 && i > 0 && at[i] == at[i-1] {
		i++
	}
	return int(at[i])
}
