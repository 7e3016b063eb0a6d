package store_test

import (
	"context"
	"fmt"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

// BenchmarkAuditVerify100000 recomputes a log of 100,000 entries from a SQLite file: every entry's hash and columns, the running hash, the
// Merkle tree and what each checkpoint signs. One operation is one whole verification.
func BenchmarkAuditVerify100000(b *testing.B) {
	const entries = 100_000
	ctx, e := context.Background(), storetest.Open(b, store.SQLite)
	for n := 0; n < entries; n += 1000 {
		err := e.Store.Write(ctx, ids.System("bench"), func(tx *store.Tx) (audit.Entry, error) {
			for range 999 {
				tx.Also(audit.MailAccepted(ids.New[ids.InboundID](ids.Inbound), fmt.Sprintf("%064x", n)))
			}
			return audit.MailAccepted(ids.New[ids.InboundID](ids.Inbound), fmt.Sprintf("%064x", n)), nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	skey, vkey, err := audit.NewKey("bench")
	if err != nil {
		b.Fatal(err)
	}
	seq, err := audit.NewSequencer(e.Store.AuditLog(), skey)
	if err != nil {
		b.Fatal(err)
	}
	for n := 1; n > 0; {
		if n, err = seq.Integrate(ctx); err != nil {
			b.Fatal(err)
		}
	}
	keys, err := audit.Verifiers(vkey)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		err := e.Store.AuditSnapshot(ctx, func(src audit.Source, _ audit.Reader) error {
			rep, err := audit.Verify(ctx, src, keys)
			if err == nil && (!rep.OK() || rep.Sealed < entries) {
				b.Fatalf("%d of %d entries signed: %+v", rep.Sealed, rep.Entries, rep.Problems)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(entries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
