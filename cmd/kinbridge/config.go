package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"kinbridge/adapters/email/smtpout"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/store"
)

// Config is everything that can be set. A file in TOML fills it over the embedded defaults; every key is named in its error.
type Config struct {
	Dir       string         `koanf:"dir"`        // keys, the SQLite file and certificates
	PublicURL string         `koanf:"public_url"` // where browsers reach us, without a final slash
	HTTP      HTTPConfig     `koanf:"http"`
	Database  DatabaseConfig `koanf:"database"`
	Mail      MailConfig     `koanf:"mail"`
	Rooms     RoomsConfig    `koanf:"rooms"`
	Chase     ChaseConfig    `koanf:"chase"`
	Support   SupportConfig  `koanf:"support"`
	Meetings  MeetingsConfig `koanf:"meetings"`
	Custody   CustodyConfig  `koanf:"custody"`
	// SenderTXT are DNS TXT records answered from here before any name server is asked, for closed networks: name → records.
	SenderTXT map[string][]string `koanf:"sender_txt"`
}

// HTTPConfig says where pages are served. With a certificate they are served by TLS; without one, put a proxy that has one in front.
type HTTPConfig struct {
	Addr    string `koanf:"addr"`
	TLSCert string `koanf:"tls_cert"`
	TLSKey  string `koanf:"tls_key"`
	Metrics string `koanf:"metrics_addr"` // Prometheus metrics, on an address of their own; "" = none
}

// DatabaseConfig says where the store is. An empty DSN is DIR/kinbridge.db.
type DatabaseConfig struct {
	Engine store.Engine `koanf:"engine"`
	DSN    string       `koanf:"dsn"`
}

// MailConfig says how mail comes and goes.
type MailConfig struct {
	Domain         string   `koanf:"domain"` // of our reply addresses
	Addr           string   `koanf:"addr"`   // where we receive SMTP; "none" = nowhere: mail comes by IMAP
	Hostname       string   `koanf:"hostname"`
	MaxMB          int      `koanf:"max_mb"`
	MailsPerMinute int      `koanf:"mails_per_minute"` // from one IP address; 0 = no limit
	PerSenderHour  int      `koanf:"per_sender_hour"`  // mails an hour from one sender to one reply address; 0 = no limit
	TLSCert        string   `koanf:"tls_cert"`         // for STARTTLS; empty: a self-signed one in DIR
	TLSKey         string   `koanf:"tls_key"`
	Smarthost      string   `koanf:"smarthost"` // host:port that takes what we send
	SmarthostTLS   string   `koanf:"smarthost_tls"`
	Username       string   `koanf:"username"`
	PasswordFile   string   `koanf:"password_file"`
	FinalFor       []string `koanf:"final_for"`
	DKIMSelector   string   `koanf:"dkim_selector"`
	DKIMKey        string   `koanf:"dkim_key"` // PEM file, PKCS #8
	// TrustedSealers are the domains whose ARC seals (RFC 8617) are believed: forwarders that a council has told us of.
	TrustedSealers []string `koanf:"trusted_sealers"`
	// SubaddressOf is the one mailbox whose subaddresses ours are ("kinbridge@prison.example"), where no whole domain is ours.
	SubaddressOf string       `koanf:"subaddress_of"`
	IMAP         []IMAPConfig `koanf:"imap"` // mailboxes that mail is fetched from

	Attachments AttachmentsConfig `koanf:"attachments"`
	Sending     SendingConfig     `koanf:",squash"`
}

// AttachmentsConfig says what files mail may bring and which programs look at them. Without any of it, files are told by their content, the
// default kinds are allowed, pictures are shown, and nothing is scanned for viruses.
type AttachmentsConfig struct {
	Allow    []string `koanf:"allow"`    // kinds, of sniff.GroupNames; none = sniff.DefaultAllow
	Clamd    string   `koanf:"clamd"`    // ClamAV's socket: "/run/clamav/clamd.ctl", or HOST:PORT
	PDFToPPM string   `koanf:"pdftoppm"` // poppler's program, which draws the pages of a PDF
	Soffice  string   `koanf:"soffice"`  // LibreOffice's program, which makes a PDF of office documents
}

// CustodyConfig says who may post custody events at /custody/events: whoever has the bearer token, or signs with the key. Without either, nothing is served there.
type CustodyConfig struct {
	TokenFile   string `koanf:"token_file"`    // a file with the bearer token, at least 24 characters
	HMACKeyFile string `koanf:"hmac_key_file"` // a file with the key of the signature (HMAC-SHA-256), at least 24 characters
}

// RoomsConfig says where media goes.
type RoomsConfig struct {
	UDP       string   `koanf:"udp"`
	TCP       string   `koanf:"tcp"`
	PublicIPs []string `koanf:"public_ips"`
	Loopback  bool     `koanf:"loopback"`
	TURNUDP   string   `koanf:"turn_udp"`
	TURNTCP   string   `koanf:"turn_tcp"`
	TURNTLS   string   `koanf:"turn_tls"`
	TURNHost  string   `koanf:"turn_host"`
	TURNRelay string   `koanf:"turn_relay"`
}

