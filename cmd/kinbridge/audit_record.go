package main

import (
	"context"
	"fmt"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/requests"
)

type auditRecordCmd struct {
	File string `arg:"" help:"The record, as it came with the email (record-of-answer.txt). - is standard input."`
	Key  string `required:"" placeholder:"KEY" help:"The log's verifier key, or a file that holds it."`
}

// Help is shown by --help.
func (auditRecordCmd) Help() string {
	return `Every answer of a mother's to a request leaves with a record: who was asked what about which child, the words that she was shown before she
confirmed, what she said, when, and at which kiosk. It is signed with the audit log's key. Whoever has the key can check the record without us.
With access to the database, "audit prove" shows that the entry which the record names is in the log; that entry holds the record's SHA-256.

  kinbridge audit record record-of-answer.txt --key "$(cat kinbridge.pub)"`
}

// Run checks a record and prints it; a record that does not hold is an error.
func (c auditRecordCmd) Run(_ context.Context, out *output) error {
	key, err := readKey(c.Key)
	if err != nil {
		return err
	}
	b, err := readFileOrStdin(c.File)
	if err != nil {
		return err
	}
	text, origin, err := audit.OpenRecord(b, key, requests.RecordTitle)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out.Out, "ok: signed by the log %s\n\n%s\n", origin, text)
	return err
}
