package mtasts

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// table is a DNS whose answers a test changes.
type table struct {
	mu   sync.Mutex
	txt  map[string][]string
	err  error
	asks int
}

func (d *table) LookupTXT(_ context.Context, name string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asks++
	if d.err != nil {
		return nil, d.err
	}
	if txt, ok := d.txt[name]; ok {
		return txt, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// host is a policy host with a certificate for mta-sts.anytown.example.
type host struct {
	mu     sync.Mutex
	text   string
	status int
	kind   string
	asked  int
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	if r.Host != "mta-sts.anytown.example" || r.URL.Path != "/.well-known/mta-sts.txt" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", h.kind)
	if h.status >= 300 && h.status < 400 {
		w.Header().Set("Location", "https://mta-sts.anytown.example/.well-known/mta-sts.txt")
	}
	w.WriteHeader(h.status)
	_, _ = w.Write([]byte(h.text))
}

// start serves the host and returns a client that reaches it by whatever name.
func (h *host) start(t *testing.T, name string, expires time.Time) *http.Client {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: expires, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	srv := httptest.NewUnstartedServer(h)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	srv.Config.ErrorLog = nil
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, srv.Listener.Addr().String())
		}}}
}

const enforce = "version: STSv1\nmode: enforce\nmx: mx.anytown.example\nmax_age: 86400\n"

func TestPolicyIsKeptAndRenewed(t *testing.T) {
	now := time.Now()
	dns := &table{txt: map[string][]string{"_mta-sts.anytown.example": {"v=STSv1; id=1"}}}
	h := &host{text: enforce, status: 200, kind: "text/plain; charset=utf-8"}
	c := New(dns, h.start(t, "mta-sts.anytown.example", time.Now().Add(time.Hour)), func() time.Time { return now })
	want := func(step string, mode Mode, asked int, bad bool) {
		t.Helper()
		p, err := c.Policy(t.Context(), "anytown.example")
		if (p == nil) != (mode == "") || p != nil && p.Mode != mode || h.asked != asked || (err != nil) != bad {
			t.Fatalf("%s: %+v %v, fetched %d times", step, p, err, h.asked)
		}
	}
	want("first", Enforce, 1, false)
	want("at once again", Enforce, 1, false)
	now = now.Add(20 * time.Minute)
	want("same id", Enforce, 1, false)
	dns.txt["_mta-sts.anytown.example"] = []string{"v=STSv1; id=2"}
	h.text = strings.Replace(enforce, "enforce", "testing", 1)
	now = now.Add(20 * time.Minute)
	want("new id", Testing, 2, false)
	h.text, dns.txt["_mta-sts.anytown.example"] = enforce, []string{"v=STSv1; id=3"}
	now = now.Add(20 * time.Minute)
	want("and another", Enforce, 3, false)
	dns.err = errors.New("silence")
	now = now.Add(20 * time.Minute)
	want("the DNS is silent", Enforce, 3, false)
	dns.err, dns.txt = nil, map[string][]string{}
	now = now.Add(20 * time.Minute)
	want("the record is gone: somebody in between could do that", Enforce, 3, false)
	dns.txt["_mta-sts.anytown.example"] = []string{"v=STSv1; id=4"}
	h.status = 500
	now = now.Add(20 * time.Minute)
	want("the host is broken", Enforce, 4, true)
	want("and is left alone for a while", Enforce, 4, true)
	now = now.Add(6 * time.Minute)
	want("then asked again", Enforce, 5, true)
	now = now.Add(25 * time.Hour)
	want("until the policy's time is over", "", 6, true)
	h.status = 200
	now = now.Add(6 * time.Minute)
	want("it comes back", Enforce, 7, false)
	now = now.Add(13 * time.Hour)
	want("half of its time is over", Enforce, 8, false)
	h.text, dns.txt["_mta-sts.anytown.example"] = "version: STSv1\nmode: none\nmax_age: 100\n", []string{"v=STSv1; id=5"}
	now = now.Add(20 * time.Minute)
	want("the domain takes it back", "", 9, false)
	if p, err := c.Policy(t.Context(), "other.example"); p != nil || err != nil {
		t.Errorf("a domain without: %+v %v", p, err)
	}
}

func TestPolicyThatCannotBeHad(t *testing.T) {
	hour := time.Now().Add(time.Hour)
	for _, c := range []struct {
		what, name string
		expires    time.Time
		h          *host
		want       error
	}{
		{"another's certificate", "elsewhere.example", hour, &host{text: enforce, status: 200, kind: "text/plain"}, ErrWebPKI},
		{"a certificate that has expired", "mta-sts.anytown.example", time.Now().Add(-time.Hour), &host{text: enforce, status: 200, kind: "text/plain"}, ErrWebPKI},
		{"a redirect", "mta-sts.anytown.example", hour, &host{text: enforce, status: 301, kind: "text/plain"}, ErrFetch},
		{"nothing there", "mta-sts.anytown.example", hour, &host{text: enforce, status: 404, kind: "text/plain"}, ErrFetch},
		{"a page", "mta-sts.anytown.example", hour, &host{text: enforce, status: 200, kind: "text/html"}, ErrFetch},
		{"no policy", "mta-sts.anytown.example", hour, &host{text: "hello", status: 200, kind: "text/plain"}, ErrPolicy},
		{"endless", "mta-sts.anytown.example", hour, &host{text: enforce + strings.Repeat("x: y\n", 100_000), status: 200, kind: "text/plain"}, ErrPolicy},
	} {
		dns := &table{txt: map[string][]string{"_mta-sts.anytown.example": {"v=STSv1; id=1"}}}
		p, err := New(dns, c.h.start(t, c.name, c.expires), time.Now).Policy(t.Context(), "anytown.example")
		if p != nil || !errors.Is(err, c.want) || c.h.asked > 1 {
			t.Errorf("%s: %+v %v, asked %d times", c.what, p, err, c.h.asked)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := New(&table{}, nil, time.Now)
	for i := range maxDomains + 500 {
		if _, err := c.Policy(t.Context(), string(rune('a'+i%26))+big.NewInt(int64(i)).String()+".example"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.domains); n > maxDomains {
		t.Errorf("%d domains are kept", n)
	}
}
