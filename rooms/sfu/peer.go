package sfu

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/media"
)

const (
	maxLines      = 64  // media lines of one connection
	maxCandidates = 256 // of one peer, over its life
	tick          = 50 * time.Millisecond
)

// Peer is one member's connection. It implements media.Peer.
type Peer struct {
	id     string
	engine *Engine
	owner  media.Owner
	pc     *webrtc.PeerConnection
	ssrc   uint32 // of our own reports and feedback
	gone   chan struct{}
	once   sync.Once
	work   sync.WaitGroup

	negotiation sync.Mutex // one offer at a time

	mu         sync.Mutex // guards what follows
	closed     bool
	slots      []*slot
	wanted     []media.Stream
	sources    map[string]media.Source
	streams    []*stream
	version    uint64
	candidates int

	arrivals sync.Mutex // guards feedback and the clock of the far side
	feedback *twcc.Recorder
	offset   time.Duration // our clock minus the publisher's, by its first report
	offsetOK bool

	connected            atomic.Bool // packets sent before would be lost, and the keyframe among them
	packetsOut, bytesOut atomic.Uint64
}

var _ media.Peer = (*Peer)(nil)

// NewPeer makes a peer that waits for its first offer.
func (e *Engine) NewPeer(owner media.Owner) (media.Peer, error) {
	pc, err := e.api.NewPeerConnection(e.config)
	if err != nil {
		return nil, ids.Wrap(ids.Unavailable, err, "The media connection could not be made. Try again.")
	}
	n := e.nextPeer.Add(1)
	p := &Peer{id: "leg-" + strconv.FormatUint(n, 10), engine: e, owner: owner, pc: pc, ssrc: uint32(n)<<8 | 1,
		gone: make(chan struct{}), sources: map[string]media.Source{}}
	p.feedback = twcc.NewRecorder(p.ssrc)
	pc.OnTrack(p.onTrack)
	pc.OnConnectionStateChange(p.onState)
	e.activePeers.Add(1)
	p.work.Add(1)
	go p.housekeeping()
	return p, nil
}

// ID is unique within the process.
func (p *Peer) ID() string { return p.id }

func (p *Peer) onState(state webrtc.PeerConnectionState) {
	states := map[webrtc.PeerConnectionState]media.State{
		webrtc.PeerConnectionStateConnecting:   media.Connecting,
		webrtc.PeerConnectionStateConnected:    media.Connected,
		webrtc.PeerConnectionStateDisconnected: media.Interrupted,
		webrtc.PeerConnectionStateFailed:       media.Failed,
	}
	s, ok := states[state]
	if !ok || p.isGone() {
		return
	}
	if s == media.Connected {
		p.connected.Store(true)
		p.mu.Lock()
		for _, slot := range p.slots {
			slot.keyframe() // one that came before the path was open was of no use
		}
		p.mu.Unlock()
	}
	p.owner.LegState(p, s)
}

func (p *Peer) isGone() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// onTrack runs when the first packet of a published stream arrives.
func (p *Peer) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	source := media.Microphone
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		source = media.Camera
	}
	mid := ""
	for _, t := range p.pc.GetTransceivers() {
		if t.Receiver() == receiver {
			mid = t.Mid()
		}
	}
	var extension uint8
	for _, e := range receiver.GetParameters().HeaderExtensions {
		if e.URI == transportCC {
			extension = uint8(e.ID)
		}
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	if named, ok := p.sources[mid]; ok {
		source = named
	}
	id := "stream-" + strconv.FormatUint(p.engine.nextStream.Add(1), 10)
	s := newStream(p, id, source, track, extension)
	p.streams = append(p.streams, s)
	p.work.Add(2)
	p.mu.Unlock()
	go func() {
		defer p.work.Done()
		s.readReports(receiver)
	}()
	go func() {
		defer p.work.Done()
		p.owner.StreamAdded(p, s)
		s.readPackets(track)
		p.forget(s)
		p.owner.StreamRemoved(p, s)
	}()
}

