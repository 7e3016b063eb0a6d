package smtpout

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"

	"kinbridge/gateway/messages"
)

func TestRoute(t *testing.T) {
	type world struct {
		*outside
		a, b *smarthost
	}
	for _, c := range []struct {
		name    string
		set     func(w world)
		to      string // "a", "b" or "" for nobody
		perm    bool
		trouble messages.Trouble
	}{
		{"by preference", func(w world) { w.mx["anytown.example"] = mxs(20, "b.example", 10, "a.example") }, "a", false, ""},
		{"no MX, an address", func(w world) { w.ip["anytown.example"] = w.ip["b.example"] }, "b", false, ""},
		{"null MX", func(w world) { w.mx["anytown.example"] = []*net.MX{{Host: "."}} }, "", true, messages.TroubleNoDomain},
		{"nothing at all", func(w world) {}, "", true, messages.TroubleNoDomain},
		{"the DNS is silent", func(w world) { w.fails["anytown.example"] = true }, "", false, messages.TroubleUnreachable},
		{"the address is not to be had", func(w world) {
			w.mx["anytown.example"], w.fails["a.example"] = mxs(10, "a.example"), true
		}, "", false, messages.TroubleUnreachable},
		{"a name without an address, then another", func(w world) { w.mx["anytown.example"] = mxs(10, "none.example", 20, "b.example") }, "b", false, ""},
		{"the first is down", func(w world) {
			w.mx["anytown.example"], w.at = mxs(10, "a.example", 20, "b.example"), map[string]string{"192.0.2.2:25": w.at["192.0.2.2:25"]}
		}, "b", false, ""},
		{"its first address is down", func(w world) {
			w.mx["anytown.example"], w.ip["a.example"] = mxs(10, "a.example"), []string{"2001:db8::1", "192.0.2.9", "192.0.2.1"}
		}, "a", false, ""},
		{"the first has no time", func(w world) {
			w.mx["anytown.example"], w.a.mailErr = mxs(10, "a.example", 20, "b.example"), &smtp.SMTPError{Code: 421, Message: "later"}
		}, "b", false, ""},
		{"the first does not know her: that counts", func(w world) {
			w.mx["anytown.example"], w.a.rcptErr = mxs(10, "a.example", 20, "b.example"), &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}, "", true, messages.TroubleNoMailbox},
		{"after the text, nobody else is asked", func(w world) {
			w.mx["anytown.example"], w.a.dataErr = mxs(10, "a.example", 20, "b.example"), &smtp.SMTPError{Code: 451, Message: "disk trouble"}
		}, "", false, messages.TroubleBusy},
		{"ourselves last", func(w world) { w.mx["anytown.example"] = mxs(30, "out.kinbridge.example", 20, "b.example") }, "b", false, ""},
		{"ourselves among equals", func(w world) {
			w.mx["anytown.example"] = mxs(10, "a.example", 10, "OUT.kinbridge.example", 20, "b.example")
		}, "", true, messages.TroubleLoop},
		{"only what leads back here", func(w world) {
			w.mx["anytown.example"], w.ip["x.example"] = mxs(10, "x.example"), []string{"127.0.0.1", "::1", "0.0.0.0"}
		}, "", false, messages.TroubleUnreachable},
	} {
		w := world{newOutside(t), &smarthost{}, &smarthost{}}
		w.host("a.example", w.a.start(t, nil, false))
		w.host("b.example", w.b.start(t, nil, false))
		c.set(w)
		g := &gateway{mail: letter(), retry: time.Now().Add(time.Hour)}
		err := w.sender(g, Config{}).HandleDelivery(t.Context(), item)
		if got := map[string]int{"a": len(w.a.all()), "b": len(w.b.all())}; got["a"]+got["b"] != map[bool]int{true: 1}[c.to != ""] || c.to != "" && got[c.to] != 1 {
			t.Errorf("%s: %v %v, tried %v", c.name, got, err, w.dials)
		}
		if c.to != "" && (err != nil || !g.final) || c.to == "" && (len(g.failed) != 1 || g.permanent != c.perm || g.why.Trouble != c.trouble) {
			t.Errorf("%s: %v %+v", c.name, err, g.why)
		}
		for _, d := range w.dials {
			if strings.HasPrefix(d, "127.") || strings.HasPrefix(d, "[::1]") {
				t.Errorf("%s: dialled %s", c.name, d)
			}
		}
	}
}

