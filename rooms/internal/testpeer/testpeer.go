// Package testpeer is a browser's part of a meeting, made of pion, for the tests of rooms: it publishes a known series
// of sound and picture packets and counts what it receives on every media line.
package testpeer

import (
	"encoding/binary"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Options choose how the peer reaches the server.
type Options struct {
	ICE       []webrtc.ICEServer
	RelayOnly bool
	TCPOnly   bool // ICE over TCP, no UDP
	Lines     int  // receiving lines of each kind
	Drop      func(header *rtp.Header) bool
	Setting   func(*webrtc.SettingEngine)
}

// Line counts one receiving media line.
type Line struct {
	Packets, Bytes int
	First, Last    uint16 // sequence numbers
	Gaps           int    // numbers missing between packets, less those that came late
	Authors        map[uint32]int
	Video          bool
	TurnedOnKey    bool // pictures only: the first packet of the newest author began a keyframe
	Keyframes      int
	SSRCs          map[uint32]bool
}

// Peer is the browser.
type Peer struct {
	PC     *webrtc.PeerConnection
	author uint32
	audio  *webrtc.TrackLocalStaticRTP
	video  *webrtc.TrackLocalStaticRTP

	mu           sync.Mutex
	lines        map[string]*Line // by mid
	plis         int
	wantKey      bool
	feedback     int // congestion feedback packets received
	reports      int // receiver reports received
	senderReport int
	drop         func(*rtp.Header) bool

	gone chan struct{}
	work sync.WaitGroup
}

// New makes a browser whose packets carry the number author. It is closed when the test ends.
func New(t testing.TB, author uint32, o Options) *Peer {
	t.Helper()
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	registry := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(m, registry); err != nil {
		t.Fatal(err)
	}
	if err := webrtc.ConfigureTWCCHeaderExtensionSender(m, registry); err != nil {
		t.Fatal(err)
	}
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	if o.TCPOnly {
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	if o.Setting != nil {
		o.Setting(&s)
	}
	policy := webrtc.ICETransportPolicyAll
	if o.RelayOnly {
		policy = webrtc.ICETransportPolicyRelay
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(s)).
		NewPeerConnection(webrtc.Configuration{ICEServers: o.ICE, ICETransportPolicy: policy})
	if err != nil {
		t.Fatal(err)
	}
	p := &Peer{PC: pc, author: author, lines: map[string]*Line{}, gone: make(chan struct{}), drop: o.Drop}
	t.Cleanup(p.Close)
	p.audio = p.publish(t, webrtc.MimeTypeOpus, "mic")
	p.video = p.publish(t, webrtc.MimeTypeVP8, "camera")
	p.AddLines(t, o.Lines, o.Lines)
	pc.OnTrack(p.receive)
	return p
}

func (p *Peer) publish(t testing.TB, mime, id string) *webrtc.TrackLocalStaticRTP {
	t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, id, "own")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := p.PC.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		t.Fatal(err)
	}
	p.work.Add(1)
	go func() {
		defer p.work.Done()
		for {
			packets, _, err := tr.Sender().ReadRTCP()
			if err != nil {
				return
			}
			p.mu.Lock()
			for _, packet := range packets {
				switch packet.(type) {
				case *rtcp.PictureLossIndication:
					p.plis++
					p.wantKey = true
				case *rtcp.TransportLayerCC:
					p.feedback++
				case *rtcp.ReceiverReport:
					p.reports++
				}
			}
			p.mu.Unlock()
		}
	}()
	return track
}

// AddLines adds receiving media lines; an offer must follow.
func (p *Peer) AddLines(t testing.TB, audio, video int) {
	t.Helper()
	for kind, n := range map[webrtc.RTPCodecType]int{webrtc.RTPCodecTypeAudio: audio, webrtc.RTPCodecTypeVideo: video} {
		for range n {
			if _, err := p.PC.AddTransceiverFromKind(kind,
				webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Offer makes an offer with all candidates in it.
func (p *Peer) Offer(t testing.TB, restart bool) string {
	t.Helper()
	offer, err := p.PC.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(p.PC)
	if err := p.PC.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	select {
	case <-gathered:
	case <-time.After(10 * time.Second):
		t.Fatal("no candidates gathered in 10 s")
	}
	return p.PC.LocalDescription().SDP
}

// Accept takes the answer.
func (p *Peer) Accept(t testing.TB, answer string) {
	t.Helper()
	if err := p.PC.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
}

// Send begins to publish: 50 sound packets a second, 25 pictures a second of two packets each.
func (p *Peer) Send() {
	p.work.Add(1)
	go func() {
		defer p.work.Done()
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		var audio, video uint16 = uint16(p.author * 1000), uint16(p.author * 2000)
		payload := make([]byte, 200)
		binary.BigEndian.PutUint32(payload[20:], p.author)
		for n := uint32(0); ; n++ {
			select {
			case <-p.gone:
				return
			case <-ticker.C:
			}
			payload[0] = 0x78
			_ = p.audio.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: audio, Timestamp: n * 960}, Payload: payload[:100]})
			audio++
			if n%2 == 1 {
				continue
			}
			p.mu.Lock()
			key := p.wantKey || n == 0
			p.wantKey = false
			p.mu.Unlock()
			for part := range 2 {
				payload[0], payload[1] = 0, 1 // RFC 7741: no extension, partition 0; RFC 6386: an interframe
				if part == 0 {
					payload[0] = 0x10
					if key {
						payload[1] = 0
					}
				}
				_ = p.video.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: video, Timestamp: n * 1800,
					Marker: part == 1}, Payload: payload})
				video++
			}
		}
	}()
}

