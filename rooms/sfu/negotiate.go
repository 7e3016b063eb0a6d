package sfu

import (
	"context"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/media"
)

// Answer takes an offer, makes a slot for every line on which the browser wants to receive, and answers.
func (p *Peer) Answer(ctx context.Context, offer media.Offer) (string, media.Placement, error) {
	p.negotiation.Lock()
	defer p.negotiation.Unlock()
	if p.isGone() {
		return "", media.Placement{}, errGone
	}
	audio, video, err := p.newLines(offer.SDP)
	if err != nil {
		return "", media.Placement{}, err
	}
	p.mu.Lock()
	for mid, source := range offer.Sources {
		p.sources[mid] = source
	}
	p.mu.Unlock()
	fresh, err := p.addSlots(audio, video)
	if err != nil {
		return "", media.Placement{}, err
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer.SDP}); err != nil {
		return "", media.Placement{}, ids.Wrap(ids.Invalid, err, "The media offer cannot be used.")
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", media.Placement{}, ids.Wrap(ids.Invalid, err, "The media offer cannot be answered.")
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", media.Placement{}, ids.Wrap(ids.Invalid, err, "The media offer cannot be answered.")
	}
	select {
	case <-gathered: // at once: our candidates are the ports already open
	case <-ctx.Done():
		return "", media.Placement{}, ids.Wrap(ids.Unavailable, ctx.Err(), "The media connection could not be made. Try again.")
	case <-p.gone:
		return "", media.Placement{}, errGone
	}
	return p.pc.LocalDescription().SDP, p.placeFresh(fresh), nil
}

var errGone = ids.E(ids.Conflict, "This media connection has ended.")

// newLines checks an offer and counts the lines it adds on which the browser only receives.
func (p *Peer) newLines(text string) (audio, video int, err error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return 0, 0, ids.Wrap(ids.Invalid, err, "The media offer cannot be read.")
	}
	if len(d.MediaDescriptions) > maxLines {
		return 0, 0, ids.E(ids.TooLarge, "The media offer has more than %d lines.", maxLines)
	}
	known := map[string]bool{}
	for _, t := range p.pc.GetTransceivers() {
		known[t.Mid()] = true
	}
	for _, m := range d.MediaDescriptions {
		mid, _ := m.Attribute("mid")
		_, receives := m.Attribute("recvonly")
		if known[mid] || !receives {
			continue
		}
		switch m.MediaName.Media {
		case "audio":
			audio++
		case "video":
			video++
		}
	}
	return audio, video, nil
}

type freshSlot struct {
	slot        *slot
	transceiver *webrtc.RTPTransceiver
}

func (p *Peer) addSlots(audio, video int) ([]freshSlot, error) {
	var fresh []freshSlot
	for _, want := range []struct {
		kind media.Kind
		n    int
	}{{media.Audio, audio}, {media.Video, video}} {
		for range want.n {
			s := &slot{peer: p, kind: want.kind, index: p.countSlots(want.kind) + len(ofKind(fresh, want.kind)), allowance: resendsPerSecond}
			t, err := p.pc.AddTransceiverFromTrack(s, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
			if err != nil {
				return nil, ids.Wrap(ids.Invalid, err, "The media offer cannot be answered.")
			}
			fresh = append(fresh, freshSlot{s, t})
		}
	}
	return fresh, nil
}

func ofKind(fresh []freshSlot, kind media.Kind) (of []freshSlot) {
	for _, f := range fresh {
		if f.slot.kind == kind {
			of = append(of, f)
		}
	}
	return of
}

func (p *Peer) countSlots(kind media.Kind) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.slots {
		if s.kind == kind {
			n++
		}
	}
	return n
}

// placeFresh takes the new slots into use.
func (p *Peer) placeFresh(fresh []freshSlot) media.Placement {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range fresh {
		f.slot.mid = f.transceiver.Mid()
		if f.slot.mid == "" || p.closed {
			continue
		}
		p.slots = append(p.slots, f.slot)
		p.work.Add(1)
		go func() {
			defer p.work.Done()
			f.slot.readReports(f.transceiver.Sender())
		}()
	}
	return p.placeLocked()
}
