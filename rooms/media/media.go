// Package media holds the interfaces between a room and whatever carries its sound and pictures: today pion peers
// (package sfu), later an own hot path, telephone legs and mixers. It is a leaf and starts nothing.
//
// The room is the only place that decides who receives whom: it names, for every leg, exactly the streams that leg may
// be sent. A leg that was named nothing is sent nothing.
package media

import (
	"context"
	"time"
)

// Kind is the kind of a stream.
type Kind uint8

// The kinds of stream.
const (
	Audio Kind = iota + 1
	Video
)

// String is the kind as SDP media lines and SIGNALLING.md write it.
func (k Kind) String() string {
	switch k {
	case Audio:
		return "audio"
	case Video:
		return "video"
	}
	return "unknown"
}

// Source says what a stream shows or carries.
type Source string

// The sources of streams.
const (
	Microphone Source = "mic"
	Camera     Source = "camera"
	Screen     Source = "screen"
)

// Info describes a stream; it never changes during the stream's life.
type Info struct {
	ID        string // unique within the process
	Leg       string // the leg that publishes it: streams of one leg are played in step
	Kind      Kind
	Source    Source
	Codec     string // media subtype, lower case: "opus", "vp8"
	ClockRate uint32 // RTP clock, in hertz
}

// Packet is one RTP packet on its way. Payload is borrowed: it is valid only during the call it is passed to.
type Packet struct {
	Sequence  uint16
	Timestamp uint32 // in units of Info.ClockRate
	Marker    bool
	KeyStart  bool // the first packet of a picture that decodes by itself
	Payload   []byte
	Arrived   time.Time
}

// Receiver takes packets of the streams it is attached to. Receive is called from the stream's own goroutine, must not
// block, and must not keep p.Payload.
type Receiver interface {
	Receive(s Stream, p *Packet)
}

// Stream is something a leg publishes.
type Stream interface {
	Info() Info
	// Attach begins to pass packets to r and Detach ends it. A Receive may already be on its way when Detach returns:
	// a receiver that must be exact keeps its own gate, as the slots of package sfu do.
	Attach(r Receiver)
	Detach(r Receiver)
	// RequestKeyframe asks the publisher for a picture that decodes by itself, soon; requests are throttled, never
	// lost. For sound it does nothing.
	RequestKeyframe()
	// Resend calls use with the packet of that sequence number, if it is still kept, and says whether it was.
	Resend(sequence uint16, use func(*Packet)) bool
	// Clock says which timestamp the publisher's clock showed at a moment of ours, once that is known.
	Clock() (at time.Time, timestamp uint32, known bool)
}

// Placement says where the streams of a leg are found by the far side, and how many found no place.
type Placement struct {
	Version   uint64 // grows with every change; an older placement is to be ignored
	Places    []Place
	NeedAudio int // more receiving media lines wanted, by kind
	NeedVideo int
}

// Place is one stream and the media line (SDP mid) that carries it.
type Place struct {
	Mid    string
	Stream string // Info.ID
}

// Leg is one participant's connection to the room.
type Leg interface {
	// ID is unique within the process.
	ID() string
	// Listen names exactly the streams this leg is sent from now on. When it returns, no packet of any other stream is
	// sent to it any more.
	Listen(streams []Stream) Placement
	// Stats are counters since the leg began.
	Stats() Stats
	// Close ends the connection and waits for its goroutines. It may be called twice.
	Close() error
}

// Stats count what passed over a leg.
type Stats struct {
	PacketsIn, PacketsOut uint64
	BytesIn, BytesOut     uint64 // RTP payload bytes
	Lost                  uint64 // packets that never arrived from the publisher, after repair
	Resent                uint64 // packets sent again on request
}

// Offer is an SDP offer of a browser, with the source of each media line it sends.
type Offer struct {
	SDP     string
	Sources map[string]Source // by mid; a line not named is a microphone or a camera, by its kind
}

// Candidate is one ICE candidate of a browser (RFC 8839, RFC 8840). An empty Line is the end of candidates.
type Candidate struct {
	Line  string
	Mid   string
	Index *uint16
}

// Peer is a leg that a browser negotiates: the browser always offers, we always answer (SIGNALLING.md).
type Peer interface {
	Leg
	// Answer takes an offer and returns the SDP answer with every candidate of ours in it, and the new placement.
	// A first offer opens the connection, a later one adds media lines or restarts ICE.
	Answer(ctx context.Context, offer Offer) (sdp string, placed Placement, err error)
	// AddCandidate takes one candidate of the browser.
	AddCandidate(c Candidate) error
}

// State is the state of a leg's connection.
type State uint8

// The states of a connection.
const (
	Connecting State = iota + 1
	Connected
	Interrupted // nothing arrives; it may come back by itself or by an ICE restart
	Failed      // it will not come back by itself
)

// Owner is told what happens on a leg. Calls come from the leg's goroutines, may wait for the owner's mailbox, and must
// return at once when the owner is gone.
type Owner interface {
	StreamAdded(leg Leg, s Stream)
	StreamRemoved(leg Leg, s Stream)
	LegState(leg Leg, s State)
}

// Engine makes peers.
type Engine interface {
	NewPeer(owner Owner) (Peer, error)
}