// defaults is a world in a folder, on this machine alone.
func defaults(dir string) Config {
	return Config{
		Dir: dir, PublicURL: "http://127.0.0.1:8080",
		HTTP:     HTTPConfig{Addr: "127.0.0.1:8080"},
		Database: DatabaseConfig{Engine: store.SQLite},
		Mail: MailConfig{Domain: "in.kinbridge.example", Addr: "127.0.0.1:2525", Hostname: "localhost", MaxMB: 36, MailsPerMinute: 600, PerSenderHour: 60,
			Smarthost: "127.0.0.1:25", SmarthostTLS: string(smtpout.TLSRequired), Sending: defaultSending()},
		Rooms:   RoomsConfig{UDP: ":0", TCP: ":0"},
		Support: SupportConfig{AgainMinutes: int(flow.DefaultAgainAfter / time.Minute), PlanName: "ACCT"},
	}
}

// worldFlags choose a world: a folder with embedded defaults, or a configuration file.
type worldFlags struct {
	Dir    string `placeholder:"DIR" help:"Folder of an embedded world (keys and a SQLite file)." type:"path"`
	Config string `placeholder:"FILE" help:"Configuration file (TOML)." type:"path"`
}

// load reads the configuration that the flags choose.
func (w worldFlags) load() (Config, error) {
	if w.Dir == "" && w.Config == "" {
		return Config{}, fmt.Errorf("say which world: --dir DIR for an embedded one, or --config FILE")
	}
	cfg := defaults(w.Dir)
	path := w.Config
	if path == "" {
		if _, err := os.Stat(filepath.Join(w.Dir, "kinbridge.toml")); err == nil {
			path = filepath.Join(w.Dir, "kinbridge.toml")
		}
	}
	if path != "" {
		if err := cfg.read(path); err != nil {
			return cfg, err
		}
	}
	if w.Dir != "" {
		cfg.Dir = w.Dir
	}
	return cfg, cfg.check()
}

func (c *Config) read(path string) error {
	k := koanf.New("\x00") // no key holds this: domain names with dots stay whole
	if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
		return fmt.Errorf("configuration %s: %w", path, err)
	}
	if err := c.unmarshal(k); err != nil {
		return fmt.Errorf("configuration %s: %w", path, err)
	}
	return nil
}

// check names the first key that cannot be used and how to mend it.
func (c *Config) check() error {
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	switch {
	case c.Dir == "":
		return fmt.Errorf("configuration: dir is empty: name the folder for keys and certificates")
	case !strings.HasPrefix(c.PublicURL, "http://") && !strings.HasPrefix(c.PublicURL, "https://"):
		return fmt.Errorf("configuration: public_url %q does not begin with https:// (or http:// on one machine)", c.PublicURL)
	case c.Database.Engine != store.SQLite && c.Database.Engine != store.Postgres:
		return fmt.Errorf("configuration: database.engine %q is neither sqlite nor postgres", c.Database.Engine)
	case c.Database.Engine == store.Postgres && c.Database.DSN == "":
		return fmt.Errorf("configuration: database.dsn is empty: give the PostgreSQL connection string")
	case c.Mail.Domain == "" || strings.ContainsAny(c.Mail.Domain, "@ "):
		return fmt.Errorf("configuration: mail.domain %q is not a domain name", c.Mail.Domain)
	case c.Mail.MailsPerMinute < 0 || c.Mail.PerSenderHour < 0:
		return fmt.Errorf("configuration: mail.mails_per_minute and mail.per_sender_hour are 0 (no limit) or more")
	case c.Mail.Sending.Route == routeSmarthost && c.Mail.Smarthost == "":
		return fmt.Errorf("configuration: mail.smarthost is empty: name the server that takes our mail as host:port, or set mail.route = \"direct\"")
	case c.Mail.MaxMB < 1 || c.Mail.MaxMB > 200:
		return fmt.Errorf("configuration: mail.max_mb %d is not between 1 and 200", c.Mail.MaxMB)
	}
	if _, err := c.Chase.flow(); err != nil {
		return err
	}
	if c.Database.DSN == "" {
		c.Database.DSN = filepath.Join(c.Dir, "kinbridge.db")
	}
	if err := checkAddr("http.addr", c.HTTP.Addr, true); err != nil {
		return err
	}
	if _, err := c.Meetings.contributions(); err != nil {
		return err
	}
	if _, _, _, err := c.Meetings.slots(); err != nil {
		return err
	}
	if _, err := c.Meetings.movements(); err != nil {
		return err
	}
	if _, err := c.Meetings.papers(); err != nil {
		return err
	}
	if _, err := c.Meetings.minutes(); err != nil {
		return err
	}
	if err := c.Support.check(); err != nil {
		return err
	}
	if (c.HTTP.TLSCert == "") != (c.HTTP.TLSKey == "") {
		return fmt.Errorf("configuration: http.tls_cert and http.tls_key go together: set both, or neither when a proxy in front has the certificate")
	}
	if err := c.Rooms.check(); err != nil {
		return err
	}
	if err := c.Mail.checkIMAP(); err != nil {
		return err
	}
	if err := c.Mail.checkTogether(); err != nil {
		return err
	}
	return c.Mail.Sending.check(c.Mail.Hostname, c.PublicURL)
}

// secure reports whether browsers reach us by TLS.
func (c Config) secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

const shutdownTime = 10 * time.Second
