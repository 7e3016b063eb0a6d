package smtpout

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/outbox"
)

// Letters is where mail comes from that is no delivery of a message: compose it, and record how it ended.
type Letters struct {
	// Mail returns the mail of an outbox item, or flow.ErrNothingToSend.
	Mail func(ctx context.Context, payload json.RawMessage) (flow.OutMail, error)
	// Done records that the mail server has taken it, or refused it for good.
	Done func(ctx context.Context, payload json.RawMessage, sent bool, answer string) error
}

// Handle returns the outbox handler that sends such mail: tried until the server takes it or refuses it for good.
func (s *Sender) Handle(l Letters) outbox.Handler {
	return func(ctx context.Context, it outbox.Item) error {
		m, err := l.Mail(ctx, it.Payload)
		if errors.Is(err, flow.ErrNothingToSend) {
			return nil
		}
		if err != nil {
			return err
		}
		answer, err := s.send(ctx, m)
		switch {
		case err == nil:
			return l.Done(ctx, it.Payload, true, answer)
		case permanent(err):
			// Recorded, and shown where somebody looks: a person is told, nothing is left to do.
			return l.Done(ctx, it.Payload, false, answerOf(err))
		}
		return outbox.RetryAt(s.cfg.Now().Add(outbox.Backoff(it.Attempts, 5*time.Second, 10*time.Minute)), err)
	}
}
