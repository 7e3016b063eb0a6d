package main

import (
	"context"
	"fmt"
	"os"

	"kinbridge/gateway/ids"
)

type authoritiesCmd struct {
	Import authoritiesImportCmd `cmd:"" help:"Take a table of duty teams."`
}

type authoritiesImportCmd struct {
	worldFlags
	File    string `arg:"" help:"CSV with the columns authority, duty_email, duty_phone, domain." type:"existingfile"`
	Preview bool   `help:"Say what would change, and change nothing."`
}

// Help is shown by --help.
func (authoritiesImportCmd) Help() string {
	return `The authority is any name that people call it by, or the directory's own ("isle-of-anglesey"). A column that is empty or not there is left alone.
Lines with a fault are named and left out; the others are taken in one change. The same table a second time changes nothing.`
}

// Run takes the table. Lines that were left out make it end with status 1.
func (c authoritiesImportCmd) Run(ctx context.Context, out *output) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return c.changing(ctx, func(w *world) error {
		list, faults, err := w.Flow.PreviewDuty(ctx, operator, data)
		if err != nil {
			return err
		}
		for _, d := range list {
			if d.Changes {
				fmt.Fprintf(out.Out, "%s: %s %s\n", d.Name, d.Email, d.Phone)
			}
		}
		if !c.Preview {
			n, _, err := w.Flow.ImportDuty(ctx, operator, data)
			if err != nil {
				return err
			}
			fmt.Fprintf(out.Out, "Authorities changed: %d\n", n)
		}
		if err := faults.Err(); err != nil {
			fmt.Fprintln(out.Err, ids.Public(err))
			return errSilent
		}
		return nil
	})
}
