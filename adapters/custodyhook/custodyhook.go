// Package custodyhook takes custody events from the prisons' own systems over HTTP: messages in the shape of HMPPS domain events, bare or as Amazon SNS and SQS
// wrap them, at POST /custody/events. What is answered 2xx is durably recorded, or of no use here; what cannot be read is answered 4xx with words, and while the
// database cannot be written 503, so that the sender tries again.
package custodyhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	reports "kinbridge/adapters/custody"
	"kinbridge/adapters/web"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// Path is where events are posted.
const Path = "/custody/events"

// SignatureHeader carries the hexadecimal HMAC-SHA-256 (RFC 2104) of the request's body, after "sha256=".
const SignatureHeader = "X-Kinbridge-Signature"

// Config says who is believed. With a Token, a request carries "Authorization: Bearer TOKEN" (RFC 6750); with an HMACKey, SignatureHeader. With both, either will do;
// with neither, nothing is taken.
type Config struct {
	Token   string
	HMACKey string
	Log     *slog.Logger
	Now     func() time.Time
}

// Events is what is needed of the use cases.
type Events interface {
	// RecordCustodyEvent is durable when it returns nil; the same event again changes nothing.
	RecordCustodyEvent(ctx context.Context, a ids.Actor, e custody.Event) (flow.CustodyOutcome, error)
	// NoteUnclearEvent keeps what a person must look at.
	NoteUnclearEvent(ctx context.Context, a ids.Actor, e custody.Event, why string) error
}

// Hook answers at Path.
type Hook struct {
	cfg     Config
	events  Events
	refused *web.Limiter // wrong credentials, by address
}

// New returns the endpoint.
func New(cfg Config, e Events) *Hook {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Hook{cfg: cfg, events: e, refused: web.NewLimiter(rate.Every(time.Second), 30, 10_000, cfg.Now)}
}

// answer is what a sender is told.
type answer struct {
	Outcome string `json:"outcome"` // recorded, known, not_used, unclear, subscription, refused
	Detail  string `json:"detail"`
}

// ServeHTTP takes one message.
func (h *Hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	status, a := h.take(w, r)
	h.cfg.Log.Info("custody message", "status", status, "outcome", a.Outcome)
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a)
}

func (h *Hook) take(w http.ResponseWriter, r *http.Request) (int, answer) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, answer{"refused", "Post one message, as JSON."}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, reports.MaxMessage))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return http.StatusRequestEntityTooLarge, answer{"refused", "The message is larger than 1 MB."}
	}
	if err != nil {
		return http.StatusBadRequest, answer{"refused", "The request was cut short."}
	}
	if !h.believed(r, body) {
		if ok, _ := h.refused.Allow(remote(r)); !ok {
			return http.StatusTooManyRequests, answer{"refused", "Too many requests with wrong credentials."}
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="kinbridge custody events"`)
		return http.StatusUnauthorized, answer{"refused", "The bearer token or the signature is missing or wrong."}
	}
	if topic, ok := subscription(body); ok {
		// An address in a message is never followed by itself: an operator looks where it leads, and confirms it at the sender's own console.
		h.cfg.Log.Warn("a topic asks to confirm a subscription: an operator confirms it at the sender's console", "topic", topic)
		return http.StatusOK, answer{"subscription", "An operator has to confirm the subscription."}
	}
	return h.record(r.Context(), body)
}

func (h *Hook) record(ctx context.Context, body []byte) (int, answer) {
	feed := ids.System("custody-feed")
	res, err := reports.ReadMessage(body, h.cfg.Now())
	if err != nil {
		return statusOf(err), answer{"refused", ids.Public(err)}
	}
	switch res.Outcome {
	case reports.NotUsed:
		return http.StatusOK, answer{"not_used", res.Why}
	case reports.Unclear:
		if err := h.events.NoteUnclearEvent(ctx, feed, res.Event, res.Why); err != nil {
			return h.failed(err)
		}
		return http.StatusAccepted, answer{"unclear", res.Why}
	}
	out, err := h.events.RecordCustodyEvent(ctx, feed, res.Event)
	if ids.KindOf(err) == ids.Invalid {
		if err := h.events.NoteUnclearEvent(ctx, feed, res.Event, ids.Public(err)); err != nil {
			return h.failed(err)
		}
		return http.StatusAccepted, answer{"unclear", ids.Public(err)}
	}
	if err != nil {
		return h.failed(err)
	}
	if out.Again {
		return http.StatusOK, answer{"known", "It is recorded already."}
	}
	return http.StatusOK, answer{"recorded", out.Why}
}

// failed answers that nothing was recorded: every failure of ours is worth another try.
func (h *Hook) failed(err error) (int, answer) {
	h.cfg.Log.Error("a custody message could not be recorded", "err", err)
	return http.StatusServiceUnavailable, answer{"refused", "Nothing was recorded. Try again."}
}

func statusOf(err error) int {
	if ids.KindOf(err) == ids.TooLarge {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// believed reports whether the request proves that it comes from who may send.
func (h *Hook) believed(r *http.Request, body []byte) bool {
	if h.cfg.Token != "" {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if ok && subtle.ConstantTimeCompare(digest(strings.TrimSpace(given)), digest(h.cfg.Token)) == 1 {
			return true
		}
	}
	if h.cfg.HMACKey == "" {
		return false
	}
	given, ok := strings.CutPrefix(r.Header.Get(SignatureHeader), "sha256=")
	sum, err := hex.DecodeString(given)
	mac := hmac.New(sha256.New, []byte(h.cfg.HMACKey))
	mac.Write(body)
	return ok && err == nil && hmac.Equal(sum, mac.Sum(nil))
}

// remote is the address a request came from, without its port.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func digest(s string) []byte { sum := sha256.Sum256([]byte(s)); return sum[:] }

// subscription reports whether a message asks to confirm a subscription of Amazon SNS, and to which topic.
func subscription(body []byte) (topic string, ok bool) {
	var m struct{ Type, TopicArn string }
	if json.Unmarshal(body, &m) != nil || m.Type != "SubscriptionConfirmation" && m.Type != "UnsubscribeConfirmation" {
		return "", false
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, m.TopicArn[:min(len(m.TopicArn), 256)]), true
}
