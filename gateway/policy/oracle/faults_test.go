package oracle_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"kinbridge/gateway/policy"
)

// fault is a rule spoilt: the chapter with the fault in it.
type fault struct {
	name  string
	rules []policy.Rule
}

// spoil returns a chapter's rules with the one at i changed.
func spoil(c *policy.Chapter, i int, change func(*policy.Rule)) []policy.Rule {
	rules := slices.Clone(c.Rules)
	change(&rules[i])
	return rules
}

// faultsOf are all that is done to the rules of a chapter: each taken away; each refusal and hold let through; each concealment told;
// each duty forgotten.
func faultsOf(c *policy.Chapter) (out []fault) {
	for i, r := range c.Rules {
		name := func(what string) string {
			return fmt.Sprintf("%s %d %s: %s", c.Act, i+1, cmp.Or(r.Rule, string(r.Needs+r.As)), what)
		}
		if last := i == len(c.Rules)-1; !last || r.Effect != policy.Deny {
			// A chapter's last refusal is left out: what no rule answers Decide refuses all the same, with words that explain nothing.
			out = append(out, fault{name("gone"), slices.Delete(slices.Clone(c.Rules), i, i+1)})
		}
		if r.Effect != "" && r.Effect != policy.Allow {
			out = append(out, fault{name("allowed"), spoil(c, i, func(r *policy.Rule) { r.Decision, r.For = policy.Decision{Effect: policy.Allow}, nil })})
		}
		if r.Effect == policy.Conceal {
			out = append(out, fault{name("told"), spoil(c, i, func(r *policy.Rule) { r.Effect = policy.Deny })})
		}
		if r.Duties != 0 {
			out = append(out, fault{name("duties forgotten"), spoil(c, i, func(r *policy.Rule) { r.Duties = 0 })})
		}
	}
	return out
}

// onlyWords are the rules whose absence changes nothing but the words of a refusal: why each is.
var onlyWords = map[string]string{
	"read_thread 3 privileged_wall: gone":   "nothing below it opens a privileged conversation: the last rule conceals it as one of no known channel",
	"read_thread 6 confidential_wall: gone": "nothing below it opens a confidential one: the last rule conceals it",
	"write_message 3 not_now: gone":         "she is refused by the next rule, which says more than she is to be told here",
	"attend_meeting 7 withdrawn: gone":      "the next rules refuse her as well, in words that are for staff",
	"decide_mail 2 intake_wall: gone":       "who is on no team sorts no mail of a team: the last rule conceals it",
}

// TestSeededFaultsAreCaught spoils every rule of the book, in every way, and has the oracle find each out.
func TestSeededFaultsAreCaught(t *testing.T) {
	chapters, left := map[policy.Act]*policy.Chapter{}, map[policy.Act][]fault{}
	faults, missing := 0, 0
	for _, c := range policy.Book() {
		chapters[c.Act], left[c.Act] = c, faultsOf(c)
		faults += len(left[c.Act])
	}
	missing = faults - len(onlyWords)
	var w *world
	try := func(q *question, f *policy.Facts) {
		c, want := chapters[q.act], w.judge(q)
		whole := c.Rules
		left[q.act] = slices.DeleteFunc(left[q.act], func(x fault) bool {
			c.Rules = x.rules
			caught := answer(policy.Decide(*f)) != want
			if caught {
				if why := onlyWords[x.name]; why != "" {
					t.Errorf("%s: caught, and said to be words only: %s", x.name, why)
				}
				missing--
			}
			return caught
		})
		c.Rules = whole
	}
	seed := uint64(1)
	for ; missing > 0 && seed <= 120; seed++ {
		w = newWorld(rand.New(rand.NewPCG(seed, 7)).IntN)
		w.enough = func(a policy.Act) bool { return len(left[a]) == 0 }
		for i := range stepsOfOne {
			f := choose(w, w.families)
			w.only = scope{}
			choose(w, changes).do(w, f)
			w.ask(f, w.only, try)
			if i == 0 {
				w.askNobody(try)
			}
		}
	}
	for _, c := range policy.Book() {
		for _, x := range left[c.Act] {
			if onlyWords[x.name] == "" {
				t.Errorf("%s: the oracle does not notice", x.name)
			}
		}
	}
	t.Logf("%d faults, %d of them in words only; %d worlds", faults, len(onlyWords), seed-1)
}
