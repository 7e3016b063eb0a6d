package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"kinbridge/adapters/email/smtpout"
	"kinbridge/adapters/mailbox"
)

type demoCmd struct {
	Dir         string `placeholder:"DIR" help:"Folder for the world; one with a demo world in it is gone on with. Without it: a new temporary folder." type:"path"`
	HTTP        string `placeholder:"ADDR" help:"Where to serve pages; port 0 chooses one. Without it: 127.0.0.1:8080, or a free port if that is taken."`
	SMTP        string `placeholder:"ADDR" help:"Where to receive mail. Without it: 127.0.0.1:2525, or a free port."`
	MailboxHTTP string `name:"mailbox-http" placeholder:"ADDR" help:"Where to show what the council received. Without it: 127.0.0.1:8025, or a free port."`
	MailboxSMTP string `name:"mailbox-smtp" placeholder:"ADDR" help:"Where the council's mail server listens. Without it: a free port."`
	SenderKey   string `name:"sender-key" hidden:"" placeholder:"RECORD" help:"The DKIM key record that the council publishes under the selector bench, for measuring."`
	Scale       string `default:"small" enum:"small,pilot" help:"small: four families, with something of everything. pilot: 94 families of two prisons over two years, with the numbers of a published pilot, for reports."`
	ReadyFile   string `placeholder:"FILE" name:"ready-file" help:"Write one JSON object with the addresses and sign-ins here when ready." type:"path"`
}

// ready is what the ready file holds, and what the world was made with.
type ready struct {
	HTTP        string         `json:"http"`
	SMTP        string         `json:"smtp"`
	MailboxHTTP string         `json:"mailbox_http"`
	MailboxSMTP string         `json:"mailbox_smtp"`
	Staff       []readyStaff   `json:"staff"`
	Kiosks      []readyKiosk   `json:"kiosks"`
	Mothers     []readyMother  `json:"mothers"`
	APIToken    string         `json:"api_token"`
	Threads     []readyThread  `json:"threads"`
	Meetings    []readyMeeting `json:"meetings"`
}

type readyStaff struct {
	Email      string `json:"email"`
	Name       string `json:"name"`
	Password   string `json:"password"`
	TOTPSecret string `json:"totp_secret"`
	Role       string `json:"role"`
	Also       string `json:"also,omitempty"` // another appointment of hers: its role
}

type readyKiosk struct {
	EnrolCode     string `json:"enrol_code"`
	Establishment string `json:"establishment"`
	Wing          string `json:"wing"`
}

type readyMother struct {
	Name   string `json:"name"`
	PIN    string `json:"pin"`
	CaseID string `json:"case_id"`
}

type readyThread struct {
	ID           string `json:"id"`
	CaseID       string `json:"case_id"`
	Channel      string `json:"channel"`
	ReplyAddress string `json:"reply_address"` // "" when nobody outside is in the thread
	LAEmail      string `json:"la_email"`
}

type readyMeeting struct {
	ID     string `json:"id"`
	CaseID string `json:"case_id"`
}

// Run makes the world, unless it is there, and serves it until the program is told to stop.
func (c demoCmd) Run(ctx context.Context, out *output) (err error) {
	if c.Dir == "" {
		if c.Dir, err = os.MkdirTemp("", "kinbridge-demo-"); err != nil {
			return err
		}
	}
	c.chooseAddresses()
	box, err := startMailbox(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	cfg := c.config(box.SMTPAddr())
	if _, _, err := migrateWorld(ctx, cfg); err != nil {
		return err
	}
	if err := c.makeScale(ctx, cfg); err != nil {
		return err
	}
	page := &demoPage{}
	s, err := start(ctx, cfg, page.routes)
	if err != nil {
		return err
	}
	box.SetGateway(s.smtp.Addr().String())
	r, err := demoWorld(ctx, s)
	if err != nil {
		return errors.Join(err, s.stop())
	}
	r.HTTP, r.SMTP, r.MailboxHTTP, r.MailboxSMTP = s.httpAddr(), s.smtp.Addr().String(), box.HTTPAddr(), box.SMTPAddr()
	page.ready.Store(&r)
	if err := c.tell(out, r); err != nil {
		return errors.Join(err, s.stop())
	}
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	}
	return errors.Join(err, s.stop())
}

// makeScale makes the world of a larger scale, unless the folder has one.
func (c demoCmd) makeScale(ctx context.Context, cfg Config) error {
	if c.Scale != "pilot" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "demo.json")); !errors.Is(err, fs.ErrNotExist) {
		return err // an older world of whatever scale is gone on with
	}
	_, err := makePilot(ctx, cfg, pilotSeed)
	return err
}

