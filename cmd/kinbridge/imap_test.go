package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"kinbridge/adapters/email/imapin/imaptest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

// TestWorldWithoutSMTP is a deployment that has one mailbox at a provider and receives no SMTP: replies come to subaddresses of the mailbox, are
// fetched from it, and are in their thread exactly once, across restarts and when the place in the mailbox is lost.
func TestWorldWithoutSMTP(t *testing.T) {
	d := imaptest.Start(t, imaptest.Options{})
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := demoCmd{Dir: filepath.Join(t.TempDir(), "world"), HTTP: "127.0.0.1:0", SMTP: "none"}.config("127.0.0.1:1")
	cfg.Mail.Domain, cfg.Mail.SubaddressOf = "prison.example", "kinbridge@prison.example"
	cfg.Mail.IMAP = []IMAPConfig{{Name: "office", Addr: d.TLSAddr, CAFile: d.CAFile, Username: "office", PasswordFile: d.PasswordFile()}}
	for _, a := range demoAgencies {
		cfg.SenderTXT["k._domainkey."+a.domain] = []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}
	}
	if err := cfg.check(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, _, err := migrateWorld(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	var thread readyThread
	send := func(n int) {
		raw := fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: Re: Kinbridge message\r\nMessage-ID: <%d@test.example>\r\nDate: Fri, 1 May 2026 10:00:00 +0100\r\n\r\nI shall be there, tok-%d.\r\n",
			thread.LAEmail, thread.ReplyAddress, n, n)
		var signed bytes.Buffer
		_, domain, _ := strings.Cut(thread.LAEmail, "@")
		if err := dkim.Sign(&signed, strings.NewReader(raw), &dkim.SignOptions{Domain: domain, Selector: "k", Signer: private}); err != nil {
			t.Fatal(err)
		}
		d.Deliver("office", "Return-Path: <"+thread.LAEmail+">\r\nDelivered-To: kinbridge@prison.example\r\n"+signed.String())
	}
	for life := range 3 {
		s, err := start(ctx, cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.smtp != nil || s.receives() != "fetches mail by IMAP" {
			t.Error("it listens for SMTP")
		}
		r, err := demoWorld(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, th := range r.Threads {
			if th.Channel == "official" && th.ReplyAddress != "" && thread.ID == "" {
				thread = th
			}
		}
		if !strings.HasPrefix(thread.ReplyAddress, "kinbridge+r-") || !strings.HasSuffix(thread.ReplyAddress, "@prison.example") {
			t.Fatalf("the reply address is %s", thread.ReplyAddress)
		}
		if life == 2 { // as when the database came back from yesterday's backup: all of the mailbox is read again
			if err := s.Store.BeginFetch(ctx, store.FetchSource{Account: "office", Mailbox: "INBOX", Origin: "office at " + d.TLSAddr}, 1); err != nil {
				t.Fatal(err)
			}
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			if s, err = start(ctx, cfg, nil); err != nil {
				t.Fatal(err)
			}
		}
		send(life)
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			got := tokensIn(t, s, thread.ID)
			if len(got) == life+1 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("life %d: in the thread are %v", life, got)
			}
		}
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := start(ctx, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	for token, n := range tokensIn(t, s, thread.ID) {
		if n != 1 {
			t.Errorf("%s is there %d times", token, n)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// tokensIn counts the tokens in a thread's messages.
func tokensIn(t *testing.T, s *service, thread string) map[string]int {
	t.Helper()
	ms, err := s.Store.MessagesOfThread(context.Background(), ids.ThreadID(thread))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, m := range ms {
		if i := strings.Index(m.Body, "tok-"); i >= 0 {
			out[strings.TrimRight(m.Body[i:], ".\n ")]++
		}
	}
	return out
}

// Every key about fetched mail that cannot be used is named, with what to do.
func TestIMAPConfiguration(t *testing.T) {
	good := `mail.addr = "none"
mail.domain = "prison.example"
mail.subaddress_of = "kinbridge@prison.example"
[[mail.imap]]
name = "office"
addr = "imap.provider.example:993"
username = "kinbridge@prison.example"
password_file = "/etc/kinbridge/imap-password"
`
	oauth := strings.Replace(good, `password_file = "/etc/kinbridge/imap-password"`, "oauth.token_url = \"https://login.provider.example/token\"\noauth.client_id = \"c\"\noauth.client_secret_file = \"/s\"", 1)
	edit := func(from, old, new string) string {
		if !strings.Contains(from, old) {
			t.Fatalf("no %q in the configuration", old)
		}
		return strings.Replace(from, old, new, 1)
	}
	for _, c := range []struct{ text, want string }{
		{good, ""},
		{oauth, ""},
		{edit(good, `name = "office"`, `name = "the office"`), "name"},
		{edit(good, `:993`, ``), "host:port"},
		{good + "tls = \"ssl\"\n", "implicit, starttls, none"},
		{good + "tls = \"none\"\n", "in the clear"},
		{edit(good, `username = "kinbridge@prison.example"`, ``), "username"},
		{edit(good, `password_file = "/etc/kinbridge/imap-password"`, ``), "password_file"},
		{good + "move_to = \"INBOX\"\n", "move_to"},
		{good + "recipients = [\"to\"]\n", "delivered-to"},
		{good + "oauth.token_file = \"/t\"\n", "keep one"},
		{edit(oauth, "https://", "http://"), "https://"},
		{edit(oauth, `oauth.client_id = "c"`, ``), "client_id"},
		{edit(oauth, `oauth.client_secret_file = "/s"`, ``), "refresh_token_file"},
		{oauth + "oauth.mechanism = \"plain\"\n", "oauthbearer"},
		{edit(good, `mail.domain = "prison.example"`, ``), "set mail.domain to prison.example"},
		{edit(good, `"kinbridge@prison.example"`, `"kinbridge"`), "subaddress_of"},
		{edit(good, `"kinbridge@prison.example"`, `"`+strings.Repeat("k", 40)+`@prison.example"`), "too long"},
		{good + good[strings.Index(good, "[[mail"):], "two of this name"},
		{"mail.addr = \"none\"\n", "no mail could come in"},
		{"mail.addr = \"\"\n", "no mail could come in"},
	} {
		path := filepath.Join(t.TempDir(), "kinbridge.toml")
		if err := os.WriteFile(path, []byte("dir = \"/var/lib/kinbridge\"\n"+c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := worldFlags{Config: path}.load()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v\nwant %q for\n%s", err, c.want, c.text)
		}
	}
}
