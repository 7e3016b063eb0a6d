package flow

import (
	"context"
	"slices"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

// FetchState returns how far a mailbox has been read.
func (f *Flow) FetchState(ctx context.Context, src store.FetchSource) (store.FetchState, error) {
	return f.st.FetchState(ctx, src)
}

// BeginFetch records that a mailbox is read from its beginning.
func (f *Flow) BeginFetch(ctx context.Context, src store.FetchSource, uidValidity uint32) error {
	return f.st.BeginFetch(ctx, src, uidValidity)
}

// KeepFetchProgress makes durable what has become of some mails of a mailbox. A mail given up is an audit entry.
func (f *Flow) KeepFetchProgress(ctx context.Context, src store.FetchSource, p store.FetchProgress) error {
	var left []audit.Entry
	for _, x := range p.Failed {
		if slices.Contains(p.Left, x.UID) {
			left = append(left, audit.MailLeft(src.Account, x.UID, x.Cause))
		}
	}
	if len(left) == 0 {
		return f.st.KeepFetchProgress(ctx, src, p)
	}
	return f.st.Write(ctx, ids.System("imap"), func(tx *store.Tx) (audit.Entry, error) {
		for _, e := range left[1:] {
			tx.Also(e)
		}
		return left[0], tx.KeepFetchProgress(src, p)
	})
}
