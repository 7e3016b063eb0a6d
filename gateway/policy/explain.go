package policy

import (
	"fmt"
	"io"
	"strings"

	"kinbridge/gateway/ids"
)

// Line is one rule in words, as the rule book prints it and the administrators' page shows it.
type Line struct {
	Name   string // the rule's stable name, as audit entries have it; "" of a line that leans on another act
	When   string // "in every other case" of the last
	Answer string
	Why    string
	Do     string // what the actor can do instead, of a refusal
	Duties string // what the program does besides
	Act    Act    // the act that the line leans on, or ""
}

// Lines returns a chapter's rules in words, in the order in which they are tried.
func (c *Chapter) Lines() []Line {
	out := make([]Line, 0, len(c.Rules))
	for i, r := range c.Rules {
		l := Line{Name: r.Rule, When: r.If, Why: r.Why, Do: r.Do, Duties: r.Duties.String(), Act: r.Needs + r.As}
		switch {
		case l.When != "":
		case i == 0 || r.Needs != "":
			l.When = "in every case"
		default:
			l.When = "in every other case"
		}
		switch {
		case r.Needs != "":
			l.Answer = "must first be allowed to " + byAct[r.Needs].Title
		case r.As != "":
			l.Answer = "as for: " + byAct[r.As].Title
		default:
			l.Answer = r.answer()
		}
		out = append(out, l)
	}
	return out
}

var effectWords = map[Effect]string{Allow: "allowed", Note: "noted, and shown as nobody's words", Deny: "refused", Conceal: "refused, as if it did not exist"}

func (r Rule) answer() string {
	if r.Effect != Hold {
		return effectWords[r.Effect]
	}
	if r.For != nil {
		return "held, for whoever is to decide it"
	}
	return "held, for " + roleWords[r.HoldFor]
}

var roleWords = map[ids.Role]string{ids.RolePactWorker: "a Pact social worker", ids.RolePublicProtection: "public protection", ids.RoleAdministrator: "an administrator",
	ids.RoleFamilyWorker: "a family engagement worker", ids.RoleOffenderManager: "the offender manager"}

// Explain writes the rule book, or the chapters of the acts that are named, as plain text. An act without a chapter is Invalid.
func Explain(w io.Writer, acts ...Act) error {
	chapters := Book()
	if len(acts) > 0 {
		chapters = nil
		for _, a := range acts {
			c, ok := byAct[a]
			if !ok {
				return ids.E(ids.Invalid, "There is no act %q. Without a name the whole book is printed.", string(a))
			}
			chapters = append(chapters, c)
		}
	}
	for _, c := range chapters {
		if _, err := fmt.Fprintf(w, "%s (%s)\n", strings.ToUpper(c.Title[:1])+c.Title[1:], c.Act); err != nil {
			return err
		}
		for i, l := range c.Lines() {
			if err := l.write(w, i+1); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return nil
}

func (l Line) write(w io.Writer, n int) error {
	when := "When " + l.When
	if strings.HasPrefix(l.When, "in ") || strings.HasPrefix(l.When, "as ") {
		when = strings.ToUpper(l.When[:1]) + l.When[1:]
	}
	text := fmt.Sprintf("%4d. %s: %s.", n, when, l.Answer)
	if l.Name != "" {
		text += fmt.Sprintf(" [%s]\n      %s", l.Name, l.Why)
	}
	if l.Do != "" {
		text += " " + l.Do
	}
	if l.Duties != "" {
		text += "\n      Kinbridge must also: " + l.Duties + "."
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
