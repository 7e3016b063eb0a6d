package intake

import (
	"context"
	"net"
	"sync/atomic"

	"kinbridge/adapters/email/mailauth"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/store"
)

// ReadAtOnce implements flow.MailReaderAtOnce. What may not be asked now is told to the resolver by the context: see Network.
func (r Reader) ReadAtOnce(ctx context.Context, raw []byte, env store.Envelope) (flow.ReadMail, bool) {
	var held offline
	mail := r.Read(context.WithValue(ctx, offlineKey{}, &held), raw, env)
	return mail, !held.asked.Load()
}

// offline marks a context in which nobody may be asked, and notes that somebody would have had to be.
type offline struct{ asked atomic.Bool }

type offlineKey struct{}

// Network is the resolver that asks name servers, behind whatever remembers their answers. It asks nothing when the mail is being read at
// once: such a question fails, for now, and ReadAtOnce tells that it was left open.
type Network struct{ mailauth.Resolver }

func (n Network) refuse(ctx context.Context, name string) error {
	if held, ok := ctx.Value(offlineKey{}).(*offline); ok {
		held.asked.Store(true)
		return &net.DNSError{Err: "not asked while the sender waits", Name: name, IsTemporary: true}
	}
	return nil
}

// LookupTXT implements mailauth.Resolver.
func (n Network) LookupTXT(ctx context.Context, name string) ([]string, error) {
	if err := n.refuse(ctx, name); err != nil {
		return nil, err
	}
	return n.Resolver.LookupTXT(ctx, name)
}

// LookupMX implements mailauth.Resolver.
func (n Network) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	if err := n.refuse(ctx, name); err != nil {
		return nil, err
	}
	return n.Resolver.LookupMX(ctx, name)
}

// LookupIPAddr implements mailauth.Resolver.
func (n Network) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	if err := n.refuse(ctx, host); err != nil {
		return nil, err
	}
	return n.Resolver.LookupIPAddr(ctx, host)
}

// LookupAddr implements mailauth.Resolver.
func (n Network) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	if err := n.refuse(ctx, addr); err != nil {
		return nil, err
	}
	return n.Resolver.LookupAddr(ctx, addr)
}
