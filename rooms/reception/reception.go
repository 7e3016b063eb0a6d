// Package reception keeps account of the packets of one incoming RTP stream: what arrived, what is missing, how
// unevenly it came. From it come receiver reports (RFC 3550, section 6.4) and requests for lost packets (RFC 4585,
// section 6.2.1). It is a pure leaf.
package reception

import "time"

const (
	window     = 512             // how far back a missing packet may lie, in packets
	maxMissing = 64              // missing packets remembered at once; beyond, a keyframe is the better repair
	maxAsks    = 4               // requests for one packet
	maxJump    = 3000            // a larger leap of the sequence number is a restart (RFC 3550, MAX_DROPOUT)
	maxAge     = 2 * time.Second // after that a packet is of no use to anybody
)

type hole struct {
	sequence uint16
	since    time.Time
	asked    time.Time
	asks     int
}

// Log is the account of one stream. The zero value with ClockRate set is ready. It is not safe for concurrent use.
type Log struct {
	ClockRate uint32 // RTP clock, in hertz

	started      bool
	base         uint32 // extended number of the first packet
	highest      uint32 // extended highest number
	received     uint32
	transit      float64
	jitter       float64 // in RTP clock units
	holes        []hole
	gaveUp       bool
	lastExpected uint32
	lastReceived uint32
}

// Observe takes one packet. late is true for one that is behind the highest: reordered or sent again.
func (l *Log) Observe(sequence uint16, timestamp uint32, arrived time.Time) (late bool) {
	if !l.started {
		l.restart(sequence)
		return false
	}
	step := sequence - uint16(l.highest)
	switch {
	case step == 0:
		return true
	case step < maxJump:
		l.missing(uint16(l.highest)+1, step-1, arrived)
		l.highest += uint32(step)
		l.received++
		l.measure(timestamp, arrived)
		return false
	case uint16(-step) < window:
		for i := range l.holes {
			if l.holes[i].sequence == sequence {
				l.holes = append(l.holes[:i], l.holes[i+1:]...)
				l.received++
				break
			}
		}
		return true
	}
	l.restart(sequence)
	return false
}

func (l *Log) restart(sequence uint16) {
	*l = Log{ClockRate: l.ClockRate, started: true, base: uint32(sequence), highest: uint32(sequence), received: 1,
		holes: l.holes[:0]}
}

func (l *Log) missing(first, count uint16, now time.Time) {
	if int(count) > maxMissing-len(l.holes) {
		l.holes, l.gaveUp = l.holes[:0], true
		return
	}
	for i := range count {
		l.holes = append(l.holes, hole{sequence: first + i, since: now})
	}
}

// measure keeps the interarrival jitter of RFC 3550, section 6.4.1.
func (l *Log) measure(timestamp uint32, arrived time.Time) {
	if l.ClockRate == 0 {
		return
	}
	// Only differences matter, so the arrival is taken modulo a day to keep the precision of a float64.
	at := float64(arrived.UnixMicro()%86_400_000_000) * float64(l.ClockRate) / 1e6
	transit := at - float64(timestamp)
	if l.transit != 0 {
		d := transit - l.transit
		if d < 0 {
			d = -d
		}
		if d < float64(l.ClockRate)*5 { // a wrap or a leap of either clock is no jitter
			l.jitter += (d - l.jitter) / 16
		}
	}
	l.transit = transit
}

// Ask returns the packets to request now: those missing for at least wait and not asked for during again. lost counts
// the ones given up by this call; gaveUp is true when there are too many to repair and a keyframe should be asked for.
func (l *Log) Ask(now time.Time, wait, again time.Duration) (sequences []uint16, lost int, gaveUp bool) {
	gaveUp, l.gaveUp = l.gaveUp, false
	kept := l.holes[:0]
	for _, h := range l.holes {
		if now.Sub(h.since) > maxAge || h.asks >= maxAsks && now.Sub(h.asked) >= again {
			lost++
			gaveUp = true
			continue
		}
		if now.Sub(h.since) >= wait && h.asks < maxAsks && (h.asks == 0 || now.Sub(h.asked) >= again) {
			h.asks, h.asked = h.asks+1, now
			sequences = append(sequences, h.sequence)
		}
		kept = append(kept, h)
	}
	l.holes = kept
	return sequences, lost, gaveUp
}

// Report is the content of a reception report block (RFC 3550, section 6.4.1).
type Report struct {
	FractionLost uint8  // since the last report, in 1/256
	TotalLost    uint32 // 24 bits
	Highest      uint32 // extended highest sequence number
	Jitter       uint32 // in RTP clock units
}

// Report returns the report for the time since the last one; ok is false when nothing has arrived yet.
func (l *Log) Report() (r Report, ok bool) {
	if !l.started {
		return Report{}, false
	}
	expected := l.highest - l.base + 1
	r = Report{Highest: l.highest, Jitter: uint32(l.jitter)}
	if expected > l.received {
		r.TotalLost = min(expected-l.received, 1<<23-1)
	}
	want, got := expected-l.lastExpected, l.received-l.lastReceived
	if want > got {
		r.FractionLost = uint8(min((want-got)*256/want, 255))
	}
	l.lastExpected, l.lastReceived = expected, l.received
	return r, true
}
