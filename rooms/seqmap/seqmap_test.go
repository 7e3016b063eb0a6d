package seqmap

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRunsFollowEachOtherWithoutAGap(t *testing.T) {
	var m Map
	if out, ok := m.Forward(65534); !ok || out != 65534 {
		t.Fatal(out, ok)
	}
	if out, ok := m.Forward(0); !ok || out != 0 {
		t.Fatal("wrap", out, ok)
	}
	if out, ok := m.Forward(65535); !ok || out != 65535 {
		t.Fatal("a late packet keeps its place", out, ok)
	}
	m.Restart()
	if _, ok := m.Source(0); ok {
		t.Fatal("nothing of an ended run can be sent again")
	}
	if out, ok := m.Forward(30000); !ok || out != 1 {
		t.Fatal("new source", out, ok)
	}
	if _, ok := m.Forward(29999); ok {
		t.Fatal("a packet from before the run has no place")
	}
	if out, _ := m.Forward(30002); out != 3 {
		t.Fatal("a gap of the source stays a gap", out)
	}
	if in, ok := m.Source(2); !ok || in != 30001 {
		t.Fatal(in, ok)
	}
	if _, ok := m.Source(4); ok {
		t.Fatal("not sent yet")
	}
}

// Whatever sources follow one another, distinct packets of the runs get distinct numbers near the highest, and Source
// is the inverse of Forward.
func TestForwardAndSourceAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Map
		in := rapid.Uint16().Draw(t, "start")
		var last uint16
		sent := false
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			if rapid.IntRange(0, 20).Draw(t, "restart") == 0 {
				m.Restart()
				in = rapid.Uint16().Draw(t, "new source")
				out, ok := m.Forward(in)
				if !ok || sent && out != last+1 {
					t.Fatalf("a restart must follow on %d, not %d", last, out)
				}
				last, sent = out, true
				continue
			}
			in += uint16(rapid.IntRange(1, 3).Draw(t, "advance"))
			out, ok := m.Forward(in)
			if !ok || sent && out == last {
				t.Fatalf("in-order packet %d became %d, %v", in, out, ok)
			}
			if back, ok := m.Source(out); !ok || back != in {
				t.Fatalf("Source(%d) = %d, %v; want %d", out, back, ok, in)
			}
			last, sent = out, true
		}
	})
}