func (p *Peer) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	mid := ""
	for _, t := range p.PC.GetTransceivers() {
		if t.Receiver() == receiver {
			mid = t.Mid()
		}
	}
	p.work.Add(1)
	go func() {
		defer p.work.Done()
		for {
			packets, _, err := receiver.ReadRTCP()
			if err != nil {
				return
			}
			for _, packet := range packets {
				if _, ok := packet.(*rtcp.SenderReport); ok {
					p.mu.Lock()
					p.senderReport++
					p.mu.Unlock()
				}
			}
		}
	}()
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		p.count(mid, track.Kind() == webrtc.RTPCodecTypeVideo, packet)
	}
}

func (p *Peer) count(mid string, video bool, packet *rtp.Packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drop != nil && p.drop(&packet.Header) {
		return
	}
	l := p.lines[mid]
	key := video && len(packet.Payload) > 1 && packet.Payload[0]&0x10 != 0 && packet.Payload[1]&1 == 0
	if l == nil {
		l = &Line{First: packet.SequenceNumber, Last: packet.SequenceNumber - 1, Authors: map[uint32]int{}, Video: video,
			SSRCs: map[uint32]bool{}}
		p.lines[mid] = l
	}
	if step := packet.SequenceNumber - l.Last; step < 1<<15 {
		l.Gaps += int(step) - 1
		l.Last = packet.SequenceNumber
	} else {
		l.Gaps--
	}
	l.SSRCs[packet.SSRC] = true
	l.Packets++
	l.Bytes += len(packet.Payload)
	if key {
		l.Keyframes++
	}
	if len(packet.Payload) >= 24 {
		author := binary.BigEndian.Uint32(packet.Payload[20:])
		if l.Authors[author] == 0 {
			l.TurnedOnKey = key
		}
		l.Authors[author]++
	}
}

// Heard returns how many packets of an author arrived, over all lines, as sound and as pictures.
func (p *Peer) Heard(author uint32) (audio, video int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.PC.GetTransceivers() {
		if l := p.lines[t.Mid()]; l != nil {
			if t.Kind() == webrtc.RTPCodecTypeAudio {
				audio += l.Authors[author]
			} else {
				video += l.Authors[author]
			}
		}
	}
	return audio, video
}

// Total is the number of packets received over all lines.
func (p *Peer) Total() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		n += l.Packets
	}
	return n
}

// Lines returns a copy of the counts by mid.
func (p *Peer) Lines() map[string]Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]Line{}
	for mid, l := range p.lines {
		c := *l
		c.Authors, c.SSRCs = maps.Clone(l.Authors), maps.Clone(l.SSRCs)
		out[mid] = c
	}
	return out
}

// Feedback returns what the server told this publisher: keyframe requests, congestion feedback, receiver reports; and
// the sender reports received with the others' streams.
func (p *Peer) Feedback() (plis, congestion, receiverReports, senderReports int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plis, p.feedback, p.reports, p.senderReport
}

// Suite returns the SRTP protection profile that the answer's DTLS role led to, as the line "a=setup" of our answer
// shows it: "passive" when the server is the DTLS server.
func Suite(answer string) string {
	for _, line := range strings.Split(answer, "\r\n") {
		if role, ok := strings.CutPrefix(line, "a=setup:"); ok {
			return role
		}
	}
	return ""
}

// Close ends the browser. It may be called twice.
func (p *Peer) Close() {
	select {
	case <-p.gone:
		return
	default:
	}
	close(p.gone)
	if err := p.PC.GracefulClose(); err != nil && !errors.Is(err, webrtc.ErrConnectionClosed) {
		panic(err)
	}
	p.work.Wait()
}

// Eventually waits for a condition, checking every 10 ms for at most 15 s.
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("after 15 s still not: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
