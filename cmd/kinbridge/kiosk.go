package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type kioskCmd struct {
	Code     kioskCodeCmd     `cmd:"" help:"Make a one-time code that enrols one kiosk on a wing."`
	List     kioskListCmd     `cmd:"" help:"List the enrolled kiosks."`
	Withdraw kioskWithdrawCmd `cmd:"" help:"End a kiosk's right to connect; whoever uses it now is locked out."`
}

type kioskCodeCmd struct {
	worldFlags
	Establishment string `required:"" help:"The prison: its name or identifier."`
	Wing          string `required:"" help:"The wing: its name or identifier."`
	Name          string `required:"" help:"Where the kiosk stands, in words."`
	Make          bool   `help:"Make the prison and the wing when there are none of these names."`
}

// Help is shown by --help.
func (kioskCodeCmd) Help() string {
	return `Type the code on the device, at /kiosk/. It works once, for one day, and is not shown again.

  kinbridge kiosk code --dir D --establishment "HMP Fenbrook" --wing "A wing" --name "A wing, by the servery"
  kinbridge kiosk code --dir D --establishment "HMP Fenbrook" --wing "C wing" --name "C wing landing" --make`
}

// Run makes a code.
func (c kioskCodeCmd) Run(ctx context.Context, out *output) error {
	return c.changing(ctx, func(w *world) error {
		kind := people.AgencyKind("")
		if c.Make {
			kind = people.Establishment
		}
		e, err := findAgency(ctx, w, c.Establishment, kind)
		if err != nil {
			return err
		}
		wing, err := findWing(ctx, w, e, c.Wing)
		if ids.KindOf(err) == ids.NotFound && c.Make {
			wing, err = w.Flow.CreateWing(ctx, operator, e, c.Wing)
		}
		if err != nil {
			return err
		}
		code, err := w.Flow.IssueKioskCode(ctx, operator, e, wing, c.Name)
		if err == nil {
			fmt.Fprintln(out.Out, code)
		}
		return err
	})
}

type kioskListCmd struct {
	worldFlags
	Establishment string `help:"Only the kiosks of this prison: its name or identifier."`
}

// Run lists kiosks.
func (c kioskListCmd) Run(ctx context.Context, out *output) error {
	return c.inWorld(ctx, func(w *world) error {
		var e ids.AgencyID
		var err error
		if c.Establishment != "" {
			if e, err = findAgency(ctx, w, c.Establishment, ""); err != nil {
				return err
			}
		}
		list, err := w.Flow.Kiosks(ctx, operator, e)
		if err != nil {
			return err
		}
		wings, err := w.Flow.Wings(ctx, "")
		if err != nil {
			return err
		}
		names := map[ids.WingID]string{}
		for _, x := range wings {
			names[x.ID] = x.Name
		}
		t := tabwriter.NewWriter(out.Out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tNAME\tWING\tSTATE\tLAST SEEN")
		for _, k := range list {
			state, seen := "in use", "never"
			if !k.Withdrawn.IsZero() {
				state = "withdrawn"
			}
			if !k.LastSeen.IsZero() {
				seen = k.LastSeen.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, names[k.Wing], state, seen)
		}
		return t.Flush()
	})
}

type kioskWithdrawCmd struct {
	worldFlags
	ID string `arg:"" help:"The kiosk's identifier (ksk_…), from kinbridge kiosk list."`
}

// Run withdraws a kiosk.
func (c kioskWithdrawCmd) Run(ctx context.Context, out *output) error {
	return c.changing(ctx, func(w *world) error {
		err := w.Flow.WithdrawKiosk(ctx, operator, ids.KioskID(c.ID))
		if ids.KindOf(err) == ids.NotFound {
			return ids.E(ids.NotFound, "There is no kiosk in use with the identifier %q.", c.ID)
		}
		if err == nil {
			fmt.Fprintln(out.Out, "The kiosk can no longer connect.")
		}
		return err
	})
}
