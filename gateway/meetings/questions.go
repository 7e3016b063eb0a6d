package meetings

import (
	"strings"

	"kinbridge/gateway/workdays"
)

// Question is one of the plain questions that a mother is asked before a meeting. Its words are for a reading age of nine; {child} stands for the children by name.
type Question struct {
	Name   string // as it is kept
	En, Cy string
}

var (
	qHow     = Question{"how", "How do you think {child} is?", "Sut mae {child}, yn eich barn chi?"}
	qGood    = Question{"good", "What is going well for {child}?", "Beth sy'n mynd yn dda i {child}?"}
	qNext    = Question{"next", "What do you want to happen next?", "Beth hoffech chi ei weld yn digwydd nesaf?"}
	qWorry   = Question{"worry", "What worries you?", "Beth sy'n eich poeni chi?"}
	qTime    = Question{"family_time", "How is seeing and talking to {child} going?", "Sut mae gweld {child} a siarad â nhw yn mynd?"}
	qPlan    = Question{"plan", "What do you think of the plan for {child}?", "Beth yw eich barn am y cynllun i {child}?"}
	qHelp    = Question{"help", "What help would make things better?", "Pa help fyddai'n gwneud pethau'n well?"}
	qWhy     = Question{"why", "What do you think about why this meeting was called?", "Beth yw eich barn am pam y galwyd y cyfarfod hwn?"}
	qSafe    = Question{"safe", "What keeps {child} safe and well?", "Beth sy'n cadw {child} yn ddiogel ac yn iach?"}
	qFamily  = Question{"family", "Who in your family can help {child}?", "Pwy yn eich teulu all helpu {child}?"}
	qSchool  = Question{"school", "How do you think school is going for {child}?", "Sut mae'r ysgol yn mynd i {child}, yn eich barn chi?"}
	qLikes   = Question{"likes", "What does {child} like and do well?", "Beth mae {child} yn ei hoffi ac yn ei wneud yn dda?"}
	qPrivate = Question{"private", "Is there something you do not want talked about in front of everyone?", "Oes rhywbeth nad ydych am ei drafod o flaen pawb?"}
	qAsk     = Question{"ask", "What do you want to ask the people there?", "Beth hoffech chi ei ofyn i'r bobl yno?"}
)

// questions has what is asked for each kind that is about children, in the order in which it is asked.
var questions = map[Kind][]Question{
	LookedAfterReview:     {qHow, qTime, qNext, qWorry, qPrivate, qAsk},
	InitialConference:     {qWhy, qSafe, qWorry, qHelp, qPrivate, qAsk},
	ReviewConference:      {qGood, qPlan, qWorry, qNext, qPrivate, qAsk},
	CoreGroup:             {qPlan, qTime, qHelp, qWorry, qPrivate, qAsk},
	ChildInNeedMeeting:    {qHow, qHelp, qNext, qWorry, qPrivate, qAsk},
	TeamAroundTheChild:    {qHow, qHelp, qNext, qPrivate, qAsk},
	FamilyGroupConference: {qFamily, qNext, qWorry, qPrivate, qAsk},
	PersonalEducationPlan: {qSchool, qLikes, qHelp, qWorry, qPrivate, qAsk},
}

// QuestionsOf returns what is asked before a meeting of a kind; nothing of one that is not about children.
func QuestionsOf(k Kind) []Question { return questions[k] }

// In is the question in words for children by name; with none it speaks of "your child".
func (q Question) In(lang string, children []string) string {
	words, nobody := q.En, "your child"
	if lang == workdays.Welsh {
		words, nobody = q.Cy, "eich plentyn"
	}
	names := joined(lang, children)
	if names == "" {
		names = nobody
	}
	if len(children) > 1 && lang != workdays.Welsh { // two are, do and like
		words = strings.NewReplacer("{child} is", "{child} are", "does {child}", "do {child}").Replace(words)
	}
	return strings.ReplaceAll(words, "{child}", names)
}

func joined(lang string, names []string) string {
	and := " and "
	if lang == workdays.Welsh {
		and = " a "
	}
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + and + names[n-1]
	}
}

// MaxAnswer is the longest answer to one question, in characters.
const MaxAnswer = 1500

// Compose writes a contribution from the answers: each question with her answer below it, those that she left out left out. A Welsh question is followed by its English, for
// readers who have none. preface, if any, stands above. It returns "" when she has answered nothing.
func Compose(k Kind, lang string, children []string, answers map[string]string, preface string) string {
	var b strings.Builder
	for _, q := range QuestionsOf(k) {
		answer := strings.TrimSpace(answers[q.Name])
		if answer == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(q.In(lang, children))
		if lang == workdays.Welsh {
			b.WriteString(" (" + q.In(workdays.English, children) + ")")
		}
		b.WriteString("\n" + answer)
	}
	if b.Len() == 0 || preface == "" {
		return b.String()
	}
	return preface + "\n\n" + b.String()
}
