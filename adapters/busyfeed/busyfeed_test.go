package busyfeed

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kinbridge/adapters/calendar"
	"kinbridge/gateway/flow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

const feed = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261103T090000Z\r\nDTEND:20261103T100000Z\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:2\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20270903T090000Z\r\nDTEND:20270903T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func server(t *testing.T, h http.HandlerFunc) (url string, roots *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.URL, roots
}

var here = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func TestBusy(t *testing.T) {
	url, roots := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Referer() != "" {
			t.Errorf("it was told %q", r.Referer())
		}
		switch r.URL.Path {
		case "/good":
			_, _ = w.Write([]byte(feed))
		case "/moved":
			http.Redirect(w, r, "/good", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://"+r.Host+"/good", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "https://10.0.0.1/good", http.StatusFound)
		case "/page":
			_, _ = w.Write([]byte("<html>Sign in</html>"))
		case "/large":
			_, _ = w.Write([]byte(strings.Repeat("x", calendar.MaxFeed+1)))
		case "/slow":
			time.Sleep(600 * time.Millisecond)
		case "/broken":
			w.WriteHeader(http.StatusBadGateway)
		default:
			http.NotFound(w, r)
		}
	})
	r := New(Config{Allowed: here, Roots: roots, Timeout: 500 * time.Millisecond})
	for path, want := range map[string]error{"/good": nil, "/moved": nil, "/loop": flow.CalendarRefused, "/plain": flow.CalendarRefused, "/inside": flow.CalendarForbidden, "/page": flow.CalendarNone,
		"/slow": flow.CalendarUnreachable, "/broken": flow.CalendarUnreachable, "/none": flow.CalendarRefused} {
		got, err := r.Busy(t.Context(), url+path, now, now.AddDate(0, 0, 90))
		if !errors.Is(err, want) || err != nil && strings.Contains(err.Error(), "127") {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
		if want == nil && (len(got) != 1 || !got[0].Start.Equal(time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC))) {
			t.Errorf("%s: %v", path, got)
		}
	}
	if _, err := New(Config{Allowed: here, Roots: roots}).Busy(t.Context(), url+"/large", now, now.AddDate(0, 0, 90)); !errors.Is(err, flow.CalendarTooLarge) {
		t.Errorf("a large one: %v", err)
	}
	if _, err := r.Busy(t.Context(), "https://nowhere.invalid/x", now, now); !errors.Is(err, flow.CalendarUnreachable) {
		t.Errorf("no such server: %v", err)
	}
	if _, err := New(Config{Allowed: here}).Busy(t.Context(), url+"/good", now, now); !errors.Is(err, flow.CalendarUnreachable) {
		t.Errorf("a certificate of nobody: %v", err)
	}
}

// Without a list nothing but the public internet is connected to, however the address is written.
func TestOnlyPublicAddresses(t *testing.T) {
	url, roots := server(t, func(http.ResponseWriter, *http.Request) { t.Error("it was connected to") })
	r := New(Config{Roots: roots})
	port := url[strings.LastIndexByte(url, ':'):]
	for _, address := range []string{url, "https://localhost" + port, "https://[::1]" + port, "https://[::ffff:127.0.0.1]" + port, "https://0.0.0.0" + port} {
		if _, err := r.Busy(t.Context(), address+"/x", now, now); !errors.Is(err, flow.CalendarForbidden) && !errors.Is(err, flow.CalendarUnreachable) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, s := range []string{"10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "::", "::1", "fe80::1", "fc00::1",
		"ff02::1", "::7f00:1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:1::1", "fec0::1"} {
		if public(netip.MustParseAddr(s).Unmap()) || r.control("tcp", netip.AddrPortFrom(netip.MustParseAddr(s), 443).String(), nil) == nil {
			t.Errorf("%s is taken for public", s)
		}
	}
	if r.control("tcp", "[::ffff:10.0.0.1]:443", nil) == nil || r.control("tcp", "[fe80::1%eth0]:443", nil) == nil || r.control("tcp", "nonsense", nil) == nil {
		t.Error("a way of writing gets through")
	}
	for _, s := range []string{"8.8.8.8:443", "[2606:4700::1111]:443"} {
		if err := r.control("tcp", s, nil); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	if r.control("tcp", "8.8.8.8:22", nil) == nil {
		t.Error("another port than https's")
	}
}
