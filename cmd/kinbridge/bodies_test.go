package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"kinbridge/adapters/email/mailauth"
	"kinbridge/gateway/people"
)

func TestNamedBodies(t *testing.T) {
	now := time.Date(2026, time.November, 28, 12, 0, 0, 0, time.UTC)
	asked, fails := 0, error(nil)
	bodies := []people.Agency{{Name: "Anytown Council", Domain: "anytown.example"}, {Name: "HMP Fernhill"}}
	b := &namedBodies{own: mailauth.Party{Name: "Kinbridge", Domain: "in.kinbridge.example"}, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler),
		agencies: func(context.Context, people.AgencyKind) ([]people.Agency, error) { asked++; return bodies, fails }}
	if got := b.list(); len(got) != 2 || got[1].Domain != "anytown.example" || len(b.list()) != 2 || asked != 1 {
		t.Fatalf("%v, asked %d times", got, asked)
	}
	now, bodies = now.Add(2*time.Minute), append(bodies, people.Agency{Name: "Brookshire", Domain: "brookshire.example"})
	if got := b.list(); len(got) != 3 || asked != 2 {
		t.Errorf("%v, asked %d times", got, asked)
	}
	now, fails = now.Add(2*time.Minute), errors.New("away")
	if got := b.list(); len(got) != 3 {
		t.Errorf("while the database is away: %v", got)
	}
	now, fails = now.Add(-time.Hour), nil // the clock is set back
	if b.list(); asked != 4 {
		t.Errorf("asked %d times", asked)
	}
}
