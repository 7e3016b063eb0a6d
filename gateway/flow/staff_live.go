package flow

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// ListenStaff is Listen for what staff pages show.
func (f *Flow) ListenStaff() (wake <-chan struct{}, stop func()) {
	return f.bus.Listen(store.TopicStaff)
}

// StaffAtPage is StaffBySession for requests that a page makes by itself: they do not count as use, so that a page left open does not
// keep a session alive.
func (f *Flow) StaffAtPage(ctx context.Context, token string) (people.Acting, error) {
	me, _, err := f.acting(ctx, token)
	return me, err
}

// ThreadMark returns a value that changes when something that the actor may see of a thread changes: its messages, their states,
// files and deliveries. It tells nothing else, so it is no reading of the thread and leaves no entry.
func (f *Flow) ThreadMark(ctx context.Context, a ids.Actor, id ids.ThreadID) (string, error) {
	o, err := loadThread(ctx, f.st.Reader, a, id)
	if err != nil {
		return "", err
	}
	if err := policy.Decide(o.to(policy.ReadThread)).Err(); err != nil {
		return "", err
	}
	ms, err := f.messageViews(ctx, a, o)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, m := range ms {
		fmt.Fprintln(sum, m.ID, m.State)
		for _, a := range m.Attachments {
			fmt.Fprintln(sum, a.ID, a.Verdict.State)
		}
		for _, d := range m.Deliveries {
			fmt.Fprintln(sum, d.ID, d.State, d.Detail)
		}
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12]), nil
}