// chooseAddresses fills in the addresses that were not given: the usual port where it is free.
func (c *demoCmd) chooseAddresses() {
	for _, a := range []struct {
		addr  *string
		usual string
	}{{&c.HTTP, "127.0.0.1:8080"}, {&c.SMTP, "127.0.0.1:2525"}, {&c.MailboxHTTP, "127.0.0.1:8025"}, {&c.MailboxSMTP, "127.0.0.1:0"}} {
		if *a.addr != "" {
			continue
		}
		*a.addr = "127.0.0.1:0"
		if l, err := net.Listen("tcp", a.usual); err == nil {
			*a.addr = a.usual
			_ = l.Close()
		}
	}
}

// writers are those at whose desks the pretend mailbox can sit.
func (c demoCmd) writers() []mailbox.Person {
	if c.Scale != "pilot" {
		return demoWriters()
	}
	var out []mailbox.Person
	for _, p := range pilotWriters(planPilot(pilotSeed)) {
		out = append(out, mailbox.Person{Name: p.Name, Email: p.Email})
	}
	return out
}

// domains are those of everybody who writes to the demo.
func (c demoCmd) domains() (out []string) {
	for _, a := range demoAgencies {
		out = append(out, a.domain)
	}
	if c.Scale == "pilot" {
		for _, b := range planPilot(pilotSeed).authorities {
			out = append(out, b.domain)
		}
	}
	return out
}

func startMailbox(c demoCmd) (*mailbox.Mailbox, error) {
	box, err := mailbox.New(mailbox.Config{SMTPAddr: c.MailboxSMTP, HTTPAddr: c.MailboxHTTP, Dir: filepath.Join(c.Dir, "mailbox"), People: c.writers()})
	if err != nil {
		return nil, err
	}
	return box, box.Start()
}

// config is the demo's: everything on this machine, mail to the pretend council, whose domains vouch for this machine.
func (c demoCmd) config(smarthost string) Config {
	cfg := defaults(c.Dir)
	cfg.HTTP.Addr, cfg.Mail.Addr = c.HTTP, c.SMTP
	cfg.PublicURL = "http://127.0.0.1:0" // filled in with the address that is served
	cfg.Mail.Smarthost, cfg.Mail.SmarthostTLS, cfg.Mail.FinalFor = smarthost, string(smtpout.TLSNone), []string{"*"}
	cfg.Mail.MailsPerMinute, cfg.Mail.PerSenderHour = 0, 0
	cfg.Rooms = RoomsConfig{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0", Loopback: true, TURNUDP: "127.0.0.1:0", TURNTCP: "127.0.0.1:0", TURNTLS: "127.0.0.1:0", TURNRelay: "127.0.0.1"}
	cfg.Mail.Attachments = AttachmentsConfig{PDFToPPM: installed("pdftoppm"), Soffice: installed("soffice")}
	cfg.Database.DSN = filepath.Join(c.Dir, "kinbridge.db")
	cfg.SenderTXT = map[string][]string{}
	for _, domain := range c.domains() {
		if domain != "" {
			cfg.SenderTXT[domain] = []string{"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all"}
			cfg.SenderTXT["_dmarc."+domain] = []string{"v=DMARC1; p=reject"} // else a name server is asked for an invented domain, and awaited
			if c.SenderKey != "" {
				cfg.SenderTXT["bench._domainkey."+domain] = []string{c.SenderKey}
			}
		}
	}
	return cfg
}

// tell writes the ready file, whole or not at all, and prints where to click.
func (c demoCmd) tell(out *output, r ready) error {
	if c.ReadyFile != "" {
		b, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if err := writeWhole(c.ReadyFile, b); err != nil {
			return fmt.Errorf("ready file: %w", err)
		}
	}
	w := out.Out
	fmt.Fprintf(w, "\nA world of invented people is ready in %s\n\n", c.Dir)
	fmt.Fprintf(w, "  Start here            http://%s/demo   (all sign-ins, with codes that work now)\n\n", r.HTTP)
	fmt.Fprintf(w, "  The mother's kiosk    http://%s/kiosk/\n", r.HTTP)
	fmt.Fprintf(w, "  The staff site        http://%s/\n", r.HTTP)
	fmt.Fprintf(w, "  What the council got  http://%s/   (read and answer its mail)\n", r.MailboxHTTP)
	fmt.Fprintf(w, "  Mail comes in at      %s\n\n", r.SMTP)
	for _, k := range r.Kiosks {
		fmt.Fprintf(w, "  kiosk code %s   %s, %s\n", k.EnrolCode, k.Establishment, k.Wing)
	}
	for _, m := range r.Mothers {
		fmt.Fprintf(w, "  %-16s PIN %s\n", m.Name, m.PIN)
	}
	for _, s := range r.Staff {
		fmt.Fprintf(w, "  %-36s %s   %s\n", s.Email, s.Password, s.Role)
	}
	fmt.Fprintf(w, "  API token %s\n\nStop with Ctrl-C.\n", r.APIToken)
	return nil
}

// writeWhole writes a file so that nobody ever reads half of it.
func writeWhole(path string, b []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// installed returns where a program is, or "" when it is not on this machine.
func installed(program string) string {
	path, err := exec.LookPath(program)
	if err != nil {
		return ""
	}
	return path
}
