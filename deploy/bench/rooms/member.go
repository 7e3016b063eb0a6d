//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	senderreport "github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	opusType, vp8Type = 111, 96

	audioEvery  = 20 * time.Millisecond         // 50 packets a second
	audioBytes  = 100                           // of a packet
	videoEvery  = time.Second / pictures        // 26 pictures a second of two packets: 52 packets, 499 kbit/s
	pictures    = 26                            // a second
	videoParts  = 2                             // packets of a picture
	videoBytes  = 1200                          // of a packet
	keyParts    = 4                             // packets of a picture that decodes by itself
	keyEvery    = 10 * time.Second              // and when asked for, at most once a second
	reportEvery = time.Second                   // receiver reports
	audioRate   = int(time.Second / audioEvery) // packets a second
	videoRate   = pictures * videoParts
)

type kind uint8

const (
	audio kind = iota
	video
)

// subscription names what a member receives by what is written in the payload, whatever numbers a server gives it.
type subscription struct {
	publisher uint32
	kind      kind
}

// member publishes sound and picture in one room and receives everybody else's.
type member struct {
	index int // unique in the run
	room  int
	place int // in the room
	size  int // of the room
	audio *webrtc.TrackLocalStaticRTP
	video *webrtc.TrackLocalStaticRTP

	in      *intake
	sent    [2]atomic.Int64 // packets, by kind
	wantKey atomic.Bool
	work    sync.WaitGroup

	mu          sync.Mutex // guards what follows
	connections []connection
	flows       map[subscription]*flow
	delays      []delay
}

type connection struct {
	pc     *webrtc.PeerConnection
	socket *socket
}

type delay struct{ arrived, took int64 } // nanoseconds

func newMember(in *intake, index int, s shape) (m *member, err error) {
	m = &member{index: index, room: index % s.Rooms, place: index / s.Rooms, size: s.Members, in: in, flows: map[subscription]*flow{}}
	stream := fmt.Sprintf("member-%d", index)
	if m.audio, err = webrtc.NewTrackLocalStaticRTP(opus.RTPCodecCapability, "audio", stream); err == nil {
		m.video, err = webrtc.NewTrackLocalStaticRTP(vp8.RTPCodecCapability, "video", stream)
	}
	return m, err
}

var (
	opus = webrtc.RTPCodecParameters{PayloadType: opusType, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus,
		ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1", RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}}}}
	vp8 = webrtc.RTPCodecParameters{PayloadType: vp8Type, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8,
		ClockRate: 90000, RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"},
			{Type: "nack", Parameter: "pli"}}}}
	// What Chromium offers, in its order: as DTLS server it takes the first, as client it leaves the choice to the other side.
	encryption = []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM}
)

// connect makes a peer connection on a socket of its own: with sender reports, with answers to requests for lost packets, and with the numbers
// that congestion feedback needs.
func (m *member) connect() (*webrtc.PeerConnection, error) {
	codecs, chain := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := codecs.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	if err := codecs.RegisterCodec(vp8, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	if err := webrtc.ConfigureSimulcastExtensionHeaders(codecs); err != nil { // the line's name, as browsers send it
		return nil, err
	}
	if err := webrtc.ConfigureTWCCHeaderExtensionSender(codecs, chain); err != nil {
		return nil, err
	}
	reports, err := senderreport.NewSenderInterceptor()
	if err != nil {
		return nil, err
	}
	resends, err := nack.NewResponderInterceptor()
	if err != nil {
		return nil, err
	}
	chain.Add(reports)
	chain.Add(resends)
	s, err := m.in.open()
	if err != nil {
		return nil, err
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelDisabled
	settings := webrtc.SettingEngine{LoggerFactory: quiet}
	settings.SetICEUDPMux(s)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.DisableSRTPReplayProtection(true) // pion sees one packet of sixteen
	settings.SetSRTPProtectionProfiles(encryption...)
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(codecs), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(settings)).
		NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { m.receive(s, t) })
	m.mu.Lock()
	m.connections = append(m.connections, connection{pc, s})
	m.mu.Unlock()
	return pc, nil
}

// publish adds both tracks to an offer of ours.
func (m *member) publish(pc *webrtc.PeerConnection) error {
	for _, t := range []webrtc.TrackLocal{m.audio, m.video} {
		line, err := pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return err
		}
		m.work.Go(func() { m.heed(line.Sender()) })
	}
	return nil
}

// heed answers requests for a picture that decodes by itself.
func (m *member) heed(s *webrtc.RTPSender) {
	for {
		packets, _, err := s.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				m.wantKey.Store(true)
			}
		}
	}
}

// receive reads the sampled packets of one track: whose it is, and how long they took.
func (m *member) receive(s *socket, t *webrtc.TrackRemote) {
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		of, sent, ok := readMark(p.Payload)
		if !ok {
			continue
		}
		f := s.flow(p.SSRC)
		arrived, known := f.arrival(p.SequenceNumber)
		m.mu.Lock()
		m.flows[of] = f
		if known {
			m.delays = append(m.delays, delay{arrived, arrived - sent})
		}
		m.mu.Unlock()
	}
}

