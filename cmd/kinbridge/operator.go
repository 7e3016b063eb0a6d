package main

import (
	"context"
	"errors"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/vault"
)

// operator is who acts through the command line: whoever may read the world's keys at its own machine.
var operator = ids.System("operator")

// openExisting opens a world that is there. It makes nothing: a slip in a folder's name must not leave keys behind.
func openExisting(ctx context.Context, cfg Config) (*world, error) {
	if err := mustExist(ctx, cfg); err != nil {
		return nil, err
	}
	return openWorld(ctx, cfg)
}

func mustExist(ctx context.Context, cfg Config) error {
	there, err := store.Exists(ctx, store.Config{Engine: cfg.Database.Engine, DSN: cfg.Database.DSN})
	if err == nil && !there {
		where := cfg.Database.DSN
		if cfg.Database.Engine == store.Postgres {
			where = "the configured PostgreSQL" // its DSN may hold a password
		}
		return ids.E(ids.NotFound, "There is no Kinbridge database at %s: run `kinbridge migrate` to make one.", where)
	}
	return err
}

// inWorld opens the world that the flags choose for one command.
func (w worldFlags) inWorld(ctx context.Context, do func(*world) error) (err error) {
	cfg, err := w.load()
	if err != nil {
		return err
	}
	open, err := openExisting(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	return do(open)
}

// changing is inWorld for a command that writes: what it wrote is signed afterwards, since while Kinbridge does not run nobody else would.
func (w worldFlags) changing(ctx context.Context, do func(*world) error) error {
	return w.inWorld(ctx, func(open *world) error {
		if err := do(open); err != nil {
			return err
		}
		return open.seal(ctx)
	})
}

// seal integrates the newest audit entries into the tree. It may run beside a serving Kinbridge: of two sequencers one wins.
func (w *world) seal(ctx context.Context) error {
	keep := audit.Publish(func(_ context.Context, cp []byte) error { return vault.WriteFile(checkpointFile(w.Config), cp, 0o644) })
	seq, err := audit.NewSequencer(w.Store.AuditLog(), w.Keys.AuditSigner, keep)
	if err != nil {
		return err
	}
	for {
		if n, err := seq.Integrate(ctx); err != nil || n == 0 {
			return err
		}
	}
}
