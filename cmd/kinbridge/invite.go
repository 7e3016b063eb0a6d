package main

import (
	"context"

	"kinbridge/adapters/email/inspect"
)

type inviteCmd struct {
	Inspect inviteInspectCmd `cmd:"" help:"Print what is read of invitations and how their meetings can be reached, one JSON object a line."`
}

type inviteInspectCmd struct {
	Files []string `arg:"" name:"file" help:"Emails (RFC 5322) or calendar files (.ics); - is standard input."`
}

// Help is shown by --help.
func (inviteInspectCmd) Help() string {
	return `Every file gets one line: file; uid, method, sequence, start, end, organizer; join_url, meeting_id, passcode, phone, conference_id,
sip_uri, video_id; service, phones; for a series recurrence and its occurrences of the first year; dial_plan (in the order to try: kind,
target, send, why); problems, in words; organiser_request, a drafted email, where a telephone number is missing; error where nothing could
be read. Numbers that contradict one another are refused: the field is empty and the problem shows both. Passcodes and conference IDs are
credentials: mind where the output goes. The exit status is 0 when every file got its line.

  kinbridge invite inspect *.eml | jq -r 'select(.problems != []) | [.file, .problems[]] | @tsv'
  kinbridge invite inspect - < invite.ics`
}

// Run prints a line for each file.
func (c inviteInspectCmd) Run(ctx context.Context, out *output) error {
	return inspect.Invites(ctx, out.Out, out.Err, c.Files)
}