// mark begins what every payload carries: publisher, kind, time of sending.
var mark = []byte("kinbench")

func writeMark(b []byte, s subscription, at time.Time) {
	n := copy(b, mark)
	binary.BigEndian.PutUint32(b[n:], s.publisher)
	b[n+4] = byte(s.kind)
	binary.BigEndian.PutUint64(b[n+5:], uint64(at.UnixNano()))
}

func readMark(b []byte) (s subscription, sent int64, ok bool) {
	i := bytes.Index(b, mark) // a server may have rewritten the descriptor before it
	if i < 0 || len(b) < i+len(mark)+13 || b[i+len(mark)+4] > byte(video) {
		return s, 0, false
	}
	b = b[i+len(mark):]
	return subscription{binary.BigEndian.Uint32(b), kind(b[4])}, int64(binary.BigEndian.Uint64(b[5:])), true
}

// send publishes until ctx ends.
func (m *member) send(ctx context.Context) {
	random := rand.New(rand.NewPCG(uint64(m.index), 1))
	now := time.Now()
	nextAudio, nextVideo := now.Add(time.Duration(random.Int64N(int64(audioEvery)))), now.Add(time.Duration(random.Int64N(int64(videoEvery))))
	sound := &rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, audioBytes)}
	camera := newCamera(m)
	sound.Payload[0] = 0x78 // Opus: 20 ms, mono
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := nextAudio
		if nextVideo.Before(next) {
			next = nextVideo
		}
		timer.Reset(time.Until(next))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now = time.Now()
		if !nextAudio.After(now) {
			nextAudio = nextAudio.Add(audioEvery)
			sound.Timestamp += 48000 / uint32(audioRate)
			sound.SequenceNumber++
			writeMark(sound.Payload[1:], subscription{uint32(m.index), audio}, time.Now())
			m.sent[audio].Add(1)
			_ = m.audio.WriteRTP(sound)
		}
		if !nextVideo.After(now) {
			nextVideo = nextVideo.Add(videoEvery)
			camera.picture(now)
		}
	}
}

// camera makes pictures: noise with the descriptors and frame headers that a server looks at (RFC 7741, RFC 6386).
type camera struct {
	m       *member
	packet  rtp.Packet
	number  uint16 // of the picture
	lastKey time.Time
}

func newCamera(m *member) *camera {
	return &camera{m: m, packet: rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, videoBytes)}}
}

func (c *camera) picture(now time.Time) {
	key := c.lastKey.IsZero() || now.Sub(c.lastKey) > keyEvery || c.m.wantKey.Load() && now.Sub(c.lastKey) > time.Second
	parts := videoParts
	if key {
		c.m.wantKey.Store(false)
		c.lastKey, parts = now, keyParts
	}
	c.number = (c.number + 1) & 0x7fff
	c.packet.Timestamp += 90000 / pictures
	for i := range parts {
		c.packet.SequenceNumber++
		c.packet.Marker = i == parts-1
		n := vp8Header(c.packet.Payload, i == 0, key, c.number)
		writeMark(c.packet.Payload[n:], subscription{uint32(c.m.index), video}, time.Now())
		c.m.sent[video].Add(1)
		_ = c.m.video.WriteRTP(&c.packet)
	}
}

// vp8Header writes a payload descriptor with a picture number, and before a picture's first part its frame header; it returns their length.
func vp8Header(b []byte, first, key bool, number uint16) int {
	n := copy(b, []byte{0x80, 0x80, 0x80 | byte(number>>8), byte(number)})
	if !first {
		return n
	}
	b[0] |= 0x10 // begins a partition
	if !key {
		return n + copy(b[n:], []byte{0x11, 0x00, 0x01}) // between pictures, shown
	}
	return n + copy(b[n:], []byte{0x10, 0x00, 0x01, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}) // 640 by 360
}

// report sends a receiver report for everything received, as a browser does.
func (m *member) report(ctx context.Context) {
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		m.mu.Lock()
		all := append([]connection(nil), m.connections...)
		m.mu.Unlock()
		for _, c := range all {
			for blocks := c.socket.blocks(); len(blocks) > 0; {
				n := min(len(blocks), 31)
				_ = c.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1, Reports: blocks[:n]}})
				blocks = blocks[n:]
			}
		}
	}
}

func (s *socket) blocks() (all []rtcp.ReceptionReport) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for ssrc, f := range s.flows {
		all = append(all, rtcp.ReceptionReport{SSRC: ssrc, LastSequenceNumber: f.highest.Load()})
	}
	return all
}

func (m *member) close() {
	m.mu.Lock()
	all := m.connections
	m.mu.Unlock()
	for _, c := range all {
		_ = c.pc.GracefulClose()
		_ = c.socket.Close()
	}
	m.work.Wait()
}