func (p *Peer) forget(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, o := range p.streams {
		if o == s {
			p.streams = append(p.streams[:i:i], p.streams[i+1:]...)
			return
		}
	}
}

// AddCandidate takes one candidate of the browser.
func (p *Peer) AddCandidate(c media.Candidate) error {
	p.mu.Lock()
	p.candidates++
	full := p.candidates > maxCandidates
	p.mu.Unlock()
	if full {
		return ids.E(ids.TooMany, "Too many network candidates.")
	}
	if c.Line == "" || p.isGone() {
		return nil // the end of candidates needs nothing of us
	}
	err := p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.Line, SDPMid: &c.Mid, SDPMLineIndex: c.Index})
	if err != nil {
		return ids.Wrap(ids.Invalid, err, "The network candidate cannot be used.")
	}
	return nil
}

// Listen points the slots at exactly these streams.
func (p *Peer) Listen(streams []media.Stream) media.Placement {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = append([]media.Stream(nil), streams...)
	return p.placeLocked()
}

// placeLocked first takes away what is no longer wanted, then finds places for what is new: beside the same member's
// other stream where it can, so that browsers play the two in step.
func (p *Peer) placeLocked() media.Placement {
	placed := map[media.Stream]bool{}
	wanted := map[media.Stream]bool{}
	for _, s := range p.wanted {
		wanted[s] = true
	}
	home := map[string]int{} // leg to slot index
	for _, s := range p.slots {
		switch {
		case s.stream == nil:
		case !wanted[s.stream]:
			s.point(nil)
		default:
			placed[s.stream] = true
			home[s.stream.Info().Leg] = s.index
		}
	}
	p.version++
	out := media.Placement{Version: p.version}
	for _, w := range p.wanted {
		info := w.Info()
		if placed[w] {
			continue
		}
		free := p.freeSlotLocked(info, home)
		if free == nil {
			if info.Kind == media.Audio {
				out.NeedAudio++
			} else {
				out.NeedVideo++
			}
			continue
		}
		free.point(w)
		home[info.Leg] = free.index
	}
	for _, s := range p.slots {
		if s.stream != nil {
			out.Places = append(out.Places, media.Place{Mid: s.mid, Stream: s.stream.Info().ID})
		}
	}
	return out
}

func (p *Peer) freeSlotLocked(info media.Info, home map[string]int) *slot {
	var free *slot
	beside, paired := home[info.Leg]
	for _, s := range p.slots {
		if s.kind != info.Kind || s.stream != nil {
			continue
		}
		if paired && s.index == beside {
			return s
		}
		if free == nil {
			free = s
		}
	}
	return free
}

// Stats are counters since the peer began.
func (p *Peer) Stats() media.Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := media.Stats{PacketsOut: p.packetsOut.Load(), BytesOut: p.bytesOut.Load()}
	for _, s := range p.streams {
		s.mu.Lock()
		out.PacketsIn += s.packets
		out.BytesIn += s.size
		out.Lost += s.lost
		s.mu.Unlock()
	}
	for _, s := range p.slots {
		s.mu.Lock()
		out.Resent += s.sent.resent
		s.mu.Unlock()
	}
	return out
}

func (p *Peer) countOut(size int) {
	p.packetsOut.Add(1)
	p.bytesOut.Add(uint64(size))
}

// Close ends the connection and waits for its goroutines.
func (p *Peer) Close() error {
	var err error
	p.once.Do(func() {
		p.mu.Lock()
		p.closed = true
		p.wanted = nil
		p.placeLocked()
		p.mu.Unlock()
		close(p.gone)
		err = p.pc.GracefulClose()
		p.engine.activePeers.Add(-1)
	})
	p.work.Wait()
	if err != nil && !errors.Is(err, webrtc.ErrConnectionClosed) {
		return err
	}
	return nil
}

func (p *Peer) writeRTCP(packets ...rtcp.Packet) {
	if !p.isGone() {
		_ = p.pc.WriteRTCP(packets) // lost feedback is sent again by the next round
	}
}

