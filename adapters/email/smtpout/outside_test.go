package smtpout

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"kinbridge/adapters/email/mtasts"
)

// outside is a small internet: a DNS, addresses that lead to servers of this test, and an authority that certifies them.
type outside struct {
	t     *testing.T
	mx    map[string][]*net.MX
	ip    map[string][]string // host → addresses
	txt   map[string][]string
	fails map[string]bool // names for which the DNS gives no answer
	at    map[string]string
	dials []string
	mu    sync.Mutex
	ca    *x509.Certificate
	caKey *ecdsa.PrivateKey
	roots *x509.CertPool
}

func newOutside(t *testing.T) *outside {
	o := &outside{t: t, mx: map[string][]*net.MX{}, ip: map[string][]string{}, txt: map[string][]string{}, fails: map[string]bool{}, at: map[string]string{}, roots: x509.NewCertPool()}
	var err error
	if o.caKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, o.caKey.Public(), o.caKey)
	if err == nil {
		o.ca, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	o.roots.AddCert(o.ca)
	return o
}

// certify makes a certificate for a host that expires at a time.
func (o *outside) certify(host string, expires time.Time) *tls.Config {
	o.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{host}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: expires}
	der, err := x509.CreateCertificate(rand.Reader, c, o.ca, key.Public(), o.caKey)
	if err != nil {
		o.t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func (o *outside) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	if o.fails[name] {
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	if mx := o.mx[name]; mx != nil {
		return mx, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (o *outside) LookupNetIP(_ context.Context, _, host string) (out []netip.Addr, err error) {
	if o.fails[host] {
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	}
	for _, ip := range o.ip[host] {
		out = append(out, netip.MustParseAddr(ip))
	}
	if out == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return out, nil
}

func (o *outside) LookupTXT(_ context.Context, name string) ([]string, error) {
	if txt := o.txt[name]; txt != nil {
		return txt, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (o *outside) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dials = append(o.dials, addr)
	to := o.at[addr]
	if to == "" {
		return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("connection refused by %s", addr)}
	}
	return (&net.Dialer{}).DialContext(ctx, network, to)
}

// host puts a server at a name and a new address.
func (o *outside) host(name, addr string) {
	ip := fmt.Sprintf("192.0.2.%d", len(o.ip)+1)
	o.ip[name] = append(o.ip[name], ip)
	if addr != "" {
		o.at[ip+":25"] = addr
	}
}

// scripted is a server that answers line by line as a test says, and leaves.
func (o *outside) scripted(serve func(c net.Conn, r *bufio.Reader)) string {
	o.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		o.t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				serve(c, bufio.NewReader(c))
			})
		}
	})
	o.t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l.Addr().String()
}

// dialog answers each command that comes with the next line of a script, then closes; "" says nothing and closes.
func dialog(lines ...string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, r *bufio.Reader) {
		afterText := false
		for i, line := range lines {
			if line == "DATA" { // swallow a mail up to its last line; the next answer is the answer to it
				swallow(r)
				afterText = true
				continue
			}
			if i > 0 && !afterText {
				if _, err := r.ReadString('\n'); err != nil {
					return
				}
			}
			afterText = false
			if _, err := io.WriteString(c, line); err != nil {
				return
			}
		}
	}
}

func (o *outside) sender(g *gateway, cfg Config) *Sender {
	o.t.Helper()
	cfg.Net.Resolver, cfg.Net.Dial, cfg.Net.Shuffle = o, o.dial, func(int, func(i, j int)) {}
	cfg.Net.TLS = &tls.Config{RootCAs: o.roots}
	return sender(o.t, g, cfg)
}

func mxs(pairs ...any) (out []*net.MX) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, &net.MX{Pref: uint16(pairs[i].(int)), Host: pairs[i+1].(string) + "."})
	}
	return out
}

// policyHost serves a domain's policy over HTTPS by its own name.
func (o *outside) policyHost(text string) *mtasts.Cache {
	o.t.Helper()
	o.txt["_mta-sts.anytown.example"] = []string{"v=STSv1; id=1"}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, text)
	}))
	srv.TLS = o.certify("mta-sts.anytown.example", time.Now().Add(time.Hour))
	srv.StartTLS()
	o.t.Cleanup(srv.Close)
	return mtasts.New(o, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: o.roots}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, srv.Listener.Addr().String())
		}}}, time.Now)
}

func swallow(r *bufio.Reader) {
	for {
		if l, err := r.ReadString('\n'); err != nil || l == ".\r\n" {
			return
		}
	}
}
