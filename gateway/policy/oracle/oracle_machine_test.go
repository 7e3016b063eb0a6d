package oracle_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"kinbridge/gateway/policy"
)

// TestMain has the machine take two thousand steps (a second, ten with the race detector) unless told otherwise. A million take ten minutes on
// two processors:
//
//	KINBRIDGE_ORACLE_STEPS=1000000 go test ./gateway/policy/oracle -run TestMachine -timeout 0
func TestMain(m *testing.M) {
	flag.Parse()
	steps := 2000
	if n, err := strconv.Atoi(os.Getenv("KINBRIDGE_ORACLE_STEPS")); err == nil && n > 0 {
		steps = n
	}
	if testing.Short() {
		steps = 2000
	}
	_ = flag.Set("rapid.shrinktime", "1s") // a world is one seed: there is nothing to shrink
	walkers = min(runtime.GOMAXPROCS(0), max(1, steps/stepsOfOne))
	_ = flag.Set("rapid.checks", strconv.Itoa(max(1, (steps+walkers*stepsOfOne-1)/(walkers*stepsOfOne))))
	debug.SetGCPercent(1600) // worlds are small, and there are many: else a tenth of the time goes to collecting them
	os.Exit(m.Run())
}

// walkers is how many worlds are walked side by side.
var walkers int

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
	var questions, steps atomic.Int64
	t.Run("walkers", func(t *testing.T) {
		for i := range walkers {
			t.Run(strconv.Itoa(i+1), func(t *testing.T) {
				t.Parallel()
				walk(t, &questions, &steps)
			})
		}
	})
	t.Logf("%d steps, %d questions", steps.Load(), questions.Load())
}

func walk(t *testing.T, questions, steps *atomic.Int64) {
	rapid.Check(t, func(t *rapid.T) {
		// One draw seeds a world's whole life: rapid would otherwise record thousands of draws. The first step that goes wrong ends it.
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		w := newWorld(r.IntN)
		for i := range stepsOfOne {
			f := choose(w, w.families)
			c := choose(w, changes)
			w.only = scope{}
			c.do(w, f)
			steps.Add(1)
			n, trouble := w.compare(f, w.only)
			questions.Add(int64(n))
			if trouble == "" && i%50 == 49 {
				trouble = w.compareAll()
			}
			if trouble != "" {
				t.Fatalf("after %q, step %d: %s", c.name, i, trouble)
			}
		}
	})
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
