package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"kinbridge/rooms/media"
	"kinbridge/rooms/packetcache"
	"kinbridge/rooms/reception"
)

const (
	videoCache = 256                    // packets kept per picture stream: 1 to 5 s
	pliEvery   = 500 * time.Millisecond // at most one keyframe request per stream in this time
)

// stream is what one peer publishes on one media line. It implements media.Stream.
type stream struct {
	info  media.Info
	peer  *Peer
	ssrc  uint32
	twcc  uint8              // header extension number of the transport-wide sequence number; 0: none
	cache *packetcache.Cache // pictures only

	receivers atomic.Pointer[[]media.Receiver]

	mu            sync.Mutex // guards what follows
	log           reception.Log
	wantKey       bool
	lastPLI       time.Time
	senderReport  reportClock
	lost          uint64
	packets, size uint64
}

// reportClock is the last sender report of the publisher (RFC 3550, section 6.4.1).
type reportClock struct {
	known     bool
	compact   uint32 // middle 32 bits of its NTP time
	timestamp uint32
	arrived   time.Time
	sent      time.Time // when it was sent, in our clock
}

var _ media.Stream = (*stream)(nil)

func newStream(p *Peer, id string, source media.Source, track *webrtc.TrackRemote, twcc uint8) *stream {
	codec := track.Codec()
	s := &stream{peer: p, ssrc: uint32(track.SSRC()), twcc: twcc}
	s.info = media.Info{ID: id, Leg: p.id, Source: source, ClockRate: codec.ClockRate, Kind: media.Audio, Codec: "opus"}
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		s.info.Kind, s.info.Codec = media.Video, "vp8"
		s.cache = packetcache.New(videoCache)
	}
	s.log.ClockRate = codec.ClockRate
	s.receivers.Store(&[]media.Receiver{})
	return s
}

// Info describes the stream.
func (s *stream) Info() media.Info { return s.info }

// Attach begins to pass packets to r.
func (s *stream) Attach(r media.Receiver) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := *s.receivers.Load()
	next := make([]media.Receiver, 0, len(old)+1)
	next = append(append(next, old...), r)
	s.receivers.Store(&next)
}

// Detach ends it.
func (s *stream) Detach(r media.Receiver) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := *s.receivers.Load()
	next := make([]media.Receiver, 0, len(old))
	for _, o := range old {
		if o != r {
			next = append(next, o)
		}
	}
	s.receivers.Store(&next)
}

// RequestKeyframe notes that a subscriber cannot decode; the publisher is asked at once, or when the throttle allows.
func (s *stream) RequestKeyframe() {
	if s.info.Kind != media.Video {
		return
	}
	s.mu.Lock()
	s.wantKey = true
	s.mu.Unlock()
	s.askKeyframe(s.peer.engine.now())
}

// askKeyframe sends the Picture Loss Indication (RFC 4585, section 6.3.1) that is wanted, if the throttle allows.
func (s *stream) askKeyframe(now time.Time) {
	s.mu.Lock()
	send := s.wantKey && now.Sub(s.lastPLI) >= pliEvery
	if send {
		s.lastPLI = now
	}
	s.mu.Unlock()
	if send {
		s.peer.writeRTCP(&rtcp.PictureLossIndication{SenderSSRC: s.peer.ssrc, MediaSSRC: s.ssrc})
	}
}

// Resend passes a kept packet to use.
func (s *stream) Resend(sequence uint16, use func(*media.Packet)) bool {
	if s.cache == nil {
		return false
	}
	var buffer [packetcache.MaxPayload]byte
	e, ok := s.cache.Get(sequence, buffer[:])
	if !ok {
		return false
	}
	use(&media.Packet{Sequence: e.Sequence, Timestamp: e.Timestamp, Marker: e.Marker, KeyStart: e.KeyStart,
		Payload: e.Payload, Arrived: e.Arrived})
	return true
}

// Clock relates the publisher's RTP clock to ours, by its last sender report.
func (s *stream) Clock() (at time.Time, timestamp uint32, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.senderReport.sent, s.senderReport.timestamp, s.senderReport.known
}

// readPackets is the stream's packet goroutine. It ends when the connection does.
func (s *stream) readPackets(track *webrtc.TrackRemote) {
	var (
		buffer  = make([]byte, 1600)
		scratch scratch
	)
	for {
		n, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		s.take(buffer[:n], s.peer.engine.now(), &scratch)
	}
}

// scratch is what the hot path reuses from packet to packet, so that it allocates nothing.
type scratch struct {
	header rtp.Header
	packet media.Packet
	vp8    codecs.VP8Packet
}

