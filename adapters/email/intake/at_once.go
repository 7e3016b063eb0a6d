package intake

import (
	"context"

	"kinbridge/adapters/email/mailauth"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/store"
)

// ReadAtOnce implements flow.MailReaderAtOnce: it reads with what the resolver remembers and asks nobody.
func (r Reader) ReadAtOnce(ctx context.Context, raw []byte, env store.Envelope) (flow.ReadMail, bool) {
	r.Resolver = mailauth.CachedOnly(r.Resolver)
	mail := r.Read(ctx, raw, env)
	return mail, !mail.Proof.TempFail // what is not remembered is a temporary failure
}
