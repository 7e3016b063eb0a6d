package meetings

import (
	"cmp"
	"slices"
	"strings"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/wording"
	"kinbridge/gateway/workdays"
)

// MinutesRule says by when a meeting's minutes are to be with everybody.
type MinutesRule struct {
	Kind   Kind
	Days   int // working days after the meeting
	Source string
}

// MinutesRules has one for each kind that has minutes. Where the law gives a day, it is that; a deployment can set its own.
var MinutesRules = []MinutesRule{
	{LookedAfterReview, 20, "IRO Handbook 2010, chapter 3: the record reaches everybody within 20 working days of the review, the decisions within 5; Care Planning, Placement and Case Review (England) Regulations 2010 (SI 2010/959), part 6"},
	{InitialConference, 20, "Working Together to Safeguard Children, chapter 3: the plan at once, the record within the partners' procedure, most often 20 working days"},
	{ReviewConference, 20, "Working Together to Safeguard Children, chapter 3; most partners' procedures: 20 working days"},
	{CoreGroup, 10, "Partners' procedures: most often 10 working days"},
	{ChildInNeedMeeting, 10, "Partners' procedures: most often 10 working days"},
	{TeamAroundTheChild, 10, "Partners' procedures: most often 10 working days"},
	{FamilyGroupConference, 10, "Family group conference services' practice: the family's plan within 10 working days"},
	{PersonalEducationPlan, 20, "Promoting the education of looked-after children 2018: the plan is part of the child's record at the next review"},
}

// MinutesDays is how many working days after a meeting of a kind its minutes are to be there; 0 = it has none.
func MinutesDays(k Kind) int {
	for _, r := range MinutesRules {
		if r.Kind == k {
			return r.Days
		}
	}
	return 0
}

// MinutesSource is where that is said; "" for a kind without minutes.
func MinutesSource(k Kind) string {
	for _, r := range MinutesRules {
		if r.Kind == k {
			return r.Source
		}
	}
	return ""
}

// minutesSigns are the words that a message with minutes has; kindSigns give the kind away.
var (
	minutesSigns = compile([]string{"minutes (of|from|for|attached|enclosed|are|and)", "(the|your|our|draft|final|meeting|review|group|conference|plan|attached|enclosed|circulate|send) minutes",
		"(notes|record|decisions) (of|from) (the|your|our|a|) (meeting|review|conference)", "(meeting|review) (notes|record|decisions)"},
		[]string{"cofnodion", "gofnodion", "penderfyniadau'r cyfarfod"})
	kindWords = []struct {
		kind   Kind
		en, cy []string
	}{
		{LookedAfterReview, []string{"LAC review", "CLA review", "looked after (child|children|) review", "child looked after review", "looked-after review"}, []string{"adolygiad plant sy'n derbyn gofal", "adolygiad LAC"}},
		{InitialConference, []string{"initial (child protection|) conference", "ICPC"}, []string{"cynhadledd gychwynnol"}},
		{ReviewConference, []string{"review (child protection|) conference", "RCPC"}, []string{"cynhadledd adolygu"}},
		{CoreGroup, []string{"core group"}, []string{"grŵp craidd"}},
		{ChildInNeedMeeting, []string{"child in need", "CIN meeting"}, []string{"plentyn mewn angen"}},
		{TeamAroundTheChild, []string{"team around the child", "TAC meeting"}, []string{"tîm o amgylch y plentyn"}},
		{FamilyGroupConference, []string{"family group conference", "FGC"}, []string{"cynhadledd grŵp teulu"}},
		{PersonalEducationPlan, []string{"personal education plan", "PEP", "PEP meeting"}, []string{"cynllun addysg personol"}},
	}
)

func compile(en, cy []string) *wording.Phrases {
	var list []wording.Phrase
	for _, text := range en {
		list = append(list, wording.Phrase{Text: text, Lang: "en"})
	}
	for _, text := range cy {
		list = append(list, wording.Phrase{Text: text, Lang: workdays.Welsh})
	}
	p, err := wording.CompilePhrases(list)
	if err != nil {
		panic("meetings: " + err.Error()) // a mistake in the lists above, which every test finds
	}
	return p
}

// LooksLikeMinutes reports whether a text, with the names of its files, says that it brings minutes.
func LooksLikeMinutes(text string) (found bool) {
	minutesSigns.Find(wording.Words(text), func(wording.Found) bool { found = true; return false })
	return found
}

// Candidate is a meeting that a message may be the minutes of.
type Candidate struct {
	Meeting ids.MeetingID
	Kind    Kind
	Day     workdays.Day
	Invited bool // the sender's organisation was invited
	Minuted bool // it has minutes already
}

// maxGuess bounds how much of a text is looked at.
const maxGuess = 64 << 10

// GuessMinutes says of which meeting a message seems to bring the minutes: one whose kind or day it names, of those that her organisation was invited to, the
// latest. "" when nothing says so. It is a suggestion to a person and nothing else.
func GuessMinutes(text string, of []Candidate) ids.MeetingID {
	text = text[:min(len(text), maxGuess)]
	if !LooksLikeMinutes(text) {
		return ""
	}
	words := wording.Words(text)
	named := map[Kind]bool{}
	for _, k := range kindWords {
		compile(k.en, k.cy).Find(words, func(wording.Found) bool { named[k.kind] = true; return false })
	}
	lower := strings.ToLower(text)
	score := func(c Candidate) (n int) {
		if named[c.Kind] {
			n += 4
		}
		if namesDay(lower, c.Day) {
			n += 4
		}
		if c.Invited {
			n += 2
		}
		if c.Minuted {
			n -= 3
		}
		return n
	}
	if len(of) == 0 {
		return ""
	}
	best := slices.MaxFunc(of, func(a, b Candidate) int { return cmp.Or(cmp.Compare(score(a), score(b)), cmp.Compare(a.Day, b.Day)) })
	if score(best) < 2 {
		return ""
	}
	return best.Meeting
}

// namesDay reports whether a text in small letters has a day as people write it.
func namesDay(lower string, d workdays.Day) bool {
	for _, layout := range []string{"2 January", "02/01/2006", "2/1/2006", "02.01.2006", "02-01-2006", "2006-01-02", "02/01/06"} {
		if i := strings.Index(lower, strings.ToLower(d.Format(layout))); i >= 0 && (i == 0 || lower[i-1] < '0' || lower[i-1] > '9') {
			return true
		}
	}
	return strings.Contains(lower, strings.ToLower(workdays.Name(d, 0, workdays.Welsh)))
}
