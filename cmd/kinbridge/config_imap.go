package main

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"kinbridge/adapters/email/imapin"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

// IMAPConfig is one mailbox that mail is fetched from ([[mail.imap]]).
type IMAPConfig struct {
	Name           string          `koanf:"name"` // in logs, metrics and the record of each mail
	Addr           string          `koanf:"addr"` // host:port
	TLS            imapin.TLSMode  `koanf:"tls"`  // implicit (default), starttls, none
	CAFile         string          `koanf:"ca_file"`
	Username       string          `koanf:"username"`
	PasswordFile   string          `koanf:"password_file"`
	OAuth          IMAPOAuthConfig `koanf:"oauth"`
	Mailbox        string          `koanf:"mailbox"` // default INBOX
	MoveTo         string          `koanf:"move_to"` // "" = mail that was taken stays and is marked
	Address        string          `koanf:"address"` // the mailbox's own; default: the user name
	Recipients     []string        `koanf:"recipients"`
	TrustedResults []string        `koanf:"trusted_results"` // authserv-ids of the provider (RFC 8601 section 2.2)
}

// IMAPOAuthConfig is a sign-in by token instead of a password ([mail.imap.oauth]).
type IMAPOAuthConfig struct {
	Mechanism        string `koanf:"mechanism"`  // xoauth2 (default), oauthbearer
	TokenFile        string `koanf:"token_file"` // kept fresh by another program; else a token endpoint:
	TokenURL         string `koanf:"token_url"`
	ClientID         string `koanf:"client_id"`
	ClientSecretFile string `koanf:"client_secret_file"`
	RefreshTokenFile string `koanf:"refresh_token_file"`
	Scope            string `koanf:"scope"`
}

// mailbox is the local part of the one mailbox whose subaddresses ours are.
func (m MailConfig) mailbox() string {
	local, _, _ := strings.Cut(m.SubaddressOf, "@")
	return local
}

// noSMTP reports whether no mail is received by SMTP.
func (m MailConfig) noSMTP() bool { return m.Addr == "" || m.Addr == "none" }

// checkIMAP names the first key about fetched mail that cannot be used and how to mend it, and fills in what was left out.
func (m *MailConfig) checkIMAP() error {
	if m.noSMTP() && len(m.IMAP) == 0 {
		return fmt.Errorf("configuration: mail.addr is empty and there is no [[mail.imap]]: no mail could come in. Set one of them")
	}
	if m.SubaddressOf != "" {
		local, domain, _ := strings.Cut(m.SubaddressOf, "@")
		switch {
		case local == "" || domain == "" || strings.ContainsAny(m.SubaddressOf, " <>,") || strings.Contains(domain, "@"):
			return fmt.Errorf("configuration: mail.subaddress_of %q is not a mail address", m.SubaddressOf)
		case !strings.EqualFold(domain, m.Domain):
			return fmt.Errorf("configuration: mail.subaddress_of is at %s and mail.domain is %s: set mail.domain to %s", domain, m.Domain, domain)
		case len(local) > threads.MaxMailbox:
			return fmt.Errorf("configuration: mail.subaddress_of: %q has %d characters before the @; with more than %d an address behind it is too long for mail", local, len(local), threads.MaxMailbox)
		}
	}
	seen := map[string]bool{}
	for i := range m.IMAP {
		a := &m.IMAP[i]
		where := fmt.Sprintf("configuration: mail.imap %d", i+1)
		if a.Name != "" {
			where = fmt.Sprintf("configuration: mail.imap %q", a.Name)
		}
		if err := a.check(where, m.SubaddressOf); err != nil {
			return err
		}
		if seen[a.Name] {
			return fmt.Errorf("%s: there are two of this name: the place in the mailbox is kept under it", where)
		}
		seen[a.Name] = true
	}
	return nil
}

