//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"
)

// conversation is a WebSocket of JSON messages, with writes in turn.
type conversation struct {
	*websocket.Conn
	mu sync.Mutex
}

func dial(ctx context.Context, url string, protocols ...string) (*conversation, error) {
	d := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: 10 * time.Second}
	c, response, err := d.DialContext(ctx, url, nil)
	if err != nil {
		if response != nil {
			err = fmt.Errorf("%w: %s", err, response.Status)
		}
		return nil, err
	}
	return &conversation{Conn: c}, nil
}

func (c *conversation) say(v any) error {
	b, err := json.Marshal(v) // and no newline after it: Janus takes that for a second message
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.WriteMessage(websocket.TextMessage, b)
}

// tell gives the first of several answers.
func tell(to chan error, err error) {
	select {
	case to <- err:
	default:
	}
}

func await(ctx context.Context, answer chan error) error {
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gathered makes d the local description and returns it with its candidates.
func gathered(pc *webrtc.PeerConnection, d webrtc.SessionDescription) (string, error) {
	done := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return "", err
	}
	select {
	case <-done:
		return pc.LocalDescription().SDP, nil
	case <-time.After(5 * time.Second):
		return "", errors.New("no candidates in five seconds")
	}
}

func offer(pc *webrtc.PeerConnection) (string, error) {
	d, err := pc.CreateOffer(nil)
	if err != nil {
		return "", err
	}
	return gathered(pc, d)
}

func answer(pc *webrtc.PeerConnection, sdp string) (string, error) {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return "", err
	}
	d, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	return gathered(pc, d)
}