// recordArrival notes one packet for the congestion feedback.
func (p *Peer) recordArrival(ssrc uint32, sequence uint16, now time.Time) {
	p.arrivals.Lock()
	p.feedback.Record(ssrc, sequence, now.UnixMicro())
	p.arrivals.Unlock()
}

// ourTime turns the publisher's clock into ours. The difference is fixed by its first report, for sound and picture
// alike, so that the two stay in step however the network varies.
func (p *Peer) ourTime(theirs, arrived time.Time) time.Time {
	p.arrivals.Lock()
	defer p.arrivals.Unlock()
	if !p.offsetOK {
		p.offset, p.offsetOK = arrived.Sub(theirs), true
	}
	return theirs.Add(p.offset)
}

// housekeeping is the peer's own goroutine: every 50 ms requests for lost packets and keyframes, every 100 ms
// congestion feedback, every second reports.
func (p *Peer) housekeeping() {
	defer p.work.Done()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var (
		streams []*stream
		slots   []*slot
	)
	for round := 0; ; round++ {
		select {
		case <-p.gone:
			return
		case <-ticker.C:
		}
		if p.pc.ConnectionState() != webrtc.PeerConnectionStateConnected {
			continue
		}
		p.mu.Lock()
		streams = append(streams[:0], p.streams...)
		slots = append(slots[:0], p.slots...)
		p.mu.Unlock()
		p.repair(streams)
		var feedback []rtcp.Packet
		if round%2 == 0 {
			p.arrivals.Lock()
			feedback = p.feedback.BuildFeedbackPacket()
			p.arrivals.Unlock()
		}
		if round%20 == 0 {
			for _, packets := range compounds(p.reports(streams, slots)) {
				p.writeRTCP(packets...)
			}
		}
		if len(feedback) > 0 {
			p.writeRTCP(feedback...)
		}
	}
}

func (p *Peer) repair(streams []*stream) {
	now := p.engine.now()
	for _, s := range streams {
		if nack := s.repairs(now); nack != nil {
			p.writeRTCP(nack)
		}
		s.askKeyframe(now)
	}
}

// reports are the receiver report to the publisher, and the sender reports and names of all that the subscriber is sent.
func (p *Peer) reports(streams []*stream, slots []*slot) (rr *rtcp.ReceiverReport, all []senderReport) {
	now := p.engine.now()
	rr = &rtcp.ReceiverReport{SSRC: p.ssrc}
	for _, s := range streams {
		if block, ok := s.reception(now); ok && len(rr.Reports) < 31 {
			rr.Reports = append(rr.Reports, block)
		}
	}
	for _, s := range slots {
		if r, ok := s.report(now); ok {
			all = append(all, r)
		}
	}
	return rr, all
}

// senderReport is one slot's, with its name.
type senderReport struct {
	rtcp.SenderReport
	name rtcp.SourceDescriptionChunk
}

const (
	compoundSize = 1100 // bytes of a compound packet at most, so that none is cut up on its way
	headerSize   = 4    // of the names' packet
	nameSize     = 10   // of one name besides its text, at most
)

// compounds puts reports into as few packets as they fit (RFC 8108, section 5.3): each costs a system call and an encryption.
// Reports come first and the names of all who report at the end (RFC 3550, section 6.1).
func compounds(rr *rtcp.ReceiverReport, all []senderReport) (out [][]rtcp.Packet) {
	var packets []rtcp.Packet
	names, size := &rtcp.SourceDescription{}, headerSize
	end := func() {
		if len(names.Chunks) > 0 {
			packets = append(packets, names)
		}
		if len(packets) > 0 {
			out = append(out, packets)
		}
		packets, names, size = nil, &rtcp.SourceDescription{}, headerSize
	}
	if len(rr.Reports) > 0 {
		packets, size = append(packets, rr), size+rr.MarshalSize()
	}
	for i := range all {
		r := &all[i]
		more := r.SenderReport.MarshalSize() + nameSize + len(r.name.Items[0].Text)
		if size+more > compoundSize {
			end()
		}
		packets, names.Chunks, size = append(packets, &r.SenderReport), append(names.Chunks, r.name), size+more
	}
	end()
	return out
}