// take is the hot path: one packet of the publisher's, to the account, the cache and the subscribers. A packet that
// cannot be read is a lost packet.
func (s *stream) take(raw []byte, now time.Time, c *scratch) {
	c.header = rtp.Header{Extensions: c.header.Extensions[:0]}
	start, err := c.header.Unmarshal(raw)
	if err != nil {
		return
	}
	end := len(raw)
	if c.header.Padding && end > start {
		end -= int(raw[end-1])
	}
	s.account(&c.header, len(raw), now)
	if end < start {
		end = start
	}
	// A packet of padding only (a publisher probing his bandwidth) goes on as an empty one: left out, it would be a
	// hole in the numbers that every subscriber asks for in vain.
	c.packet = media.Packet{Sequence: c.header.SequenceNumber, Timestamp: c.header.Timestamp, Marker: c.header.Marker,
		Payload: raw[start:end], Arrived: now}
	if s.cache != nil {
		s.keep(c)
	}
	for _, r := range *s.receivers.Load() {
		r.Receive(s, &c.packet)
	}
}

// keep puts a picture's packet in the cache and notes a keyframe.
func (s *stream) keep(c *scratch) {
	p := &c.packet
	p.KeyStart = startsKeyframe(&c.vp8, p.Payload)
	s.cache.Put(packetcache.Entry{Sequence: p.Sequence, Timestamp: p.Timestamp, Marker: p.Marker, KeyStart: p.KeyStart,
		Arrived: p.Arrived, Payload: p.Payload})
	if p.KeyStart {
		s.mu.Lock()
		s.wantKey = false
		s.mu.Unlock()
	}
}

func (s *stream) account(header *rtp.Header, size int, now time.Time) {
	s.mu.Lock()
	s.log.Observe(header.SequenceNumber, header.Timestamp, now)
	s.packets++
	s.size += uint64(size)
	s.mu.Unlock()
	if s.twcc == 0 {
		return
	}
	if e := header.GetExtension(s.twcc); len(e) >= 2 {
		s.peer.recordArrival(s.ssrc, uint16(e[0])<<8|uint16(e[1]), now)
	}
}

// startsKeyframe reports whether a VP8 payload begins a picture that decodes by itself: the first packet of the first
// partition (RFC 7741, section 4.2), with the inverse key frame flag unset (RFC 6386, section 9.1).
func startsKeyframe(vp8 *codecs.VP8Packet, payload []byte) bool {
	frame, err := vp8.Unmarshal(payload)
	return err == nil && vp8.S == 1 && vp8.PID == 0 && len(frame) > 0 && frame[0]&1 == 0
}

// readReports is the stream's goroutine for the publisher's RTCP.
func (s *stream) readReports(receiver *webrtc.RTPReceiver) {
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok && sr.SSRC == s.ssrc {
				s.heard(sr, s.peer.engine.now())
			}
		}
	}
}

func (s *stream) heard(sr *rtcp.SenderReport, now time.Time) {
	sent := s.peer.ourTime(ntpTime(sr.NTPTime), now)
	s.mu.Lock()
	s.senderReport = reportClock{known: true, compact: uint32(sr.NTPTime >> 16), timestamp: sr.RTPTime, arrived: now,
		sent: sent}
	s.mu.Unlock()
}

// repairs returns the request for lost packets that is due, or nil.
func (s *stream) repairs(now time.Time) rtcp.Packet {
	if s.cache == nil {
		s.mu.Lock()
		_, lost, _ := s.log.Ask(now, time.Hour, time.Hour) // sound is not asked for again, only counted
		s.lost += uint64(lost)
		s.mu.Unlock()
		return nil
	}
	s.mu.Lock()
	missing, lost, gaveUp := s.log.Ask(now, 15*time.Millisecond, 120*time.Millisecond)
	s.lost += uint64(lost)
	if gaveUp && len(*s.receivers.Load()) > 0 {
		s.wantKey = true
	}
	s.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	return &rtcp.TransportLayerNack{SenderSSRC: s.peer.ssrc, MediaSSRC: s.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(missing)}
}

// reception returns the stream's report block, or ok false before the first packet.
func (s *stream) reception(now time.Time) (b rtcp.ReceptionReport, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.log.Report()
	if !ok {
		return b, false
	}
	b = rtcp.ReceptionReport{SSRC: s.ssrc, FractionLost: r.FractionLost, TotalLost: r.TotalLost,
		LastSequenceNumber: r.Highest, Jitter: r.Jitter}
	if s.senderReport.known {
		b.LastSenderReport = s.senderReport.compact
		b.Delay = uint32(now.Sub(s.senderReport.arrived).Seconds() * 65536)
	}
	return b, true
}

// ntpEpoch is 1 January 1900 (RFC 3550, section 4).
var ntpEpoch = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

func ntpTime(ntp uint64) time.Time {
	seconds, fraction := ntp>>32, ntp&0xffffffff
	return time.Unix(ntpEpoch.Unix()+int64(seconds), int64(fraction*1e9>>32))
}

func toNTP(t time.Time) uint64 {
	seconds := uint64(t.Unix() - ntpEpoch.Unix())
	return seconds<<32 | uint64(t.Nanosecond())<<32/1e9
}
