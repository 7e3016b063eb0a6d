package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kinbridge/adapters/api"
	"kinbridge/adapters/email/smtpin"
	"kinbridge/adapters/email/smtpout"
	"kinbridge/adapters/guest"
	"kinbridge/adapters/kiosk"
	"kinbridge/adapters/staff"
	"kinbridge/adapters/web"
	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/vault"
	"kinbridge/rooms"
	"kinbridge/rooms/room"
	"kinbridge/rooms/signalling"
)

type serveCmd struct {
	worldFlags
	HTTP string `placeholder:"ADDR" help:"Where to serve pages, instead of the configured address."`
	SMTP string `placeholder:"ADDR" help:"Where to receive mail, instead of the configured address."`
}

// Run serves until the program is told to stop.
func (c serveCmd) Run(ctx context.Context, out *output) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.HTTP != "" {
		cfg.HTTP.Addr = c.HTTP
	}
	if c.SMTP != "" {
		cfg.Mail.Addr = c.SMTP
	}
	if cfg.Database.Engine == store.SQLite && !hasBytes(cfg.Database.DSN) { // a first start makes its world
		if _, _, err := migrateWorld(ctx, cfg); err != nil {
			return err
		}
	}
	s, err := start(ctx, cfg, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(out.Out, "Kinbridge serves http://%s and %s.\n", s.httpAddr(), s.receives())
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	}
	return errors.Join(err, s.stop())
}

// service is a running Kinbridge. stop undoes start in the opposite order.
type service struct {
	*world
	http     *http.Server
	metrics  *http.Server
	listen   net.Listener
	smtp     *smtpin.Server
	rooms    *rooms.Server
	kiosk    *kiosk.Kiosk
	staff    *staff.Staff
	extra    func(*http.ServeMux, *web.Site) error
	failed   chan error
	registry *prometheus.Registry
	stops    []func(context.Context) error
}

func (s *service) httpAddr() string { return s.listen.Addr().String() }

func (s *service) onStop(f func(context.Context) error) { s.stops = append(s.stops, f) }

// stop ends everything within shutdownTime, newest first.
func (s *service) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		errs = append(errs, s.stops[i](ctx))
	}
	return errors.Join(errs...)
}

// start opens the world and starts every part. On an error nothing is left running. extra, when given, adds pages (the demo's).
func start(ctx context.Context, cfg Config, extra func(*http.ServeMux, *web.Site) error) (_ *service, err error) {
	tuneMemory()
	// The address is taken first: with port 0 it is part of every link.
	listen, err := net.Listen("tcp", cfg.HTTP.Addr)
	if err != nil {
		return nil, fmt.Errorf("configuration: http.addr: %w", err)
	}
	if strings.HasSuffix(cfg.PublicURL, ":0") {
		cfg.PublicURL = "http://" + listen.Addr().String()
	}
	w, err := openWorld(ctx, cfg)
	if err != nil {
		_ = listen.Close()
		return nil, err
	}
	s := &service{world: w, listen: listen, extra: extra, failed: make(chan error, 3), registry: prometheus.NewRegistry()}
	s.onStop(func(context.Context) error { return w.Close() })
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop(), ignoreClosed(listen.Close()))
		}
	}()
	for _, part := range []func(context.Context) error{s.startSequencer, s.startRooms, s.startDispatcher, s.startFiles, s.startCalendars, s.startSMTP, s.startIMAP, s.startHTTP} {
		if err = part(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// background runs f in a goroutine until stop; stop waits for it.
func (s *service) background(name string, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("a part of Kinbridge has stopped", "part", name, "err", err)
			select {
			case s.failed <- fmt.Errorf("%s: %w", name, err):
			default:
			}
		}
	}()
	s.onStop(func(context.Context) error { cancel(); <-done; return nil })
}

