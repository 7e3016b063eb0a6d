package oracle_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"kinbridge/gateway/policy"
)

// TestMain has the machine take six thousand steps (some ten seconds) unless told otherwise:
//
//	KINBRIDGE_ORACLE_STEPS=1000000 go test ./gateway/policy/oracle -run TestMachine -timeout 0
func TestMain(m *testing.M) {
	flag.Parse()
	steps := 6000
	if n, err := strconv.Atoi(os.Getenv("KINBRIDGE_ORACLE_STEPS")); err == nil && n > 0 {
		steps = n
	}
	if testing.Short() {
		steps = 2000
	}
	_ = flag.Set("rapid.shrinktime", "1s") // a world is one seed: there is nothing to shrink
	_ = flag.Set("rapid.checks", strconv.Itoa(max(1, steps/stepsOfOne)))
	os.Exit(m.Run())
}

// stepsOfOne is how many steps a world lives.
const stepsOfOne = 200

// answer is what a decision says, without its words.
func answer(d policy.Decision) verdict {
	return verdict{effect: d.Effect, waits: d.HoldFor, reason: d.Hold, owes: d.Duties}
}

// compare asks both about everything of a family in the scope; it returns how many questions it asked and the first disagreement.
func (w *world) compare(f *family, only scope) (n int, trouble string) {
	w.ask(f, only, func(q *question, facts *policy.Facts) {
		n++
		if trouble != "" {
			return
		}
		d := policy.Decide(*facts)
		if want := w.judge(q); want != answer(d) {
			trouble = fmt.Sprintf("%s: the rules say %+v\nthe oracle says %+v\nfacts: %+v\nfamily: %+v", q, d, want, *facts, *q.fam)
		}
	})
	return n, trouble
}

// TestMachine walks random worlds and compares, after every step, what the rules and the oracle say to everybody about everything that was changed
// (the family, or one conversation or message), and every fifty steps about everything there is.
func TestMachine(t *testing.T) {
	questions, steps := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		// One draw seeds a world's whole life: rapid would otherwise record thousands of draws. The first step that goes wrong ends it.
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		w := newWorld(r.IntN)
		for i := range stepsOfOne {
			f := choose(w, w.families)
			c := choose(w, changes)
			w.only = scope{}
			c.do(w, f)
			steps++
			n, trouble := w.compare(f, w.only)
			questions += n
			if trouble == "" && i%50 == 49 {
				trouble = w.compareAll()
			}
			if trouble != "" {
				t.Fatalf("after %q, step %d: %s", c.name, i, trouble)
			}
		}
	})
	t.Logf("%d steps, %d questions", steps, questions)
}

func (w *world) compareAll() (trouble string) {
	for _, f := range w.families {
		if _, trouble := w.compare(f, scope{}); trouble != "" {
			return trouble
		}
	}
	w.askNobody(func(q *question, f *policy.Facts) {
		if d := policy.Decide(*f); trouble == "" && answer(d) != w.judge(q) {
			trouble = fmt.Sprintf("%s at %s: the rules say %+v\nthe oracle says %+v", q, q.place, d, w.judge(q))
		}
	})
	return trouble
}

// Every chapter of the book is asked about.
func TestEveryActIsAskedAbout(t *testing.T) {
	asked := every()
	for _, c := range policy.Book() {
		if !slices.Contains(asked, c.Act) {
			t.Errorf("nobody is asked whether she may %s (%s): teach questions_test.go and the oracle", c.Title, c.Act)
		}
	}
}
