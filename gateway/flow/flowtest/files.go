package flowtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// Files is a world's looker at files. A file is what its content begins with: "infected", "macros" or "unseen"; any other has as many pages as
// it has lines, each a picture that says the line.
type Files struct {
	ScanErr error // what the virus scanner says to every file
	LookErr error // why no file can be looked at
}

// Scan implements flow.FileChecker.
func (f *Files) Scan(_ context.Context, content []byte) (messages.FileVerdict, error) {
	if strings.HasPrefix(string(content), "infected") {
		return messages.FileVerdict{State: messages.FileWithheld, Reason: messages.FileInfected, Finding: "Invented.Test.Signature"}, f.ScanErr
	}
	return messages.FileVerdict{}, f.ScanErr
}

// Look implements flow.FileChecker.
func (f *Files) Look(_ context.Context, name string, content []byte) (messages.FileVerdict, []messages.FilePage, error) {
	switch s := string(content); {
	case f.LookErr != nil:
		return messages.FileVerdict{}, nil, f.LookErr
	case strings.HasPrefix(s, "macros"):
		return messages.FileVerdict{State: messages.FileWithheld, Reason: messages.FileMacros, Found: "docx"}, nil, nil
	case strings.HasPrefix(s, "unseen"):
		return messages.FileVerdict{State: messages.FileListed, Reason: messages.FileNoViewer, Found: "docx"}, nil, nil
	}
	var pages []messages.FilePage
	for line := range strings.Lines(string(content)) {
		pages = append(pages, messages.FilePage{MediaType: "image/png", Width: 20, Height: 30, Content: []byte("picture of " + strings.TrimSpace(line)), Words: strings.TrimSpace(line)})
	}
	return messages.FileVerdict{State: messages.FileShown, Found: "pdf", Shown: len(pages), Total: len(pages)}, pages, nil
}

// CheckFiles has every file looked at that is due, once, and returns the errors, as a dispatcher would take them.
func CheckFiles(t testing.TB, st *store.Store, f *flow.Flow, now func() time.Time) (errs []error) {
	t.Helper()
	ctx, q := context.Background(), st.Outbox()
	at := now().Add(time.Second)
	items := must[[]outbox.Item](t)(q.Lease(ctx, []outbox.Kind{outbox.FileCheck}, 1000, at, at.Add(time.Minute)))
	for _, it := range items {
		err := f.HandleFileCheck(ctx, it)
		r := outbox.Result{Done: true}
		if err != nil {
			errs, r = append(errs, err), outbox.Result{RetryAt: now(), Error: err.Error()}
		}
		if err := q.Settle(ctx, it.ID, r); err != nil {
			t.Fatal(err)
		}
	}
	return errs
}

// CheckFiles has every file looked at that waits.
func (w *World) CheckFiles(t testing.TB) []error {
	t.Helper()
	return CheckFiles(t, w.Env.Store, w.Flow, w.Env.Clock.Now)
}
