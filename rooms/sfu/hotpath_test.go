package sfu

import (
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"

	"kinbridge/rooms/media"
	"kinbridge/rooms/packetcache"
)

// drain is a connection that takes packets and keeps none.
type drain struct {
	packets, bytes int
	last           uint16 // sequence number
}

func (d *drain) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	d.last = h.SequenceNumber
	d.packets++
	d.bytes += len(payload)
	return len(payload), nil
}
func (d *drain) Write(b []byte) (int, error) { return len(b), nil }

// hot is a picture stream with so many subscribers, and its packets in order.
func hot(subscribers int) (s *stream, drains []*drain, next func() []byte) {
	e := &Engine{now: time.Now}
	p := &Peer{engine: e, gone: make(chan struct{}), feedback: twcc.NewRecorder(1)}
	close(p.gone) // nothing is sent to the publisher in these tests
	p.connected.Store(true)
	s = &stream{info: media.Info{ID: "s", Kind: media.Video, ClockRate: 90000}, peer: p, ssrc: 1, twcc: 3,
		cache: packetcache.New(videoCache)}
	s.log.ClockRate = 90000
	s.receivers.Store(&[]media.Receiver{})
	for range subscribers {
		d := &drain{}
		slot := &slot{peer: p, kind: media.Video, writer: d, clockRate: 90000}
		slot.point(s)
		drains = append(drains, d)
	}
	raw := make([]byte, 1220)
	header := rtp.Header{Version: 2, PayloadType: vp8Payload, SSRC: 1}
	if err := header.SetExtension(3, []byte{0, 0}); err != nil {
		panic(err)
	}
	var n uint16
	return s, drains, func() []byte {
		header.SequenceNumber, header.Timestamp = n, uint32(n)*1800
		size, err := header.MarshalTo(raw)
		if err != nil {
			panic(err)
		}
		raw[size-3], raw[size-2] = byte(n>>8), byte(n) // the two bytes of the extension, before its padding
		raw[size], raw[size+1] = 0x10, 1
		if n == 0 {
			raw[size+1] = 0
		}
		n++
		return raw
	}
}

func TestForwardingAllocatesNothing(t *testing.T) {
	s, drains, next := hot(5)
	s.twcc = 0 // pion's feedback recorder allocates now and then, by its design
	var c scratch
	for range 2 * videoCache {
		s.take(next(), time.Now(), &c)
	}
	before := drains[0].packets
	var packets [][]byte // made before, as making them allocates
	for range 201 {
		packets = append(packets, append([]byte(nil), next()...))
	}
	if n := testing.AllocsPerRun(200, func() { s.take(packets[0], time.Now(), &c); packets = packets[1:] }); n != 0 {
		t.Fatalf("%v allocations for one packet to five subscribers", n)
	}
	for _, d := range drains {
		if d.packets-before != 201 {
			t.Fatalf("a subscriber got %d packets of 201", d.packets-before)
		}
	}
}

func TestPaddingLeavesNoHoleInTheNumbers(t *testing.T) {
	s, drains, next := hot(1)
	var c scratch
	s.take(next(), time.Now(), &c)
	probe := append([]byte(nil), next()...)
	probe[0] |= 0x20
	probe = probe[:20+200] // the header with its extension, then padding whose last byte counts it
	probe[len(probe)-1] = 200
	s.take(probe, time.Now(), &c)
	s.take(next(), time.Now(), &c)
	d := drains[0]
	if d.packets != 3 || d.last != 2 || d.bytes != 2*1200 {
		t.Fatalf("%d packets to number %d with %d bytes: the probe is to pass, empty", d.packets, d.last, d.bytes)
	}
}

// Whatever arrives, nothing panics and no more goes out than came in.
func FuzzTake(f *testing.F) {
	_, _, next := hot(0)
	f.Add(append([]byte(nil), next()...))
	f.Add([]byte{0x90, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff})
	f.Add([]byte{0xb0, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, drains, next := hot(1)
		var c scratch
		at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		s.take(next(), at, &c)
		s.take(raw, at, &c)
		if d := drains[0]; d.packets > 2 || d.bytes > 1220+len(raw) {
			t.Fatalf("%d packets, %d bytes out", d.packets, d.bytes)
		}
		s.repairs(at)
		s.reception(at)
	})
}

// BenchmarkForward is one packet's way through our own part to nine subscribers: without encryption and system calls.
func BenchmarkForward(b *testing.B) {
	s, _, next := hot(9)
	var c scratch
	raw := next()
	b.ReportAllocs()
	for b.Loop() {
		s.take(raw, time.Now(), &c)
		raw = next()
	}
}
