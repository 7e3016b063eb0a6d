package intake_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"kinbridge/adapters/email/intake"
	"kinbridge/adapters/email/mailauth"
)

// nameServer counts what it is asked.
type nameServer struct {
	mailauth.Static
	asked int
}

func (n *nameServer) LookupTXT(ctx context.Context, name string) ([]string, error) {
	n.asked++
	return n.Static.LookupTXT(ctx, name)
}

// A mail is read at once when all that its sender's check asks for is remembered, and then reads as it does otherwise.
func TestReadAtOnce(t *testing.T) {
	dns := &nameServer{Static: mailauth.Static{TXT: map[string][]string{"anytown.example": {"v=spf1 ip4:192.0.2.1 -all"}}}}
	r := intake.Reader{Resolver: mailauth.Remember(dns, time.Hour, nil)}
	raw := []byte(reply + "\r\nYes, on Monday.\r\n")
	if m, ok := r.ReadAtOnce(t.Context(), raw, env); ok || m.Proof.Verified || dns.asked != 0 {
		t.Errorf("ok %v, %+v, %d questions", ok, m.Proof, dns.asked)
	}
	want := r.Read(t.Context(), raw, env)
	asked := dns.asked
	if asked == 0 || !want.Proof.Verified {
		t.Errorf("%+v, %d questions", want.Proof, asked)
	}
	if m, ok := r.ReadAtOnce(t.Context(), raw, env); !ok || !reflect.DeepEqual(m, want) || dns.asked != asked {
		t.Errorf("ok %v, %d questions\n%+v\nwant\n%+v", ok, dns.asked-asked, m, want)
	}
}
