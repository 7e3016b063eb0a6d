package main

import (
	"context"
	"fmt"

	"kinbridge/adapters/email/imapin"
)

type mailCheckCmd struct{ worldFlags }

// Help is shown by --help.
func (mailCheckCmd) Help() string {
	return `Signs in to every mailbox of the configuration ([[mail.imap]]) once, as the service does, and says what works and what does not.
It takes no mail and changes nothing. The exit status is 1 when a mailbox cannot be used.`
}

// Run checks each account.
func (c mailCheckCmd) Run(ctx context.Context, out *output) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	accounts, err := cfg.Mail.accounts()
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		fmt.Fprintln(out.Out, "No mailbox is configured: mail comes in by SMTP only.")
		return nil
	}
	for _, a := range accounts {
		findings, fault := imapin.Check(ctx, imapin.Config{}, a)
		fmt.Fprintf(out.Out, "%s\n", a.Name)
		for _, f := range findings {
			fmt.Fprintf(out.Out, "  ok   %s\n", f)
		}
		if fault != nil {
			fmt.Fprintf(out.Out, "  FAIL %s\n", fault)
			err = errSilent
		}
	}
	return err
}
