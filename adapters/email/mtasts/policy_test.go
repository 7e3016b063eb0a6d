package mtasts

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParsePolicy(t *testing.T) {
	good := "version: STSv1\r\nmode: enforce\r\nmx: mail.anytown.example\r\nmx: *.anytown.example\r\nmax_age: 604800\r\n"
	p, err := ParsePolicy([]byte(good))
	if err != nil || p.Mode != Enforce || p.MaxAge != 7*24*time.Hour || !slices.Equal(p.MX, []string{"mail.anytown.example", "*.anytown.example"}) {
		t.Fatalf("%+v %v", p, err)
	}
	for text, ok := range map[string]bool{
		strings.ReplaceAll(good, "\r\n", "\n"):                                       true,
		strings.TrimSuffix(good, "\r\n"):                                             true,
		good + "\r\n\r\n":                                                            true,
		good + "later-extension: x y\r\n":                                            true,
		good + "mode: none\r\n":                                                      true, // the first counts
		"mode: testing\nversion: STSv1\nmx:mx.anytown.example\nmax_age:1\n":          true,
		"version: STSv1\nmode: none\nmax_age: 0\n":                                   true,
		"version: STSv1\nmode: enforce\nmax_age: 1\n":                                false, // no mx
		"version: STSv1\nmode: enforce\nmx: a.example\n":                             false,
		"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1\n":                false,
		"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1e3\n":               false,
		"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 99999999999999999\n": false,
		"version: STSv2\nmode: enforce\nmx: a.example\nmax_age: 1\n":                 false,
		"version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 1\n":                 false,
		"version: STSv1\nmode: enforce\nmx: *\nmax_age: 1\n":                         false,
		"version: STSv1\nmode: enforce\nmx: a.*.example\nmax_age: 1\n":               false,
		"version: STSv1\nmode: enforce\nmx: a..example\nmax_age: 1\n":                false,
		"version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1\n":                       false,
		"<html>\nversion: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\n":         false,
		"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\n\xff":             false,
		"":                                      false,
		good + strings.Repeat("x: y\n", 20_000): false,
		good + strings.Repeat("mx: a.example\n", 1000):       false,
		"version: STSv1\rmode: enforce\rmx: a\rmax_age: 1\r": false,
	} {
		if _, err := ParsePolicy([]byte(text)); (err == nil) != ok {
			t.Errorf("%.90q: %v", text, err)
		}
	}
	if p, err := ParsePolicy([]byte("version: STSv1\nmode: testing\nmx: A.Example\nmax_age: 4294967295\n")); err != nil || p.MaxAge != mostAge || p.MX[0] != "a.example" {
		t.Errorf("%+v %v", p, err)
	}
}

func TestMatches(t *testing.T) {
	p := Policy{MX: []string{"mx.anytown.example", "*.mail.example"}}
	for host, want := range map[string]bool{"mx.anytown.example": true, "MX.Anytown.Example.": true, "a.mx.anytown.example": false, "anytown.example": false,
		"a.mail.example": true, "mail.example": false, "a.b.mail.example": false, ".mail.example": false, "amail.example": false, "": false, "*.mail.example": true} {
		if got := p.Matches(host); got != want {
			t.Errorf("%q: %t", host, got)
		}
	}
}

func TestParseRecord(t *testing.T) {
	for _, c := range []struct {
		txts []string
		id   string
	}{
		{[]string{"v=STSv1; id=20261128T120000;"}, "20261128T120000"},
		{[]string{"v=STSv1;id=1"}, "1"},
		{[]string{"v=STSv1 ; id = a1 ; x=y"}, "a1"},
		{[]string{"v=spf1 -all", "v=STSv1; id=a"}, "a"},
		{[]string{"v=STSv1; id=a", "v=STSv1; id=b"}, ""},
		{[]string{"v=STSv1; id=a", "v=STSv1; id="}, ""},
		{[]string{"v=STSv12; id=a"}, ""},
		{[]string{" v=STSv1; id=a"}, ""},
		{[]string{"v=STSv1; id=" + strings.Repeat("a", 33)}, ""},
		{[]string{"v=STSv1; id=a-b"}, ""},
		{[]string{"v=STSv1"}, ""},
		{nil, ""},
	} {
		if id, ok := ParseRecord(c.txts); id != c.id || ok != (c.id != "") {
			t.Errorf("%q: %q %t", c.txts, id, ok)
		}
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte("version: STSv1\r\nmode: enforce\r\nmx: *.anytown.example\r\nmax_age: 604800\r\n"))
	f.Add([]byte("version: STSv1\nmode: none\nmax_age: 0"))
	f.Add([]byte("mx: \x00\n:::"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		if p.MaxAge < 0 || p.MaxAge > mostAge || p.Mode != None && len(p.MX) == 0 || len(p.MX) > maxMX {
			t.Errorf("%+v", p)
		}
		for _, mx := range p.MX {
			if !p.Matches(strings.Replace(mx, "*", "a", 1)) || strings.ContainsAny(mx, " \r\n@/") {
				t.Errorf("%q", mx)
			}
		}
	})
}

func FuzzParseRecord(f *testing.F) {
	f.Add("v=STSv1; id=20261128T120000;", "v=spf1")
	f.Add("v=STSv1;;;id==", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		id, ok := ParseRecord([]string{a, b})
		if ok != (id != "") || len(id) > maxID || strings.ContainsFunc(id, func(r rune) bool { return !letterOrDigit(r) }) {
			t.Errorf("%q %t", id, ok)
		}
	})
}
