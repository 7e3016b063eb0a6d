package main

import (
	"fmt"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/v2"
)

// unmarshal fills the configuration and refuses a key that nothing reads: a misspelt mail.tls_required would let mail go unprotected, and
// nobody would know.
func (c *Config) unmarshal(k *koanf.Koanf) error {
	var md mapstructure.Metadata
	err := k.UnmarshalWithConf("", c, koanf.UnmarshalConf{Tag: "koanf", DecoderConfig: &mapstructure.DecoderConfig{
		Result: c, Metadata: &md, WeaklyTypedInput: true, DecodeHook: mapstructure.ComposeDecodeHookFunc(mapstructure.StringToSliceHookFunc(","), wholeNumbers)}})
	if err != nil {
		return err
	}
	if len(md.Unused) == 0 {
		return nil
	}
	slices.Sort(md.Unused)
	key := md.Unused[0]
	if like := nearest(key, settings(reflect.TypeFor[Config](), "")); like != "" {
		return fmt.Errorf("%s is no setting of Kinbridge: is %s meant?", key, like)
	}
	return fmt.Errorf("%s is no setting of Kinbridge: correct it or take it out", key)
}

// settings are the names of all keys under a struct, with dots, and without the numbers that lists have in between.
func settings(t reflect.Type, prefix string) (out []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("koanf"), ",")
		of := f.Type
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		switch {
		case option == "squash":
			out = append(out, settings(of, prefix)...)
		case of.Kind() == reflect.Struct:
			out = append(out, settings(of, prefix+name+".")...)
		default:
			out = append(out, prefix+name)
		}
	}
	return out
}

// nearest is the name that a misspelt key most likely means, or "" when none is near: a quarter of its letters may be wrong, or its last part
// stands in the wrong table.
func nearest(key string, names []string) string {
	plain := unnumbered(key)
	best, least := "", len(plain)/4+1
	for _, n := range names {
		if d := distance(plain, n); d < least {
			best, least = n, d
		}
	}
	if best != "" {
		return best
	}
	last := plain[strings.LastIndex(plain, ".")+1:]
	for _, n := range names {
		if n[strings.LastIndex(n, ".")+1:] == last {
			return n
		}
	}
	return ""
}

// unnumbered takes the numbers of lists out of a key: "mail.imap[0].addr" becomes "mail.imap.addr".
func unnumbered(key string) string {
	for {
		open := strings.IndexByte(key, '[')
		end := strings.IndexByte(key, ']')
		if open < 0 || end < open {
			return key
		}
		key = key[:open] + key[end+1:]
	}
}

// distance is how many letters must be put in, taken out or replaced to make one word of another (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// checkTogether names the settings of mail that say something only with another, or that cannot be what they are for.
func (m MailConfig) checkTogether() error {
	switch {
	case (m.DKIMSelector == "") != (m.DKIMKey == ""):
		return fmt.Errorf("configuration: mail.dkim_selector and mail.dkim_key go together: with one alone mail would leave unsigned. Set both or neither")
	case (m.Username == "") != (m.PasswordFile == ""):
		return fmt.Errorf("configuration: mail.username and mail.password_file go together: set both to sign in to the smarthost, or neither")
	case (m.TLSCert == "") != (m.TLSKey == ""):
		return fmt.Errorf("configuration: mail.tls_cert and mail.tls_key go together: set both, or neither for a self-signed certificate")
	case !hostName(m.Hostname):
		return fmt.Errorf("configuration: mail.hostname %q is no name of a host: write this machine's full name, such as \"mx.kinbridge.example\"", m.Hostname)
	}
	if !m.noSMTP() {
		if err := checkAddr("mail.addr", m.Addr, true); err != nil {
			return err
		}
	}
	if m.Sending.Route == routeSmarthost {
		if err := checkAddr("mail.smarthost", m.Smarthost, false); err != nil {
			return err
		}
	}
	for _, l := range []struct {
		key   string
		names []string
	}{{"mail.final_for", m.FinalFor}, {"mail.trusted_sealers", m.TrustedSealers}} {
		for _, d := range l.names {
			if (d != "*" || l.key != "mail.final_for") && (d == "" || strings.ContainsAny(d, "*@/:, \t")) {
				return fmt.Errorf("configuration: %s: %q is no domain: write anytown.example", l.key, d)
			}
		}
	}
	return nil
}

// checkAddr refuses what is not host:port; where one listens, the host may be left out and the port may be 0, which chooses one.
func checkAddr(key, addr string, listen bool) error {
	host, port, err := net.SplitHostPort(addr)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || !listen && (host == "" || n == 0) {
		return fmt.Errorf("configuration: %s %q is not host:port, such as \"127.0.0.1:25\"", key, addr)
	}
	return nil
}