func TestEqualServersAreTriedInAnyOrder(t *testing.T) {
	o := newOutside(t)
	o.mx["anytown.example"] = mxs(10, "a.example", 10, "b.example", 5, "c.example")
	s := o.sender(&gateway{}, Config{})
	s.cfg.Net.Shuffle = func(n int, swap func(i, j int)) { swap(0, 1) }
	hosts, err := s.mxHosts(t.Context(), "anytown.example")
	if err != nil || strings.Join(hosts, " ") != "c.example b.example a.example" {
		t.Errorf("%v %v", hosts, err)
	}
}

// What the domain asks against what its server offers. "told" is whether a notice may go instead.
func TestSecurityOfADomain(t *testing.T) {
	hour := time.Now().Add(time.Hour)
	stsPolicy := func(mode, mx string) string {
		return "version: STSv1\nmode: " + mode + "\nmx: " + mx + "\nmax_age: 86400\n"
	}
	for _, c := range []struct {
		name      string
		required  bool
		neutral   bool
		sts       string // a policy's text
		cert      string // the name on the server's certificate; "" = no TLS
		expires   time.Time
		strange   bool // signed by nobody we know
		delivered bool
		encrypted bool
		told      bool
		trouble   messages.Trouble
		counted   Result
	}{
		{name: "nothing asked, TLS offered", cert: "mx.anytown.example", expires: hour, delivered: true, encrypted: true, counted: TLSSuccess},
		{name: "nothing asked, none offered", delivered: true, counted: TLSNotSupported},
		{name: "nothing asked, a strange certificate", cert: "mx.anytown.example", expires: hour, strange: true, delivered: true, encrypted: true, counted: TLSNotTrusted},
		{name: "required and proven", required: true, cert: "mx.anytown.example", expires: hour, delivered: true, encrypted: true, counted: TLSSuccess},
		{name: "required, none offered", required: true, told: true, trouble: messages.TroubleNoTLS, counted: TLSNotSupported},
		{name: "required, another's certificate", required: true, cert: "elsewhere.example", expires: hour, told: true, trouble: messages.TroubleBadTLS, counted: TLSHostMismatch},
		{name: "required, expired", required: true, cert: "mx.anytown.example", expires: time.Now().Add(-time.Hour), told: true, trouble: messages.TroubleBadTLS, counted: TLSExpired},
		{name: "required, signed by a stranger", required: true, cert: "mx.anytown.example", expires: hour, strange: true, told: true, trouble: messages.TroubleBadTLS, counted: TLSNotTrusted},
		{name: "required, a neutral mail", required: true, neutral: true, delivered: true, counted: TLSNotSupported},
		{name: "enforced and proven", sts: stsPolicy("enforce", "*.anytown.example"), cert: "mx.anytown.example", expires: hour, delivered: true, encrypted: true, counted: TLSSuccess},
		{name: "enforced, none offered", sts: stsPolicy("enforce", "mx.anytown.example"), trouble: messages.TroubleNoTLS, counted: TLSNotSupported},
		{name: "enforced, none offered, neutral and required", required: true, neutral: true, sts: stsPolicy("enforce", "mx.anytown.example"), trouble: messages.TroubleNoTLS, counted: TLSNotSupported},
		{name: "enforced, another server", sts: stsPolicy("enforce", "mail.anytown.example"), cert: "mx.anytown.example", expires: hour, trouble: messages.TroubleBadTLS, counted: TLSFailed},
		{name: "enforced, signed by a stranger", sts: stsPolicy("enforce", "mx.anytown.example"), cert: "mx.anytown.example", expires: hour, strange: true, trouble: messages.TroubleBadTLS, counted: TLSNotTrusted},
		{name: "testing, another server", sts: stsPolicy("testing", "mail.anytown.example"), cert: "mx.anytown.example", expires: hour, delivered: true, encrypted: true, counted: TLSFailed},
		{name: "testing, none offered", sts: stsPolicy("testing", "mx.anytown.example"), delivered: true, counted: TLSNotSupported},
		{name: "a policy that cannot be read", sts: "nonsense", cert: "mx.anytown.example", expires: hour, delivered: true, encrypted: true, counted: STSPolicyInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, h := newOutside(t), &smarthost{}
			var server *tls.Config
			if c.cert != "" {
				server = o.certify(c.cert, c.expires)
			}
			o.host("mx.anytown.example", h.start(t, server, false))
			o.mx["anytown.example"] = mxs(10, "mx.anytown.example")
			cfg := Config{Metrics: prometheus.NewRegistry()}
			if c.required {
				cfg.Required = []string{"*.example"}
			}
			if c.sts != "" {
				cfg.Net.STS = o.policyHost(c.sts)
			}
			g := &gateway{mail: letter(), retry: time.Now().Add(time.Hour)}
			g.mail.Neutral = c.neutral
			s := o.sender(g, cfg)
			if c.strange {
				s.cfg.Net.TLS.RootCAs = x509.NewCertPool()
			}
			err := s.HandleDelivery(t.Context(), item)
			got := h.all()
			if (len(got) == 1) != c.delivered || (err == nil) != c.delivered || c.delivered && got[0].tls != c.encrypted {
				t.Errorf("%d received, %v", len(got), err)
			}
			if !c.delivered && (g.permanent || g.why.MayNotify != c.told || g.why.Trouble != c.trouble) {
				t.Errorf("%+v", g.why)
			}
			found := false
			for _, n := range s.tlsCounts() {
				found = found || n.Domain == "anytown.example" && n.Result == c.counted && n.Count > 0 && (n.Policy == "sts") == (c.sts != "")
			}
			if !found {
				t.Errorf("not counted: %+v", s.tlsCounts())
			}
		})
	}
}