func (a *IMAPConfig) check(where, subaddressOf string) error {
	for _, d := range []struct{ key, value *string }{{&a.Mailbox, ptr("INBOX")}, {&a.Address, &subaddressOf}, {&a.Address, &a.Username}, {(*string)(&a.TLS), ptr(string(imapin.TLSImplicit))}} {
		if *d.key == "" {
			*d.key = *d.value
		}
	}
	host, port, err := net.SplitHostPort(a.Addr)
	switch {
	case a.Name == "" || len(a.Name) > 60 || strings.ContainsFunc(a.Name, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("%s: name %q: give it a short name without blanks, such as \"office\"", where, a.Name)
	case err != nil || host == "" || port == "":
		return fmt.Errorf("%s: addr %q is not host:port (\"imap.provider.example:993\")", where, a.Addr)
	case a.TLS != imapin.TLSImplicit && a.TLS != imapin.TLSStart && a.TLS != imapin.TLSNone:
		return fmt.Errorf("%s: tls %q is none of implicit, starttls, none", where, a.TLS)
	case a.TLS == imapin.TLSNone && !loopback(host):
		return fmt.Errorf("%s: tls is none and %s is not this machine: the password would go in the clear. Use implicit or starttls", where, host)
	case a.Username == "":
		return fmt.Errorf("%s: username is empty", where)
	case people.Domain(a.Address) == "":
		return fmt.Errorf("%s: address %q is not a mail address: give the mailbox's own, for mail that names no other of ours", where, a.Address)
	case a.MoveTo != "" && a.MoveTo == a.Mailbox:
		return fmt.Errorf("%s: move_to is the mailbox itself: name another folder, or leave it out to have mail marked", where)
	}
	for _, s := range a.Recipients {
		if !slices.Contains(imapin.Sources, s) {
			return fmt.Errorf("%s: recipients has %q; it may have %s", where, s, strings.Join(imapin.Sources, ", "))
		}
	}
	for _, id := range a.TrustedResults {
		if id == "" || strings.ContainsAny(id, " \t;,") {
			return fmt.Errorf("%s: trusted_results has %q, which is no server's name: write it as the provider's Authentication-Results header begins, such as mx.anymail.example", where, id)
		}
	}
	return a.checkSignIn(where)
}

func (a *IMAPConfig) checkSignIn(where string) error {
	o := &a.OAuth
	if *o == (IMAPOAuthConfig{}) {
		if a.PasswordFile == "" {
			return fmt.Errorf("%s: password_file is empty and there is no [mail.imap.oauth]: name the file that holds the password", where)
		}
		return nil
	}
	if o.Mechanism == "" {
		o.Mechanism = "xoauth2"
	}
	u, err := url.Parse(o.TokenURL)
	switch {
	case a.PasswordFile != "":
		return fmt.Errorf("%s: password_file and oauth are both set: keep one", where)
	case o.Mechanism != "xoauth2" && o.Mechanism != "oauthbearer":
		return fmt.Errorf("%s: oauth.mechanism %q is neither xoauth2 nor oauthbearer", where, o.Mechanism)
	case o.TokenFile != "" && o.TokenURL != "":
		return fmt.Errorf("%s: oauth.token_file and oauth.token_url are both set: keep one", where)
	case o.TokenFile != "":
		return nil
	case o.TokenURL == "":
		return fmt.Errorf("%s: oauth has neither token_file nor token_url", where)
	case err != nil || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return fmt.Errorf("%s: oauth.token_url %q does not begin with https://", where, o.TokenURL)
	case o.ClientID == "":
		return fmt.Errorf("%s: oauth.client_id is empty", where)
	case o.ClientSecretFile == "" && o.RefreshTokenFile == "":
		return fmt.Errorf("%s: oauth has neither client_secret_file nor refresh_token_file", where)
	}
	return nil
}

func ptr[T any](v T) *T { return &v }

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// account is what the watcher is given.
func (a IMAPConfig) account() (imapin.Account, error) {
	out := imapin.Account{Name: a.Name, Addr: a.Addr, TLS: a.TLS, Username: a.Username, PasswordFile: a.PasswordFile, Mailbox: a.Mailbox, MoveTo: a.MoveTo,
		Reading: imapin.Reading{Own: people.NormaliseEmail(a.Address), Sources: a.Recipients}}
	if a.CAFile != "" {
		pem, err := os.ReadFile(a.CAFile)
		if err != nil {
			return out, fmt.Errorf("configuration: mail.imap %q: ca_file: %w", a.Name, err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return out, fmt.Errorf("configuration: mail.imap %q: ca_file %s holds no certificate in PEM", a.Name, a.CAFile)
		}
	}
	if o := a.OAuth; o != (IMAPOAuthConfig{}) {
		out.Mechanism = strings.ToUpper(o.Mechanism)
		if out.Tokens = imapin.TokenSource(imapin.TokenFile(o.TokenFile)); o.TokenFile == "" {
			out.Tokens = &imapin.OAuth{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecretFile: o.ClientSecretFile, RefreshTokenFile: o.RefreshTokenFile, Scope: o.Scope}
		}
	}
	return out, nil
}

// accounts are all of them.
func (m MailConfig) accounts() (out []imapin.Account, err error) {
	for _, c := range m.IMAP {
		a, err := c.account()
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}
