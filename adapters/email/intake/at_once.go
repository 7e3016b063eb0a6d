package intake

import (
	"context"

	"kinbridge/adapters/email/mailauth"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/store"
)

// ReadAtOnce implements flow.MailReaderAtOnce. Only what the resolver remembers is answered, without waiting for anybody; one question that
// it cannot answer so leaves the mail to be read later.
func (r Reader) ReadAtOnce(ctx context.Context, raw []byte, env store.Envelope) (flow.ReadMail, bool) {
	r.Resolver = mailauth.CachedOnly(r.Resolver)
	mail, notCached := r.read(ctx, raw, env)
	return mail, !notCached
}
