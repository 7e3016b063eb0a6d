// Package policy is the only place that says who may. Decide is pure and total: the caller gathers the facts, the decision carries
// reasons that a person can read and that go into the audit entry. No rule reads a clock or a database.
//
// The rules are data: a Chapter for each act, whose rules are tried in order until one applies. So the rule book that people read
// (Book, "kinbridge policy explain") is the rules themselves, and a test can take any one of them away to see that it is missed.
package policy

import (
	"strings"
	"sync"

	"kinbridge/gateway/ids"
)

// Effect is what a decision does.
type Effect string

// The effects. Conceal is a refusal that must look as if the thing did not exist; Note, of mail, that what it tells is used and that
// it is shown as nobody's words.
const (
	Allow   Effect = "allow"
	Hold    Effect = "hold"
	Note    Effect = "note"
	Deny    Effect = "deny"
	Conceal Effect = "conceal"
)

// Duty is what the caller must do besides when it acts on a decision; duties are a set.
type Duty uint16

// The duties.
const (
	TellSender     Duty = 1 << iota // tell the sender of a held email by mail why nobody can read it; never a sender who is not proven
	TellWing                        // tell the named staff of her wing that she may need support; never why
	TellWorker                      // tell the case's Pact social worker
	TellProtection                  // tell public protection at her prison
	TellParties                     // tell every party of the conversation, in neutral words
	OfferSupport                    // offer that somebody is with her
)

var dutyWords = []string{"tell its sender why", "tell the staff of her wing that she may need support, not why", "tell the case's Pact social worker",
	"tell public protection at her prison", "tell the conversation's parties in neutral words", "offer that somebody is with her"}

// Has reports whether the set holds the duty.
func (d Duty) Has(one Duty) bool { return d&one != 0 }

// String says the duties in words.
func (d Duty) String() string {
	var words []string
	for i, w := range dutyWords {
		if d.Has(1 << i) {
			words = append(words, w)
		}
	}
	return strings.Join(words, "; ")
}

// Decision is the answer: the effect, the rule's stable name, why in words, and, for a hold, who must decide.
type Decision struct {
	Effect  Effect
	Rule    string
	Why     string
	Do      string // of a refusal: what the actor can do instead; "" = nothing
	HoldFor ids.Role
	Hold    string // the hold's reason, one of messages.HoldReason
	Duties  Duty
}

// Allowed reports whether the act may go ahead now.
func (d Decision) Allowed() bool { return d.Effect == Allow }

// Err returns nil for an allowed or held act, else the error to show: a concealed thing is not found.
func (d Decision) Err() error {
	switch {
	case d.Effect == Allow || d.Effect == Hold:
		return nil
	case d.Effect == Conceal:
		return ids.ErrNotFound
	case d.Do != "":
		return ids.E(ids.Forbidden, "%s %s", d.Why, d.Do)
	}
	return ids.E(ids.Forbidden, "%s", d.Why)
}

// Rule is one line of the rule book. When it applies, either its own decision is the answer (Effect is set), or another act's is: all of it
// (As), or only when that act is not allowed (Needs), and the next rule is tried.
type Rule struct {
	If   string            // the condition in words, completing "when …"
	When func(*Facts) bool // nil = always
	// Needs is an act that must be allowed: else its refusal or hold is the answer. As is an act whose whole decision is the answer.
	Needs, As Act
	Decision
	// For says who must decide on a hold, where that depends on the facts.
	For func(*Facts) ids.Role
}

// Chapter holds the rules of one act, in the order in which they are tried.
type Chapter struct {
	Act   Act
	Title string // the act in words: "read a conversation"
	Rules []Rule
}

// Book returns every chapter, in reading order. It is the program's own: whoever has it must not change it.
func Book() []*Chapter { return book }

var book = bind(caseChapters, threadChapters, messageChapters, reviewChapters, mailChapters, supportChapters, restrictionChapters, requestChapters,
	custodyChapters, meetingChapters, pollChapters, beforeChapters, afterChapters, peopleChapters)

var byAct = index(book)

func bind(parts ...[]*Chapter) (all []*Chapter) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func index(book []*Chapter) map[Act]*Chapter {
	m := make(map[Act]*Chapter, len(book))
	for _, c := range book {
		m[c.Act] = c
	}
	return m
}

// Decide answers whether the act may be done. An act it does not know is denied. It does not allocate.
func Decide(f Facts) Decision {
	c, ok := byAct[f.Act]
	if !ok {
		return Decision{Effect: Deny, Rule: "unknown_act", Why: "Kinbridge does not know this action."}
	}
	p := scratch.Get().(*Facts)
	*p = f
	d := c.decide(p)
	*p = Facts{}
	scratch.Put(p)
	return d
}

// scratch keeps Decide from allocating: conditions are called through function values, so whatever they are given a pointer to is on the heap.
var scratch = sync.Pool{New: func() any { return new(Facts) }}

func (c *Chapter) decide(f *Facts) Decision {
	for i := range c.Rules {
		r := &c.Rules[i]
		if r.When != nil && !r.When(f) {
			continue
		}
		switch {
		case r.As != "":
			return byAct[r.As].decide(f)
		case r.Needs != "":
			if d := byAct[r.Needs].decide(f); !d.Allowed() {
				return d
			}
			continue
		}
		d := r.Decision
		if r.For != nil {
			d.HoldFor = r.For(f)
		}
		return d
	}
	return Decision{Effect: Deny, Rule: "no_rule", Why: "No rule allows this."}
}

// The words in which the chapters are written.

func allow(rule, why string) Decision   { return Decision{Effect: Allow, Rule: rule, Why: why} }
func deny(rule, why string) Decision    { return Decision{Effect: Deny, Rule: rule, Why: why} }
func conceal(rule, why string) Decision { return Decision{Effect: Conceal, Rule: rule, Why: why} }
func note(rule, why string) Decision    { return Decision{Effect: Note, Rule: rule, Why: why} }
func hold(rule, why, reason string, by ids.Role) Decision {
	return Decision{Effect: Hold, Rule: rule, Why: why, Hold: reason, HoldFor: by}
}

// do says what the actor can do instead.
func (d Decision) do(what string) Decision { d.Do = what; return d }

// with adds duties.
func (d Decision) with(duties Duty) Decision { d.Duties |= duties; return d }
