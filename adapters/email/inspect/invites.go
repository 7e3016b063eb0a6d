package inspect

import (
	"context"
	"fmt"
	"io"

	"kinbridge/adapters/calendar/invite"
	"kinbridge/adapters/calendar/problem"
	"kinbridge/gateway/ids"
)

// InviteReport is one line of "kinbridge invite inspect". Its JSON names are part of the product.
type InviteReport struct {
	File string `json:"file"`
	invite.Fields
	Error string `json:"error,omitempty"`
}

// Invites writes one line to w for each file, an email or a calendar object, like Files.
func Invites(ctx context.Context, w, stderr io.Writer, paths []string) error {
	return lines(ctx, w, stderr, "invite", paths, func(path string, raw []byte, err error) any {
		r := InviteReport{Fields: invite.Invite{}.Fields()}
		if err != nil {
			r.Error = err.Error()
		} else {
			r = Invitation(raw)
		}
		r.File = path
		if r.Plan == nil {
			r.Plan = []invite.Leg{}
		}
		return r
	})
}

// Invitation reports on one file. It never panics, like Message.
func Invitation(raw []byte) (r InviteReport) {
	fail := func(why string) InviteReport { return InviteReport{Fields: invite.Invite{}.Fields(), Error: why} }
	defer func() {
		if p := recover(); p != nil {
			r = fail(fmt.Sprintf("internal fault while reading the invitation: %v", p))
		}
	}()
	m, err := invite.FromBytes(raw)
	if err != nil {
		return fail(ids.Public(err))
	}
	if what := noMail(raw, nil); what != "" {
		return fail(what)
	}
	in, err := invite.Read(m)
	if err != nil && in.Join.Service == "" && !problem.Has(in.Problems, problem.LookAlike) {
		return fail(ids.Public(invite.ErrNotInvite))
	}
	return InviteReport{Fields: in.Fields()}
}
