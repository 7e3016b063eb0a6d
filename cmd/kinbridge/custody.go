package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	reports "kinbridge/adapters/custody"
	"kinbridge/adapters/custodyhook"
	"kinbridge/gateway/ids"
)

// leastSecret is how many characters a secret of the custody feed must have.
const leastSecret = 24

// secretFile reads a secret; "" when no file is named.
func secretFile(key, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("configuration: %s: %w", key, err)
	}
	s := strings.TrimSpace(string(b))
	if len(s) < leastSecret {
		return "", fmt.Errorf("configuration: %s: the file holds fewer than %d characters", key, leastSecret)
	}
	return s, nil
}

// custodyHook serves the endpoint of the custody feed, when the configuration says who is believed.
func (s *service) custodyHook(mux *http.ServeMux) error {
	token, err := secretFile("custody.token_file", s.Config.Custody.TokenFile)
	if err != nil {
		return err
	}
	key, err := secretFile("custody.hmac_key_file", s.Config.Custody.HMACKeyFile)
	if err != nil || token == "" && key == "" {
		return err
	}
	mux.Handle(custodyhook.Path, custodyhook.New(custodyhook.Config{Token: token, HMACKey: key, Log: s.Log}, s.Flow))
	return nil
}

type custodyCmd struct {
	Import custodyImportCmd `cmd:"" help:"Take a table of custody events (CSV)."`
	Code   custodyCodeCmd   `cmd:"" help:"Say by which code the prisons' records name a prison."`
}

type custodyImportCmd struct {
	worldFlags
	Preview bool   `help:"Say what each row would do, and change nothing."`
	File    string `arg:"" help:"The file." type:"existingfile"`
}

// Help is shown by --help.
func (custodyImportCmd) Help() string {
	return `Columns, in any order: prisoner number, event, date, and where they are needed time, establishment or code, from, former number, direction.
Rows with a mistake are named and left out, and the exit status is 1. A file that was taken already changes nothing.

  kinbridge custody import --dir D --preview moves.csv
  kinbridge custody import --dir D moves.csv`
}

// Run takes the file's rows, one after another.
func (c custodyImportCmd) Run(ctx context.Context, out *output) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	events, faults, err := reports.ReadCSV(data, time.Now())
	if err != nil {
		return err
	}
	run := c.changing
	if c.Preview {
		run = c.inWorld
	}
	err = run(ctx, func(w *world) error {
		tab := tabwriter.NewWriter(out.Out, 0, 4, 2, ' ', 0)
		defer tab.Flush()
		list, err := w.Flow.PreviewCustody(ctx, operator, events)
		if err != nil {
			return err
		}
		for i, p := range list {
			effect, why := string(p.Effect), p.Why
			if p.Err != nil {
				effect, why = "refused", ids.Public(p.Err)
			} else if !c.Preview {
				done, err := w.Flow.RecordCustodyEvent(ctx, operator, events[i])
				if err != nil {
					return err
				}
				if effect, why = string(done.Effect), done.Why; done.Again {
					effect, why = "known", "It was recorded before."
				}
			}
			fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s\n", p.Event.Number, p.Event.Kind, p.Event.Occurred.UTC().Format(time.RFC3339), effect, why)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := faults.Err(); err != nil {
		fmt.Fprintln(out.Err, ids.Public(err))
		return errSilent
	}
	return nil
}

type custodyCodeCmd struct {
	worldFlags
	Prison string `arg:"" help:"The prison: its name or identifier."`
	Code   string `arg:"" help:"Its code, such as EWI."`
}

// Run keeps the code.
func (c custodyCodeCmd) Run(ctx context.Context, _ *output) error {
	return c.changing(ctx, func(w *world) error {
		id, err := findAgency(ctx, w, c.Prison, "")
		if err != nil {
			return err
		}
		err = w.Flow.SetPrisonCode(ctx, operator, id, c.Code)
		if ids.KindOf(err) == ids.Conflict {
			return errors.New("another prison has this code")
		}
		return err
	})
}
