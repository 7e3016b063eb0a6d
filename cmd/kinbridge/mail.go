package main

import (
	"context"

	"kinbridge/adapters/email/inspect"
)

type mailCmd struct {
	Check   mailCheckCmd   `cmd:"" help:"Sign in to the configured mailboxes once and say what works."`
	Inspect mailInspectCmd `cmd:"" help:"Print what the mail reader makes of message files, one JSON object a line."`
}

type mailInspectCmd struct {
	Files []string `arg:"" name:"file" help:"Message files (RFC 5322); - is standard input."`
}

// Help is shown by --help.
func (mailInspectCmd) Help() string {
	return `Every file gets one line: file, kind (message, auto_reply, bounce, invite, loop, rejected), from, subject, text (the author's new
words), quoted, in_reply_to, references, attachments and, where they apply, bounces, invite and error. A file that cannot be read gets
its line too, with error, and the others are still read: the exit status is 0 when every file got its line.

  kinbridge mail inspect *.eml | jq -r 'select(.kind == "bounce") | .file'
  kinbridge mail inspect - < message.eml`
}

// Run prints a line for each file.
func (c mailInspectCmd) Run(ctx context.Context, out *output) error {
	return inspect.Files(ctx, out.Out, out.Err, c.Files)
}
