package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const imapAccount = "[[mail.imap]]\nname = \"office\"\naddr = \"imap.anymail.example:993\"\nusername = \"u\"\npassword_file = \"/p\"\naddress = \"a@in.kinbridge.example\"\n"

// A certificate that cannot be read is told at start, by the keys that name it; not by a listener that ends after the service said that it serves.
func TestACertificateThatIsNotThere(t *testing.T) {
	for _, table := range []string{"http", "mail"} {
		cfg := defaults(t.TempDir())
		cfg.HTTP.Addr, cfg.Mail.Addr = "127.0.0.1:0", "127.0.0.1:0"
		if err := cfg.check(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := migrateWorld(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		if table == "http" {
			cfg.HTTP.TLSCert, cfg.HTTP.TLSKey = "/missing/cert.pem", "/missing/key.pem"
		} else {
			cfg.Mail.TLSCert, cfg.Mail.TLSKey = "/missing/cert.pem", "/missing/key.pem"
		}
		s, err := start(t.Context(), cfg, nil)
		if err == nil {
			_ = s.stop()
		}
		if err == nil || !strings.Contains(err.Error(), table+".tls_cert and "+table+".tls_key") || !strings.Contains(err.Error(), "/missing/") {
			t.Errorf("%s: %v", table, err)
		}
	}
}

func TestMailConfigurationNamesTheKey(t *testing.T) {
	for _, c := range []struct{ toml, want string }{
		{``, ""},
		{"[mail]\nroute = \"direct\"\nhostname = \"out.kinbridge.example\"\ntls_required = [\"*.gov.uk\", \"anytown.example\"]\nnotice_after = -1\nnotice_days = 7", ""},
		{"[mail]\nroute = \"pigeon\"", "mail.route"},
		{"[mail]\nroute = \"direct\"", "mail.hostname"},
		{"[mail]\nroute = \"direct\"\nhostname = \"192.0.2.1\"", "mail.hostname"},
		{"[mail]\nnotice_after = 0", "mail.notice_after"},
		{"[mail]\nnotice_days = 0", "mail.notice_days"},
		{"[mail]\ntls_required = [\"*.\"]", "mail.tls_required"},
		{"[mail]\ntls_required = [\"anna@anytown.example\"]", "mail.tls_required"},
		{"[mail]\nroutee = \"direct\"", "is mail.route meant?"},
		{"[mail]\ntls_requierd = [\"anytown.example\"]", "is mail.tls_required meant?"},
		{"tls_required = [\"anytown.example\"]", "is mail.tls_required meant?"},
		{"[mail]\ngreylisting = true", "mail.greylisting is no setting"},
		{"[mail.attachments]\nclamav = \"/run/clamd\"", "is mail.attachments.clamd meant?"},
		{"[[mail.imap]]\nname = \"office\"\npasswordfile = \"/p\"", "is mail.imap.password_file meant?"},
		{"[mail]\ndkim_selector = \"s1\"", "mail.dkim_key"},
		{"[mail]\ndkim_key = \"/key.pem\"", "mail.dkim_selector"},
		{"[mail]\nusername = \"u\"", "mail.password_file"},
		{"[mail]\ntls_cert = \"/cert.pem\"", "mail.tls_key"},
		{"[mail]\nsmarthost = \"mail.example\"", "mail.smarthost"},
		{"[mail]\nsmarthost = \"mail.example:99999\"", "mail.smarthost"},
		{"[mail]\naddr = \"nonsense\"", "mail.addr"},
		{"[mail]\naddr = \":2525\"", ""},
		{"[http]\naddr = \"127.0.0.1\"", "http.addr"},
		{"[mail]\nfinal_for = [\"*\", \"anytown.example\"]", ""},
		{"[mail]\nfinal_for = [\"anna@anytown.example\"]", "mail.final_for"},
		{"[mail]\ntrusted_sealers = [\"*\"]", "mail.trusted_sealers"},
		{"[mail]\nhostname = \"mx_bad host\"", "mail.hostname"},
		{"[mail]\nhostname = \"\"", "mail.hostname"},
		{"[mail]\nhostname = \"mx..kinbridge.example\"", "mail.hostname"},
		{"[mail]\nhostname = \"mx-1.kinbridge.example\"", ""},
		{"[mail]\nnotice_days = 1.5", "mail.notice_days"},
		{"[mail]\nnotice_days = 2.0", ""},
		{"[http]\ntls_cert = \"/cert.pem\"", "http.tls_key"},
		{"[rooms]\nudp = \"nonsense\"", "rooms.udp"},
		{"[rooms]\nturn_tls = \"127.0.0.1\"", "rooms.turn_tls"},
		{"[rooms]\npublic_ips = [\"192.0.2.1\", \"here\"]", "rooms.public_ips"},
		{"[rooms]\nturn_host = \"turn.kinbridge.example:3478\"", "rooms.turn_host"},
		{"[rooms]\nturn_host = \"https://turn.kinbridge.example\"", "rooms.turn_host"},
		{"[rooms]\nturn_relay = \"eth0\"", "rooms.turn_relay"},
		{"[rooms]\nturn_relay = \"0.0.0.0\"", "rooms.turn_relay"},
		{"[rooms]\nturn_host = \"turn.kinbridge.example\"\nturn_relay = \"192.0.2.1\"", ""},
		{"[rooms]\nudp = \":50000\"\npublic_ips = [\"192.0.2.1\", \"2001:db8::1\"]", ""},
		{imapAccount + "trusted_results = [\"mx. anymail.example\"]", "trusted_results"},
		{imapAccount + "trusted_results = [\"mx.anymail.example\"]", ""},
		{"[sender_txt]\n\"anytown.example\" = [\"v=spf1 -all\"]", ""},
		{"public_url = \"http://kinbridge.example\"", "mail.notice_after = -1"},
		{"public_url = \"http://localhost:8080\"", ""},
		{"public_url = \"https://kinbridge.example\"", ""},
	} {
		file := filepath.Join(t.TempDir(), "kinbridge.toml")
		if err := os.WriteFile(file, []byte(c.toml), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := worldFlags{Dir: t.TempDir(), Config: file}.load()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.toml, err)
		}
		if strings.Contains(c.toml, "out.kinbridge") && (cfg.Mail.Sending.Route != routeDirect || len(cfg.Mail.Sending.TLSRequired) != 2 || cfg.Mail.Sending.NoticeAfter != -1 || cfg.Mail.Smarthost == "") {
			t.Errorf("%+v", cfg.Mail)
		}
	}
}