// Servers that break off, lie or say nothing. Nothing of it counts as sent without a 250 after the text.
func TestServersThatMisbehave(t *testing.T) {
	const hello, ok = "250-mx.anytown.example\r\n250 SIZE 1000000\r\n", "250 2.0.0 ok\r\n"
	plainHello := []string{"220 mx.anytown.example\r\n", hello, hello} // EHLO comes twice: we ask for STARTTLS first
	with := func(more ...string) func(net.Conn, *bufio.Reader) {
		return dialog(append(append([]string{}, plainHello...), more...)...)
	}
	for _, c := range []struct {
		name     string
		serve    func(net.Conn, *bufio.Reader)
		sent     bool
		perm     bool
		required bool
		trouble  messages.Trouble
		says     string
	}{
		{"a long greeting", dialog("220-hello\r\n220-there\r\n220 mx.anytown.example\r\n", hello, hello, ok, ok, "354 go on\r\n", "DATA", ""), false, false, false, messages.TroubleUnreachable, "took the text"},
		{"taken after a long greeting", func(c net.Conn, r *bufio.Reader) {
			dialog("220-hello\r\n220 mx.anytown.example\r\n", hello, hello, ok, ok, "354 go on\r\n")(c, r)
			swallow(r)
			_, _ = io.WriteString(c, "250 2.0.0 queued as 1\r\n") // and it breaks off before QUIT
		}, true, false, false, "", "queued as 1"},
		{"closes at once", func(net.Conn, *bufio.Reader) {}, false, false, false, messages.TroubleUnreachable, ""},
		{"asks to come later at once", dialog("421 4.3.2 too busy\r\n"), false, false, false, messages.TroubleBusy, "421"},
		{"takes no mail at all", dialog("554 5.3.2 no SMTP service here\r\n"), false, false, false, messages.TroubleRefused, "554"},
		{"is no mail server", dialog("HTTP/1.1 400 Bad Request\r\n\r\n"), false, false, false, messages.TroubleOther, ""},
		{"knows no EHLO", dialog("220 old\r\n", "502 what?\r\n", "502 what?\r\n", "250 hello\r\n", ok, ok, "354 go on\r\n", "DATA", ""), false, false, false, messages.TroubleUnreachable, "took the text"},
		{"breaks off at MAIL", with(), false, false, false, messages.TroubleUnreachable, ""},
		{"breaks off at RCPT", with(ok), false, false, false, messages.TroubleUnreachable, ""},
		{"breaks off at DATA", with(ok, ok), false, false, false, messages.TroubleUnreachable, ""},
		{"breaks off in the text", func(c net.Conn, r *bufio.Reader) {
			with(ok, ok, "354 go on\r\n")(c, r)
			_, _ = r.ReadString('\n')
		}, false, false, false, messages.TroubleUnreachable, ""},
		{"breaks off before the answer", with(ok, ok, "354 go on\r\n", "DATA", ""), false, false, false, messages.TroubleUnreachable, "closed the connection without an answer"},
		{"too large by its own word", dialog("220 mx\r\n", "250-mx\r\n250 SIZE 100\r\n", "250-mx\r\n250 SIZE 100\r\n"), false, true, false, messages.TroubleTooLarge, "552 5.3.4"},
		{"too large at MAIL", with("552 5.3.4 message too big\r\n"), false, true, false, messages.TroubleTooLarge, "552 5.3.4"},
		{"too large at the end", func(c net.Conn, r *bufio.Reader) {
			with(ok, ok, "354 go on\r\n")(c, r)
			swallow(r)
			_, _ = io.WriteString(c, "552 message size exceeds the limit\r\n")
		}, false, true, false, messages.TroubleTooLarge, "552"},
		{"STARTTLS taken away on the way", dialog("220 mx\r\n", hello), false, false, true, messages.TroubleNoTLS, "STARTTLS"},
		{"STARTTLS refused for now", dialog("220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "454 4.7.0 TLS not available\r\n"), false, false, true, messages.TroubleBadTLS, "454"},
		{"words put in before the handshake", dialog("220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go on\r\n250 injected\r\n"), false, false, true, messages.TroubleBadTLS, "in the clear"},
		{"no handshake after STARTTLS", dialog("220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go on\r\n", "what is this?\r\n"), false, false, true, messages.TroubleBadTLS, ""},
		{"says nothing", func(c net.Conn, r *bufio.Reader) { _, _ = r.ReadByte() }, false, false, false, messages.TroubleUnreachable, "could not be reached"},
		{"greets without end", func(c net.Conn, _ *bufio.Reader) {
			line := bytes.Repeat([]byte("220-and on\r\n"), 1000)
			for {
				if _, err := c.Write(line); err != nil {
					return
				}
			}
		}, false, false, false, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOutside(t)
			o.host("anytown.example", o.scripted(c.serve))
			g := &gateway{mail: letter(), retry: time.Now().Add(time.Hour)}
			g.mail.Files = nil
			cfg := Config{Timeout: 2 * time.Second}
			if c.required {
				cfg.Required = []string{"anytown.example"}
			}
			err := o.sender(g, cfg).HandleDelivery(t.Context(), item)
			if c.sent {
				if err != nil || len(g.sent) != 1 || !strings.Contains(g.sent[0], c.says) {
					t.Errorf("%v %v", err, g.sent)
				}
				return
			}
			if len(g.sent) != 0 || len(g.failed) != 1 || g.permanent != c.perm || c.trouble != "" && g.why.Trouble != c.trouble || !strings.Contains(g.failed[0], c.says) || g.why.MayNotify != c.required {
				t.Errorf("%v: %v %+v", err, g.sent, g.why)
			}
		})
	}
}

// A smarthost may carry mail for a domain that requires protection if it promises to, one way or another.
func TestSmarthostAndDomainsThatRequireTLS(t *testing.T) {
	for _, c := range []struct {
		name     string
		offers   bool
		claimed  bool
		final    bool
		neutral  bool
		sent     bool
		promised bool // REQUIRETLS was asked for
	}{
		{"promises nothing", false, false, false, false, false, false},
		{"offers REQUIRETLS", true, false, false, false, true, true},
		{"is said to require it", false, true, false, false, true, false},
		{"both", true, true, false, false, true, true},
		{"is the recipient's own", false, false, true, false, true, false},
		{"a neutral mail", false, false, false, true, true, false},
		{"a neutral mail through one that offers", true, false, false, true, true, false},
	} {
		server, pool := certificate(t)
		h, g := &smarthost{requireTLS: c.offers}, &gateway{mail: letter(), retry: time.Now().Add(time.Hour)}
		g.mail.To, g.mail.Neutral = "anna@care.anytown.gov.uk", c.neutral
		cfg := Config{Required: []string{"*.gov.uk"}, Smarthost: Smarthost{Addr: h.start(t, server, false), RequiresTLS: c.claimed}, Net: Network{TLS: &tls.Config{RootCAs: pool}}}
		if c.final {
			cfg.Smarthost.FinalFor = []string{"care.anytown.gov.uk"}
		}
		err := sender(t, g, cfg).HandleDelivery(t.Context(), item)
		got := h.all()
		if (len(got) == 1) != c.sent || c.sent && got[0].opts.RequireTLS != c.promised {
			t.Errorf("%s: %v, %d received", c.name, err, len(got))
		}
		if !c.sent && (g.why.Trouble != messages.TroubleNoTLS || !g.why.MayNotify || g.permanent) {
			t.Errorf("%s: %+v", c.name, g.why)
		}
	}
}

func TestMatchDomain(t *testing.T) {
	patterns := []string{"*.gov.uk", "Anytown.example"}
	for domain, want := range map[string]bool{"gov.uk": true, "anytown.gov.uk": true, "care.anytown.gov.uk": true, "ANYTOWN.GOV.UK.": true, "notgov.uk": false, "gov.uk.example": false,
		"anytown.example": true, "sub.anytown.example": false, "": false} {
		if got := matchDomain(domain, patterns); got != want {
			t.Errorf("%q: %t", domain, got)
		}
	}
}

func TestCountersAreBounded(t *testing.T) {
	reg := prometheus.NewRegistry()
	r, err := newReport(reg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		r.add(fmt.Sprintf("d%d.example", i), "sts", TLSSuccess)
	}
	families, err := reg.Gather()
	if err != nil || len(families) != 1 || len(families[0].Metric) != mostReported+1 {
		t.Errorf("%v: %d families", err, len(families))
	}
}

// Addresses with letters beyond ASCII: the domain as the DNS has it, the rest only where the server takes it.
func TestInternationalAddress(t *testing.T) {
	h, g := &smarthost{}, &gateway{mail: letter()}
	g.mail.To = "anna@pentref-tŷ.example"
	s := sender(t, g, Config{Smarthost: Smarthost{Addr: h.start(t, nil, false), TLS: TLSNone}})
	if err := s.HandleDelivery(t.Context(), item); err != nil || h.all()[0].to != "anna@xn--pentref-t-jyb.example" && !strings.HasPrefix(h.all()[0].to, "anna@xn--") || h.all()[0].opts.UTF8 {
		t.Errorf("%v %+v", err, h.all())
	}
	g.mail.To = "siân@anytown.example"
	if err := s.HandleDelivery(t.Context(), item); err != nil || h.all()[1].to != g.mail.To || !h.all()[1].opts.UTF8 {
		t.Errorf("%v %+v", err, h.all())
	}
	h.ascii = true
	s = sender(t, g, Config{Smarthost: Smarthost{Addr: h.start(t, nil, false), TLS: TLSNone}})
	if err := s.HandleDelivery(t.Context(), item); err != nil || !g.permanent || g.why.Trouble != messages.TroubleLetters {
		t.Errorf("%v %+v", err, g.why)
	}
}
