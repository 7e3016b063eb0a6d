package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"kinbridge/adapters/calendar/desk"
	"kinbridge/adapters/email/files"
	"kinbridge/adapters/email/intake"
	"kinbridge/adapters/email/mailauth"
	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/vault"

	"net"
)

// world is an open database with its keys and use cases, before anything listens.
type world struct {
	Config Config
	Keys   vault.Keys
	Store  *store.Store
	Bus    *flow.Bus
	Flow   *flow.Flow
	Log    *slog.Logger
	signer *lateSigner
	files  *files.Checker

	handover *outbox.Handover // accepted mail, straight to the dispatcher
}

// lateSigner signs tickets once the media server is there.
type lateSigner struct{ flow.TicketSigner }

// SignTicket implements flow.TicketSigner.
func (l *lateSigner) SignTicket(t meetings.Ticket) (string, error) {
	if l.TicketSigner == nil {
		return "", errors.New("no media server is running")
	}
	return l.TicketSigner.SignTicket(t)
}

// storeConfig names the database and opens the keys. A world that has a database must have its keys: new ones could open nothing of it.
func storeConfig(ctx context.Context, cfg Config) (store.Config, vault.Keys, error) {
	existing, err := store.Exists(ctx, store.Config{Engine: cfg.Database.Engine, DSN: cfg.Database.DSN})
	if err != nil {
		return store.Config{}, vault.Keys{}, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return store.Config{}, vault.Keys{}, fmt.Errorf("the world's folder: %w", err)
	}
	keys, err := vault.LoadOrCreateDir(cfg.Dir, vault.DirOptions{Existing: existing})
	if err != nil {
		return store.Config{}, keys, err
	}
	v, err := vault.New(keys.KEK)
	if err != nil {
		return store.Config{}, keys, err
	}
	return store.Config{Engine: cfg.Database.Engine, DSN: cfg.Database.DSN, Vault: v}, keys, nil
}

func hasBytes(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}

// openWorld opens the configured database, which must have this program's schema.
func openWorld(ctx context.Context, cfg Config) (*world, error) { return openWorldAt(ctx, cfg, nil) }

// openWorldAt is openWorld with a clock; nil = the machine's.
func openWorldAt(ctx context.Context, cfg Config, now func() time.Time) (*world, error) {
	sc, keys, err := storeConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	w := &world{Config: cfg, Keys: keys, Bus: flow.NewBus(), Log: slog.Default(), signer: &lateSigner{}, handover: outbox.NewHandover(256)}
	sc.Wake, sc.Now = w.Bus.Wake, now
	a := cfg.Mail.Attachments
	if w.files, err = files.New(files.Config{Allow: a.Allow, Clamd: a.Clamd, PDFToPPM: a.PDFToPPM, Soffice: a.Soffice}); err != nil {
		return nil, fmt.Errorf("configuration: mail.attachments.%w", err)
	}
	records, err := audit.NewRecordSigner(keys.AuditSigner)
	if err != nil {
		return nil, err
	}
	if w.Store, err = store.Open(ctx, sc); err != nil {
		return nil, err
	}
	chasing, err := cfg.Chase.flow()
	if err != nil {
		return nil, errors.Join(err, w.Store.Close())
	}
	papers, err := cfg.Meetings.papers()
	if err != nil {
		return nil, errors.Join(err, w.Store.Close())
	}
	minutes, err := cfg.Meetings.minutes()
	if err != nil {
		return nil, errors.Join(err, w.Store.Close())
	}
	ahead, err := cfg.Meetings.contributions()
	if err != nil {
		return nil, errors.Join(err, w.Store.Close())
	}
	before, after, notice, err := cfg.Meetings.slots()
	if err != nil {
		return nil, errors.Join(err, w.Store.Close())
	}
	moves, err := cfg.Meetings.movements()
	if err != nil {
		return nil, errors.Join(err, w.Store.Close())
	}
	w.Flow = flow.New(w.Store, w.Bus, flow.Config{Movements: moves, Chase: chasing, PreBrief: before, Debrief: after, NoticeDays: notice, PapersBefore: papers, MinutesDays: minutes, ContributionBefore: ahead, MailDomain: cfg.Mail.Domain, Mailbox: cfg.Mail.mailbox(), AddressKey: keys.Mail[:], SessionKey: keys.Session[:],
		PublicURL: cfg.PublicURL, Notices: cfg.Mail.Sending.notices(), Mail: mailReader(cfg, w.Store), Files: w.files, Calendar: desk.Desk{}, Records: records, Tickets: w.signer, Support: cfg.Support.forFlow(), Handover: w.handover, Log: w.Log, Now: now})
	return w, nil
}

// mailReader reads received email. What an IMAP account's provider found out counts for the mail of that account.
func mailReader(cfg Config, st *store.Store) intake.Reader {
	bodies := &namedBodies{own: mailauth.Party{Name: "Kinbridge", Domain: cfg.Mail.Domain}, agencies: st.Agencies, now: time.Now, log: slog.Default()}
	r := intake.Reader{Resolver: resolver(cfg), TrustedResults: map[string][]string{}, TrustedSealers: cfg.Mail.TrustedSealers, Expect: bodies.list}
	for _, a := range cfg.Mail.IMAP {
		r.TrustedResults[a.Name] = a.TrustedResults
	}
	return r
}

// resolver asks the table of the configuration, then the name servers, whose answers about senders are good for a minute.
func resolver(cfg Config) mailauth.Resolver {
	dns := mailauth.Remember(net.DefaultResolver, time.Minute, nil)
	if len(cfg.SenderTXT) == 0 {
		return dns
	}
	return mailauth.Static{TXT: cfg.SenderTXT, Next: dns}
}

// Close closes the database.
func (w *world) Close() error { return w.Store.Close() }

// migrateWorld makes or upgrades the configured database.
func migrateWorld(ctx context.Context, cfg Config) (from, to int64, err error) {
	sc, _, err := storeConfig(ctx, cfg)
	if err != nil {
		return 0, 0, err
	}
	return store.Migrate(ctx, sc)
}