func (s *service) startSequencer(context.Context) error {
	// The newest checkpoint is kept outside the database too: whoever cuts off the log's tail there must find this file as well.
	keep := audit.Publish(func(_ context.Context, cp []byte) error { return vault.WriteFile(checkpointFile(s.Config), cp, 0o644) })
	seq, err := audit.NewSequencer(s.Store.AuditLog(), s.Keys.AuditSigner, keep)
	if err != nil {
		return err
	}
	wake, stop := s.Bus.Listen(store.TopicAudit)
	s.onStop(func(context.Context) error { stop(); return nil })
	s.onStop(func(ctx context.Context) error { // what was written last is signed before the database closes
		for {
			if n, err := seq.Integrate(ctx); err != nil || n == 0 {
				return err
			}
		}
	})
	s.background("audit sequencer", func(ctx context.Context) error { return seq.Run(ctx, wake) })
	return nil
}

func (s *service) startDispatcher(ctx context.Context) error {
	if err := errors.Join(s.Flow.KeepDays(ctx), s.Flow.KeepMovements(ctx)); err != nil {
		return err
	}
	password := ""
	if f := s.Config.Mail.PasswordFile; f != "" {
		b, err := os.ReadFile(f)
		if err != nil {
			return fmt.Errorf("configuration: mail.password_file: %w", err)
		}
		password = strings.TrimSpace(string(b))
	}
	m := s.Config.Mail
	key, err := dkimKey(m.DKIMKey)
	if err != nil {
		return err
	}
	out := smtpout.Config{Required: m.Sending.TLSRequired, Hostname: m.Hostname, DKIM: smtpout.DKIM{Domain: m.Domain, Selector: m.DKIMSelector, Key: key}, Metrics: s.registry, Log: s.Log}
	if m.Sending.Route == routeSmarthost {
		out.Smarthost = smtpout.Smarthost{Addr: m.Smarthost, TLS: smtpout.TLSMode(m.SmarthostTLS), Username: m.Username, Password: password, FinalFor: m.FinalFor,
			RequiresTLS: m.Sending.SmarthostRequiresTLS}
		if len(m.Sending.TLSRequired) > 0 && !out.Smarthost.RequiresTLS {
			s.Log.Info("mail for the domains of mail.tls_required leaves only if the smarthost offers REQUIRETLS: see deploy/MAIL.md", "domains", m.Sending.TLSRequired)
		}
	}
	sender, err := smtpout.New(s.Flow, out)
	if err != nil {
		return err
	}
	wake, stop := s.Bus.Listen(store.TopicOutbox)
	s.onStop(func(context.Context) error { stop(); return nil })
	d := &outbox.Dispatcher{Queue: s.Store.Outbox(), Wake: wake, Handed: s.handover, Workers: 16, Log: s.Log, Handlers: map[outbox.Kind]outbox.Handler{
		outbox.MailIn: s.Flow.HandleMailIn, outbox.MailOut: sender.HandleDelivery, outbox.MailGuest: sender.HandleGuest, outbox.MailPage: sender.HandlePage,
		outbox.MailAlert: sender.HandleAlert, outbox.AlertAgain: s.Flow.HandleAlertAgain, outbox.MovementDue: s.Flow.HandleMovementDue,
		outbox.MailNote: sender.HandleNotice, outbox.MailInvite: sender.HandleInvite, outbox.MailPoll: sender.HandlePoll, outbox.PollDue: s.Flow.HandlePollDue, outbox.RoomOrder: s.handleOrder,
		outbox.AskDue: s.Flow.HandleAskDue, outbox.Undelivered: s.Flow.HandleUndelivered,
		outbox.CustodyDue: s.Flow.HandleCustodyDue, outbox.DayTurned: s.Flow.HandleDayTurned}}
	s.background("outbox dispatcher", func(ctx context.Context) error { d.Run(ctx); return nil })
	return nil
}

