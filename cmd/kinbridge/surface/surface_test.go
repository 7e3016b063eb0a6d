// Package surface_test has everybody look at every surface of a whole gateway in random worlds, and fails when somebody is shown what is not hers: in a page,
// an answer of the API, an email, the kiosk's socket, a count, a file, or the words of an error; existence included.
//
// Every secret has a word that nothing else has (world_test.go). People do random things through the use cases (steps_test.go); after every few, each
// member of staff, each staff member's own system, each mother at her kiosk, each locked kiosk, people outside with the links that they were mailed, and
// nobody at all follow links from their home pages and guess: identifiers of the world in every pattern that the faces have (routes_test.go reads them from
// the source and the API's document). What may be seen follows from the database's rows alone (model_test.go, entitled_test.go), without package policy.
// A guess at what is hidden must be answered as a guess at what does not exist, byte for byte; what happens behind a wall must move nothing in front of it;
// and what somebody may see must be shown to her somewhere (still_test.go). TestSeededLeaksAreFound lets one wall after the other fall (faults_test.go).
//
// An ordinary run takes 40 steps. A long one, from a random seed or a given one:
//
//	KINBRIDGE_SURFACE_STEPS=10000 KINBRIDGE_SURFACE_SEED=1 go test ./cmd/kinbridge/surface -run TestSurfaces -timeout 0
package surface_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// stepsOfOne is how many steps a world lives.
const stepsOfOne = 40

// begun is a world that stands behind its faces, with something of everything in it.
func begun(t testing.TB, engine store.Engine, seed uint64, faulty func(*world) behind) *world {
	t.Helper()
	w := newWorld(t, engine, seed)
	w.mount(real(w.f))
	apiHomes(w)
	w.pages = must(pageRoutes())(t)
	if faulty != nil {
		w.mount(faulty(w))
	}
	w.prologue()
	return w
}

// live takes so many steps and has everybody look after every few, as far as the budget goes.
func (w *world) live(steps_, every, pages, guesses int) {
	for i := range steps_ {
		s := choose(w, steps)
		w.after = sprintf("step %d, %s", i, s.name)
		s.do(w, choose(w, w.families))
		w.work()
		w.look()
		if i%every == every-1 {
			w.lookAround(pages, guesses)
		}
		if len(w.reports) > 0 {
			return
		}
	}
}

func (w *world) fail(seed uint64) {
	w.t.Helper()
	for _, r := range w.reports {
		w.t.Errorf("seed %d: %s", seed, r)
	}
}

func wanted() int {
	n, _ := strconv.Atoi(os.Getenv("KINBRIDGE_SURFACE_STEPS"))
	return n
}

func TestSurfaces(t *testing.T) {
	n := wanted()
	seed := uint64(1)
	if n == 0 {
		n = stepsOfOne
	} else {
		seed = rand.Uint64() >> 32
	}
	if s, err := strconv.ParseUint(os.Getenv("KINBRIDGE_SURFACE_SEED"), 10, 64); err == nil {
		seed = s
	}
	for done := 0; done < n && !t.Failed(); done, seed = done+stepsOfOne, seed+1 {
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			w := begun(t, store.SQLite, seed, nil)
			w.lookAround(12, 12)
			if len(w.reports) == 0 {
				w.live(stepsOfOne, 10, 12, 15)
			}
			if len(w.reports) == 0 {
				w.mustSee(400)
			}
			w.fail(seed)
			t.Logf("%d guesses at what is hidden, %d times that nothing moved, %d words that were to be seen", w.guesses, w.stills, w.wanted)
		})
	}
}

// TestSurfacesOnPostgreSQL is a short look at the other engine.
func TestSurfacesOnPostgreSQL(t *testing.T) {
	w := begun(t, store.Postgres, 3, nil)
	w.live(6, 6, 6, 6)
	w.fail(3)
}
