// Package seqmap renumbers RTP packets for one subscriber, so that what he receives is one unbroken series although
// its sources change and pause. It is a pure leaf.
package seqmap

// Map renumbers one outgoing series. The zero value is ready. It is not safe for concurrent use.
type Map struct {
	running bool
	any     bool   // something was ever sent
	offset  uint16 // out = in + offset, modulo 2^16
	first   uint16 // first outgoing number of this run
	highest uint16 // highest outgoing number sent
}

// Restart ends the present run: the next packet given to Forward follows directly on the last one sent, whatever its
// number.
func (m *Map) Restart() { m.running = false }

// Forward gives the outgoing number of an incoming packet. It refuses (ok is false) a packet that is older than the
// start of the run: the subscriber has no place for it.
func (m *Map) Forward(in uint16) (out uint16, ok bool) {
	if !m.running {
		m.running = true
		next := in
		if m.any {
			next = m.highest + 1
		}
		m.any = true
		m.offset, m.first, m.highest = next-in, next, next
		return next, true
	}
	out = in + m.offset
	if before(out, m.first) {
		return 0, false
	}
	if before(m.highest, out) {
		m.highest = out
		// The start of the run may not fall more than half the number space behind, or it would seem to lie ahead.
		if m.highest-m.first > 1<<14 {
			m.first = m.highest - 1<<13
		}
	}
	return out, true
}

// Source gives the incoming number of a packet already sent in this run, for a request to send it again.
func (m *Map) Source(out uint16) (in uint16, ok bool) {
	if !m.running || before(out, m.first) || before(m.highest, out) {
		return 0, false
	}
	return out - m.offset, true
}

// before reports whether a comes before b in the circular order of RFC 3550, appendix A.1.
func before(a, b uint16) bool { return a != b && b-a < 1<<15 }
