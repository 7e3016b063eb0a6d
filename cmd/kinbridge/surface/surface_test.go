package surface_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

// TestMain has the databases in memory where the system offers that: they are thrown away, and thousands of small changes wait for no disk.
func TestMain(m *testing.M) {
	if dir, err := os.MkdirTemp("/dev/shm", "kinbridge-surface-"); err == nil {
		_ = os.Setenv("TMPDIR", dir)
		code := m.Run()
		storetest.Stop()
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}
	storetest.Main(m)
}

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
		n = 2 * stepsOfOne
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
