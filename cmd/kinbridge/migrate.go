package main

import (
	"context"
	"fmt"
)

type migrateCmd struct{ worldFlags }

// Help is shown by --help.
func (migrateCmd) Help() string {
	return `Only one migration runs at a time; the others wait. A database written by a newer Kinbridge is refused and left as it is. The step is
recorded in the audit log.

  kinbridge migrate --dir /var/lib/kinbridge
  kinbridge migrate --config /etc/kinbridge.toml`
}

// Run makes or upgrades the database and says what it did.
func (c migrateCmd) Run(ctx context.Context, out *output) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	from, to, err := migrateWorld(ctx, cfg)
	switch {
	case err != nil:
		return err
	case from == to:
		fmt.Fprintf(out.Out, "The schema is at version %d already.\n", to)
	default:
		fmt.Fprintf(out.Out, "The schema went from version %d to version %d.\n", from, to)
	}
	return nil
}
