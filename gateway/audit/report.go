package audit

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Fault is what is wrong with a part of the log.
type Fault string

// The faults. Those of an entry come first.
const (
	Changed       Fault = "changed"    // the entry is not the one that was recorded
	Missing       Fault = "missing"    // the entry was recorded and is not there
	Reordered     Fault = "reordered"  // the entry's place holds another entry
	Duplicate     Fault = "duplicate"  // the place holds a second copy, or a copy of an earlier entry
	WrongColumn   Fault = "columns"    // the entry is genuine but a search column beside it says something else
	BadChain      Fault = "chain"      // the entry is genuine but the running chain beside it was changed
	BadHash       Fault = "hash"       // a stored hash of the tree was changed or is missing
	BadCheckpoint Fault = "checkpoint" // a signed checkpoint is not genuine or does not fit
	BadCounter    Fault = "counter"    // the counter row does not fit the entries
)

// Problem is one thing that is wrong. Seq is -1 when it is not of one entry.
type Problem struct {
	Fault Fault
	Seq   int64
	ID    string // the entry's identifier as its row has it; "" when there is no row
	Text  string // one English sentence, without content
}

// Report is what verification found.
type Report struct {
	Entries     int64     // rows read
	Sealed      int64     // entries covered by the newest genuine checkpoint
	Checkpoints int64     // genuine checkpoints
	Origin      string    // the log's name, from its checkpoints
	Newest      time.Time // of the last entry read
	Problems    []Problem // entries' problems first, by place; at most maxProblems
	Complete    bool      // false when reading stopped at a missing or misplaced entry, after which nothing can be said
}

// maxProblems bounds a report: when everything is broken, the first few say so.
const maxProblems = 100

// OK reports whether nothing is wrong.
func (r Report) OK() bool { return len(r.Problems) == 0 && r.Complete }

// FirstBad returns the first entry that is wrong.
func (r Report) FirstBad() (Problem, bool) {
	for _, p := range r.Problems {
		if p.Seq >= 0 {
			return p, true
		}
	}
	return Problem{}, false
}

func (r *Report) add(f Fault, seq int64, id, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{f, seq, id, fmt.Sprintf(format, args...)})
}

// finish puts the problems in order and bounds them.
func (r *Report) finish() {
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		if (a.Seq < 0) != (b.Seq < 0) {
			return cmp.Compare(b.Seq, a.Seq) // those of an entry first
		}
		return cmp.Compare(a.Seq, b.Seq)
	})
	if len(r.Problems) > maxProblems {
		r.Problems = r.Problems[:maxProblems]
	}
}
