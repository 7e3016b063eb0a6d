package signalling

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"kinbridge/gateway/ids"
)

// Ticket lets one member into one room once, from one device.
type Ticket struct {
	Room    string    `json:"r"`
	Member  string    `json:"m"`
	Device  string    `json:"d,omitempty"` // what the browser's session is known by; empty: any device
	Issued  time.Time `json:"i"`
	Expires time.Time `json:"e"`
	ID      string    `json:"n"`
}

// The errors of a ticket; a client that meets one asks for a new ticket.
var (
	ErrTicketForged  = ids.E(ids.Unauthenticated, "This is not a valid meeting ticket.")
	ErrTicketExpired = ids.E(ids.Unauthenticated, "This meeting ticket has expired.")
	ErrTicketUsed    = ids.E(ids.Unauthenticated, "This meeting ticket has been used already.")
	ErrTicketDevice  = ids.E(ids.Unauthenticated, "This meeting ticket is for another device.")
)

const (
	minKey    = 32 // bytes
	maxTicket = 2048
	// purpose keeps these signatures apart from others made with the same key.
	purpose = "kinbridge room ticket 1\n"
)

// Signer makes and checks tickets by HMAC-SHA256 (RFC 2104). A ticket's text is the base64url of its JSON, a full stop,
// and the base64url of the signature.
type Signer struct{ key []byte }

// NewSigner needs a key of at least 32 bytes.
func NewSigner(key []byte) (*Signer, error) {
	if len(key) < minKey {
		return nil, errors.New("the room ticket key needs at least 32 bytes")
	}
	return &Signer{key: append([]byte(nil), key...)}, nil
}

func (s *Signer) signature(payload string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(purpose + payload))
	return mac.Sum(nil)
}

// Sign returns the text of a ticket. One without an ID is given one.
func (s *Signer) Sign(t Ticket) (string, error) {
	if t.Room == "" || t.Member == "" || t.Expires.IsZero() || t.Issued.IsZero() {
		return "", ids.E(ids.Invalid, "A ticket needs a room, a member, and when it is issued and expires.")
	}
	if t.ID == "" {
		t.ID = ids.Secret(16)
	}
	b, err := json.Marshal(t)
	if err != nil {
		return "", ids.Wrap(ids.Invalid, err, "The ticket cannot be written.")
	}
	payload := base64.RawURLEncoding.EncodeToString(b)
	text := payload + "." + base64.RawURLEncoding.EncodeToString(s.signature(payload))
	if len(text) > maxTicket {
		return "", ids.E(ids.TooLarge, "The ticket would be too long.")
	}
	return text, nil
}

// Verify returns the ticket of a text that was signed with this key and has not expired. With ErrTicketExpired
// it returns the ticket too, for the record. Whether it was used is for a Register to say.
func (s *Signer) Verify(text string, now time.Time) (Ticket, error) {
	payload, mac, found := strings.Cut(text, ".")
	if !found || len(text) > maxTicket {
		return Ticket{}, ErrTicketForged
	}
	got, err := base64.RawURLEncoding.Strict().DecodeString(mac)
	if err != nil || !hmac.Equal(got, s.signature(payload)) {
		return Ticket{}, ErrTicketForged
	}
	b, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return Ticket{}, ErrTicketForged
	}
	var t Ticket
	if err := json.Unmarshal(b, &t); err != nil || t.Room == "" || t.Member == "" || t.ID == "" {
		return Ticket{}, ErrTicketForged
	}
	if !now.Before(t.Expires) {
		return t, ErrTicketExpired
	}
	return t, nil
}

// Register remembers which tickets were used. Spend returns ErrTicketUsed for one that was; two calls at once for the
// same ticket must not both succeed.
type Register interface {
	Spend(ctx context.Context, t Ticket) error
}

// Memory is a Register in memory. Because it forgets what happened before the program started, it refuses tickets
// issued before: their holders ask for new ones.
type Memory struct {
	now   func() time.Time
	since time.Time

	mu   sync.Mutex
	used map[string]time.Time // ticket ID to expiry
}

// NewMemory begins a register now.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{now: now, since: now(), used: map[string]time.Time{}}
}

// Spend implements Register.
func (m *Memory) Spend(_ context.Context, t Ticket) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for id, expires := range m.used {
		if !now.Before(expires) {
			delete(m.used, id)
		}
	}
	if _, used := m.used[t.ID]; used || t.Issued.Before(m.since) {
		return ErrTicketUsed
	}
	m.used[t.ID] = t.Expires
	return nil
}
