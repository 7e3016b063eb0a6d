package kiosk

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// protocolVersion is the one version of PROTOCOL.md that is spoken.
const protocolVersion = 1

// Limits of PROTOCOL.md.
const (
	maxFrame = 64 << 10 // bytes of one message
	maxBody  = 10_000   // characters of one message that she writes
	maxID    = 128      // bytes of an identifier of ours in a frame
)

// inFrame is a frame from the kiosk; which members matter depends on Type.
type inFrame struct {
	Type    string `json:"type"`
	V       int    `json:"v"`
	Cursor  int64  `json:"cursor"`
	ID      string `json:"id"`
	Thread  string `json:"thread"`
	Body    string `json:"body"`
	Message string `json:"message"`
	Meeting string `json:"meeting"`
	// Question names one of a meeting's plain questions; Body is then her answer so far.
	Question string `json:"question"`
	What     string `json:"what"`
	Why      string `json:"why"`
}

// errMalformed means that a frame is not one of PROTOCOL.md. Nothing of it is repeated to anybody.
var errMalformed = errors.New("malformed frame")

// parseFrame reads one text message. Every frame it returns has the members its type needs, within their limits.
func parseFrame(raw []byte) (inFrame, error) {
	var f inFrame
	if len(raw) > maxFrame || !utf8.Valid(raw) {
		return inFrame{}, errMalformed
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return inFrame{}, errMalformed
	}
	if !f.valid() {
		return inFrame{}, errMalformed
	}
	return f, nil
}

func (f inFrame) valid() bool {
	switch f.Type {
	case "hello":
		return f.Cursor >= 0
	case "send":
		return frameID(f.ID) && known(f.Thread)
	case "receipt":
		return frameID(f.ID) && (known(f.Message) && f.Meeting == "" || known(f.Meeting) && f.Message == "") && (f.What == "shown" || f.What == "seen")
	case "keep":
		return frameID(f.ID) && known(f.Meeting) && known(f.Question)
	case "active":
		return f.Why == "touch" || f.Why == "audio" || f.Why == "meeting"
	case "lock":
		return true
	}
	return false
}

// frameID reports whether id can be an identifier that a kiosk made.
func frameID(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// known reports whether id has the shape of one of our identifiers: it goes into queries and audit entries.
func known(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := range len(id) {
		if c := id[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}

// The frames to the kiosk, one type each.
type (
	welcomeFrame struct {
		Type   string `json:"type"` // "welcome"
		V      int    `json:"v"`
		Cursor int64  `json:"cursor"`
		Idle   int    `json:"idle"`
		Warn   int    `json:"warn"`
	}
	itemFrame struct {
		Type    string       `json:"type"` // "item"
		Seq     int64        `json:"seq"`
		Kind    string       `json:"kind"`
		Thread  string       `json:"thread,omitempty"`
		Meeting string       `json:"meeting,omitempty"`
		Message *MessageView `json:"message,omitempty"`
	}
	sentFrame struct {
		Type    string `json:"type"` // "sent"
		Re      string `json:"re"`
		Message string `json:"message"`
		State   string `json:"state"`
		Status  string `json:"status"`
	}
	errorFrame struct {
		Type string `json:"type"` // "error"
		Re   string `json:"re,omitempty"`
		Code string `json:"code"`
		Text string `json:"text"`
	}
	plainFrame struct { // "ok", "warn", "awake", "locked", "beat"
		Type    string `json:"type"`
		Re      string `json:"re,omitempty"`
		Seconds int    `json:"seconds,omitempty"`
		Why     string `json:"why,omitempty"`
	}
)
