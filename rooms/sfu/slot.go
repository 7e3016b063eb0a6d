package sfu

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"kinbridge/rooms/media"
	"kinbridge/rooms/seqmap"
)

const resendsPerSecond = 400 // a subscriber who asks for more is served his keyframes instead

// slot is one sending media line of a peer. Streams come and go on it; the subscriber sees one unbroken series of
// packets. It implements webrtc.TrackLocal and media.Receiver.
//
// The mutex is the wall: a packet is written only while it is held and only when it is of the stream the slot carries
// now, so that after point(nil) returns nothing of the old stream is sent any more.
type slot struct {
	peer  *Peer
	kind  media.Kind
	index int
	mid   string // set when the answer is made; guarded by Peer.mu

	mu        sync.Mutex // guards what follows
	writer    webrtc.TrackLocalWriter
	header    rtp.Header
	clockRate uint32
	stream    media.Stream
	numbers   seqmap.Map
	shift     uint32 // outgoing timestamp = incoming + shift
	waitKey   bool   // nothing is sent before a keyframe
	begun     bool   // of the present stream, something was sent
	sent      sent
	allowance int // packets that may still be sent again in this second
}

type sent struct {
	any       bool
	timestamp uint32 // of the last packet, outgoing
	at        time.Time
	packets   uint32
	octets    uint32
	resent    uint64
}

var (
	_ webrtc.TrackLocal = (*slot)(nil)
	_ media.Receiver    = (*slot)(nil)
)

func (s *slot) ID() string       { return s.kind.String() + "-" + strconv.Itoa(s.index) }
func (s *slot) RID() string      { return "" }
func (s *slot) StreamID() string { return "slot-" + strconv.Itoa(s.index) } // sound and picture of one member are played in step

// Kind says whether the slot carries sound or pictures.
func (s *slot) Kind() webrtc.RTPCodecType {
	if s.kind == media.Audio {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}

var errCodec = errors.New("the browser offers no codec that we forward")

// Bind is called by pion when the line is negotiated.
func (s *slot) Bind(t webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	want := webrtc.MimeTypeOpus
	if s.kind == media.Video {
		want = webrtc.MimeTypeVP8
	}
	for _, c := range t.CodecParameters() {
		if c.MimeType != want {
			continue
		}
		s.mu.Lock()
		s.header = rtp.Header{Version: 2, SSRC: uint32(t.SSRC()), PayloadType: uint8(c.PayloadType)}
		s.clockRate = c.ClockRate
		s.writer = t.WriteStream()
		s.mu.Unlock()
		return c, nil
	}
	return webrtc.RTPCodecParameters{}, errCodec
}

// Unbind is called by pion when the connection ends.
func (s *slot) Unbind(webrtc.TrackLocalContext) error {
	s.mu.Lock()
	s.writer = nil
	s.mu.Unlock()
	return nil
}

// point turns the slot to another stream, or to none.
func (s *slot) point(to media.Stream) {
	s.mu.Lock()
	from := s.stream
	s.stream, s.begun = to, false
	s.numbers.Restart()
	s.waitKey = to != nil && s.kind == media.Video
	s.mu.Unlock()
	if from != nil {
		from.Detach(s)
	}
	if to != nil {
		to.Attach(s)
		to.RequestKeyframe()
	}
}

// Receive forwards one packet.
func (s *slot) Receive(from media.Stream, p *media.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stream != from || s.writer == nil || !s.peer.connected.Load() {
		return
	}
	if s.waitKey {
		if !p.KeyStart {
			return
		}
		s.waitKey = false
	}
	if !s.begun {
		s.begun = true
		s.shift = 0
		if s.sent.any { // time went on while the slot was still
			gone := p.Arrived.Sub(s.sent.at)
			if gone < 0 {
				gone = 0
			}
			s.shift = s.sent.timestamp + max(uint32(gone.Seconds()*float64(s.clockRate)), 1) - p.Timestamp
		}
	}
	number, ok := s.numbers.Forward(p.Sequence)
	if !ok {
		return
	}
	s.sent.any, s.sent.timestamp, s.sent.at = true, p.Timestamp+s.shift, p.Arrived
	s.write(number, p)
}

// write sends under the lock.
func (s *slot) write(number uint16, p *media.Packet) {
	s.header.SequenceNumber, s.header.Timestamp, s.header.Marker = number, p.Timestamp+s.shift, p.Marker
	if _, err := s.writer.WriteRTP(&s.header, p.Payload); err != nil {
		return // not connected yet, or closing: the subscriber asks again
	}
	s.sent.packets++
	s.sent.octets += uint32(len(p.Payload))
	s.peer.countOut(len(p.Payload))
}

// readReports is the slot's goroutine for the subscriber's RTCP. It ends when the connection does.
func (s *slot) readReports(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.TransportLayerNack:
				for _, pair := range p.Nacks {
					pair.Range(s.resend)
				}
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				s.keyframe()
			}
		}
	}
}

// resend sends one packet again (RFC 4585, section 6.2.1), from the publisher's cache, and says whether to go on.
func (s *slot) resend(number uint16) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, ok := s.numbers.Source(number)
	if !ok || s.stream == nil || s.writer == nil {
		return true
	}
	if s.allowance <= 0 {
		return false
	}
	s.allowance--
	s.stream.Resend(in, func(p *media.Packet) { s.sent.resent++; s.write(number, p) })
	return true
}

func (s *slot) keyframe() {
	s.mu.Lock()
	stream := s.stream
	s.mu.Unlock()
	if stream != nil {
		stream.RequestKeyframe()
	}
}

// report returns the slot's sender report and name (RFC 3550, sections 6.4.1 and 6.5), once the publisher's clock is
// known. It is called once a second and renews the allowance for sending again.
func (s *slot) report(now time.Time) (r senderReport, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowance = resendsPerSecond
	if s.stream == nil || !s.begun || s.writer == nil {
		return r, false
	}
	at, timestamp, known := s.stream.Clock()
	if !known {
		return r, false
	}
	elapsed := int64(now.Sub(at).Seconds() * float64(s.clockRate))
	r.SenderReport = rtcp.SenderReport{SSRC: s.header.SSRC, NTPTime: toNTP(now), RTPTime: timestamp + uint32(elapsed) + s.shift,
		PacketCount: s.sent.packets, OctetCount: s.sent.octets}
	r.name = rtcp.SourceDescriptionChunk{Source: s.header.SSRC, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: s.StreamID()}}}
	return r, true
}