// startFiles has files looked at by a dispatcher of their own: a slow or hostile file keeps no mail waiting.
func (s *service) startFiles(context.Context) error {
	if err := s.files.Pager().Sweep(time.Now()); err != nil {
		s.Log.Warn("what an earlier run left of files could not be removed", "err", err)
	}
	wake, stop := s.Bus.Listen(store.TopicOutbox)
	s.onStop(func(context.Context) error { stop(); return nil })
	d := &outbox.Dispatcher{Queue: s.Store.Outbox(), Wake: wake, Workers: 2, LeaseFor: 5 * time.Minute, Log: s.Log,
		Handlers: map[outbox.Kind]outbox.Handler{outbox.FileCheck: s.Flow.HandleFileCheck}}
	s.background("file dispatcher", func(ctx context.Context) error { d.Run(ctx); return nil })
	return nil
}

func (s *service) startSMTP(context.Context) error {
	m := s.Config.Mail
	if m.noSMTP() {
		return nil
	}
	cert, err := certificate("mail", m.TLSCert, m.TLSKey, s.Config.Dir, m.Hostname)
	if err != nil {
		return err
	}
	s.smtp, err = smtpin.Listen(m.Addr, s.Flow, smtpin.Config{Hostname: m.Hostname, MaxBytes: int64(m.MaxMB) << 20, MailsPerMinute: m.MailsPerMinute, PerSenderHour: m.PerSenderHour,
		TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, Log: s.Log})
	if err != nil {
		return fmt.Errorf("configuration: mail.addr: %w", err)
	}
	s.onStop(s.smtp.Close)
	return nil
}

// roomSink carries what happens in rooms to the gateway.
type roomSink struct{ f *flow.Flow }

// RoomEvent implements room.EventSink.
func (r roomSink) RoomEvent(ctx context.Context, e room.Event) error {
	err := r.f.RoomEvent(ctx, meetings.RoomEvent{ID: e.ID, Room: ids.MeetingID(e.Room), Kind: meetings.EventKind(e.Kind), Participant: ids.ParticipantID(e.Member),
		By: ids.ParticipantID(e.By), At: e.At, Detail: string(e.Reason)})
	if k := ids.KindOf(err); err != nil && (k == ids.NotFound || k == ids.Invalid) {
		slog.Error("an event of a room cannot be kept", "event", e, "err", err)
		return nil // it would never be taken
	}
	return err
}

// ticketMaker signs tickets with the media server's key.
type ticketMaker struct{ s *rooms.Server }

// SignTicket implements flow.TicketSigner.
func (t ticketMaker) SignTicket(k meetings.Ticket) (string, error) {
	return t.s.SignTicket(signalling.Ticket{ID: k.ID, Room: string(k.Room), Member: string(k.Participant), Issued: time.Now(), Device: k.Device, Expires: k.Expires})
}

