package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kinbridge/adapters/email/mailauth"
	"kinbridge/gateway/people"
)

// namedBodies are the organisations that a forger might want to be taken for: ourselves and every body that takes part. The list is asked for
// with each mail and read from the database once a minute; while that fails, the last one counts.
type namedBodies struct {
	own      mailauth.Party
	agencies func(context.Context, people.AgencyKind) ([]people.Agency, error)
	now      func() time.Time
	log      *slog.Logger

	mu    sync.Mutex
	known []mailauth.Party
	until time.Time
}

// list implements intake.Reader.Expect. One mail a minute waits for the database, at most a second.
func (b *namedBodies) list() []mailauth.Party {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := b.now(); b.known == nil || now.After(b.until) || b.until.Sub(now) > time.Minute { // the last: the clock was set back
		b.until = now.Add(time.Minute)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		all, err := b.agencies(ctx, "")
		if err != nil {
			b.log.Warn("whom mail might pretend to come from could not be looked up", "err", err)
			return b.known
		}
		b.known = []mailauth.Party{b.own}
		for _, a := range all {
			if a.Domain != "" { // who has no domain of its own cannot be told from others by it
				b.known = append(b.known, mailauth.Party{Name: a.Name, Domain: a.Domain})
			}
		}
	}
	return b.known
}