func (s *service) startRooms(ctx context.Context) error {
	r := s.Config.Rooms
	turn := rooms.TURNConfig{UDP: r.TURNUDP, TCP: r.TURNTCP, TLS: r.TURNTLS, PublicHost: r.TURNHost, Relay: r.TURNRelay}
	if r.TURNTLS != "" {
		cert, err := certificate("http", s.Config.HTTP.TLSCert, s.Config.HTTP.TLSKey, s.Config.Dir, s.Config.Mail.Hostname)
		if err != nil {
			return err
		}
		turn.Certificate = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	var err error
	s.rooms, err = rooms.NewServer(rooms.Config{Media: rooms.MediaConfig{UDP: r.UDP, TCP: r.TCP, PublicIPs: r.PublicIPs, Loopback: r.Loopback},
		TURN: turn, TicketKey: s.Keys.Ticket[:], Origins: []string{s.Config.PublicURL}, Log: s.Log}, roomSink{s.Flow})
	if err != nil {
		return err
	}
	s.onStop(s.rooms.Close)
	s.signer.TicketSigner = ticketMaker{s.rooms}
	if err := s.Flow.RoomsRestarted(ctx); err != nil {
		return err
	}
	orders, err := s.Flow.OpenRoomOrders(ctx)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if err := s.apply(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// apply gives an order to the media server: the two sides share its JSON, not their types.
func (s *service) apply(ctx context.Context, o meetings.RoomOrder) error {
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	var order room.Order
	if err := json.Unmarshal(b, &order); err != nil {
		return err
	}
	return s.rooms.Apply(ctx, order)
}

func (s *service) handleOrder(ctx context.Context, it outbox.Item) error {
	o, err := flow.RoomOrderOf(it.Payload)
	if err != nil {
		return outbox.Permanent(err)
	}
	return s.apply(ctx, o)
}

func (s *service) startHTTP(context.Context) error {
	site, err := web.Load(s.Log, s.registry, nil)
	if err != nil {
		return err
	}
	mux, err := s.routes(site)
	if err != nil {
		return err
	}
	// Long-lived answers (sockets, event streams) set their own deadlines; ReadHeaderTimeout and IdleTimeout bound the rest.
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug)}
	s.http.RegisterOnShutdown(s.staff.Close) // its event streams would hold the shutdown up
	if h := s.Config.HTTP; h.TLSCert != "" { // read now: a wrong path is told at start, not by a listener that ends
		cert, err := certificate("http", h.TLSCert, h.TLSKey, s.Config.Dir, s.Config.Mail.Hostname)
		if err != nil {
			return err
		}
		s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	s.serveHTTP("http listener", s.http, s.listen)
	if addr := s.Config.HTTP.Metrics; addr != "" {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("configuration: http.metrics_addr: %w", err)
		}
		s.metrics = &http.Server{Handler: promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}), ReadHeaderTimeout: 10 * time.Second}
		s.serveHTTP("metrics listener", s.metrics, l)
	}
	return nil
}

func (s *service) serveHTTP(name string, srv *http.Server, l net.Listener) {
	s.background(name, func(context.Context) error {
		err := error(nil)
		if srv.TLSConfig != nil {
			err = srv.ServeTLS(l, "", "") // with the certificates of its configuration
		} else {
			err = srv.Serve(l)
		}
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	})
	s.onStop(func(ctx context.Context) error {
		if srv.Shutdown(ctx) != nil { // an event stream is still open: it is cut, and its page asks again
			return ignoreClosed(srv.Close())
		}
		return nil
	})
}

// routes mounts every face.
func (s *service) routes(site *web.Site) (http.Handler, error) {
	mux := http.NewServeMux()
	site.Routes(mux)
	secure := s.Config.secure()
	var err error
	if s.kiosk, err = kiosk.New(kiosk.Config{Site: site, Secure: secure, Speaker: kiosk.FindPrograms(), Log: s.Log}, s.Flow); err != nil {
		return nil, err
	}
	s.onStop(s.kiosk.Close)
	guests, err := guest.New(guest.Config{Site: site, Secure: secure}, s.Flow)
	if err != nil {
		return nil, err
	}
	if s.staff, err = staff.New(staff.Config{Site: site, Secure: secure, Log: s.Log}, s.Flow); err != nil {
		return nil, err
	}
	machines, err := api.New(api.Config{Log: s.Log}, s.Flow)
	if err != nil {
		return nil, err
	}
	mux.Handle("/kiosk/", s.kiosk.Handler())
	mux.Handle("/guest/", guests.Handler())
	mux.Handle("/read/", guests.Handler())
	mux.Handle("/poll/", guests.Handler())
	mux.Handle("/rooms/ws", s.rooms.Handler())
	mux.Handle("/api/", machines.Handler())
	if err := s.custodyHook(mux); err != nil {
		return nil, err
	}
	mux.Handle("/", s.staff.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	if s.extra != nil {
		err = s.extra(mux, site)
	}
	return mux, err
}

// ready says whether the database answers.
func (s *service) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if _, err := s.Store.Agencies(ctx, ""); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// checkpointFile is where the newest signed checkpoint of the audit log is kept beside the database.
func checkpointFile(cfg Config) string { return filepath.Join(cfg.Dir, "audit.checkpoint") }
