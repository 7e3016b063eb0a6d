// Package smtpout sends what the outbox asks for, as MIME mail over SMTP: to the configured smarthost, or straight to the recipients' own
// servers. It decides how a connection must be protected and never lets a mail that needs protection go without. It keeps nothing but
// domains' security policies and counters: retries are the outbox's, states the gateway's.
package smtpout

import (
	"context"
	"crypto"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kinbridge/adapters/email/mtasts"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
)

// Deliveries is what the sender needs to carry messages.
type Deliveries interface {
	// OutgoingMail returns the email of a delivery, or flow.ErrNothingToSend.
	OutgoingMail(ctx context.Context, id ids.DeliveryID) (flow.OutMail, error)
	// MailSent records that a server has taken a delivery; final: it is the recipient's own server.
	MailSent(ctx context.Context, id ids.DeliveryID, final bool, answer string) error
	// MailFailed records a failed try and returns when to try again; the zero time = never. What is tried then may be another mail: a notice.
	MailFailed(ctx context.Context, id ids.DeliveryID, attempt int, why flow.MailFailure) (time.Time, error)
}

// Letters is what the sender needs to carry mail about meetings and reading pages. Payloads are outbox items'.
type Letters interface {
	// GuestMail returns the email of a meeting's outbox item, or flow.ErrNothingToSend.
	GuestMail(ctx context.Context, payload json.RawMessage) (flow.OutMail, error)
	// GuestMailDone records that a server has taken such an email, or refused it for good.
	GuestMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error
	// PageMail and PageMailDone are the same for the code of a reading page.
	PageMail(ctx context.Context, payload json.RawMessage) (flow.OutMail, error)
	PageMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error
	// NoticeMail and NoticeDone do the same for the mail that tells a sender why hers could not be read.
	NoticeMail(ctx context.Context, payload json.RawMessage) (flow.OutMail, error)
	NoticeDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error
}

// Alerts are the mails that ask somebody near a woman to look at her page.
type Alerts interface {
	AlertMail(ctx context.Context, payload json.RawMessage) (flow.OutMail, error)
	AlertMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error
}

// Invites are the answers to invitations of other people's calendars.
type Invites interface {
	InviteMail(ctx context.Context, payload json.RawMessage) (flow.OutMail, error)
	InviteMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error
}

// Polls are the mails that ask people outside when a meeting can be held.
type Polls interface {
	PollMail(ctx context.Context, payload json.RawMessage) (flow.OutMail, error)
	PollMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error
}

// Gateway is what the sender needs of the domain.
type Gateway interface {
	Deliveries
	Letters
	Alerts
	Invites
	Polls
}

// TLSMode says how the connection to the smarthost is protected.
type TLSMode string

// The TLS modes.
const (
	TLSRequired      TLSMode = "starttls"      // STARTTLS with a verified certificate, or nothing is sent
	TLSImplicit      TLSMode = "tls"           // TLS from the first byte (RFC 8314), verified
	TLSOpportunistic TLSMode = "opportunistic" // STARTTLS where offered
	TLSNone          TLSMode = "none"          // for a smarthost on this machine
)

// Config says where mail goes.
type Config struct {
	Smarthost Smarthost // without an address mail goes straight to the recipients' servers
	// Required lists the domains that mail goes to only over verified TLS, as matchDomain reads them: "anytown.example", "*.gov.uk".
	Required []string
	Hostname string        // ours, for EHLO and to know ourselves among a domain's servers
	DKIM     DKIM          // signs what is sent (RFC 6376); the zero value does not
	Timeout  time.Duration // of one mail; 0 = 100 s, which is inside the outbox's lease
	Net      Network
	Metrics  prometheus.Registerer // of the TLS counters; nil = they are not served
	Now      func() time.Time
	Log      *slog.Logger
}

// Smarthost is a server that takes all our mail.
type Smarthost struct {
	Addr               string  // host:port
	TLS                TLSMode // "" = starttls
	Username, Password string  // "" = no authentication
	// FinalFor lists the recipient domains whose own server it is ("*" = every): its 250 then means accepted by the recipient's server, not
	// merely sent.
	FinalFor []string
	// RequiresTLS claims that it hands mail for Config.Required on over verified TLS or not at all, by its own configuration. Without the
	// claim such mail goes through it only where it offers REQUIRETLS (RFC 8689), or where it is the recipient's own server.
	RequiresTLS bool
}

// Network is the outside world. The zero value is the real one.
type Network struct {
	Resolver Resolver
	Dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS      *tls.Config   // roots, if not the system's
	STS      *mtasts.Cache // domains' policies (RFC 8461), asked when mail goes straight to them
	Shuffle  func(n int, swap func(i, j int))
}

// DKIM is a signing key.
type DKIM struct {
	Domain, Selector string
	Key              crypto.Signer // RSA or Ed25519
}

// Sender sends mail. It is safe for concurrent use and starts no goroutine that outlives a mail.
type Sender struct {
	cfg    Config
	gw     Gateway
	report *tlsReport
}

// New checks the configuration and returns a sender.
func New(gw Gateway, cfg Config) (*Sender, error) {
	h := &cfg.Smarthost
	if h.TLS == "" {
		h.TLS = TLSRequired
	}
	if !slices.Contains([]TLSMode{TLSRequired, TLSImplicit, TLSOpportunistic, TLSNone}, h.TLS) {
		return nil, fmt.Errorf("configuration: mail.smarthost_tls: %q is none of starttls, tls, opportunistic, none", h.TLS)
	}
	if _, _, err := net.SplitHostPort(h.Addr); h.Addr != "" && err != nil {
		return nil, fmt.Errorf("configuration: mail.smarthost: %q is not host:port", h.Addr)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 100 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Hostname == "" {
		cfg.Hostname = "localhost"
	}
	n := &cfg.Net
	if n.Resolver == nil {
		n.Resolver = net.DefaultResolver
	}
	if n.Dial == nil {
		n.Dial = (&net.Dialer{Timeout: 15 * time.Second}).DialContext
	}
	if n.Shuffle == nil {
		n.Shuffle = rand.Shuffle
	}
	if n.STS == nil {
		n.STS = mtasts.New(n.Resolver, nil, cfg.Now)
	}
	report, err := newReport(cfg.Metrics)
	return &Sender{cfg: cfg, gw: gw, report: report}, err
}

// HandleDelivery is the outbox handler for mail_out items.
func (s *Sender) HandleDelivery(ctx context.Context, it outbox.Item) error {
	var id ids.DeliveryID
	if err := json.Unmarshal(it.Payload, &id); err != nil {
		return outbox.Permanent(err)
	}
	m, err := s.gw.OutgoingMail(ctx, id)
	if errors.Is(err, flow.ErrNothingToSend) {
		return nil
	}
	if err != nil {
		return err
	}
	answer, err := s.send(ctx, m)
	if err == nil {
		return s.gw.MailSent(ctx, id, s.final(m.To), answer)
	}
	if ctx.Err() != nil {
		return err // we are stopping: the item comes again
	}
	retry, recordErr := s.gw.MailFailed(ctx, id, it.Attempts, faultOf(err).failure())
	switch {
	case recordErr != nil:
		return errors.Join(err, recordErr)
	case retry.IsZero():
		return nil // recorded as failed: a person is told, nothing is left to do
	}
	return outbox.RetryAt(retry, err)
}

// HandleGuest is the outbox handler for mail_guest items.
func (s *Sender) HandleGuest(ctx context.Context, it outbox.Item) error {
	return s.letter(ctx, it, s.gw.GuestMail, s.gw.GuestMailDone)
}

// HandlePage is the outbox handler for mail_page items.
func (s *Sender) HandlePage(ctx context.Context, it outbox.Item) error {
	return s.letter(ctx, it, s.gw.PageMail, s.gw.PageMailDone)
}

// HandleNotice is the outbox handler for mail_note items.
func (s *Sender) HandleNotice(ctx context.Context, it outbox.Item) error {
	return s.letter(ctx, it, s.gw.NoticeMail, s.gw.NoticeDone)
}

// HandleInvite is the outbox handler for mail_invite items.
func (s *Sender) HandleInvite(ctx context.Context, it outbox.Item) error {
	return s.letter(ctx, it, s.gw.InviteMail, s.gw.InviteMailDone)
}

// HandlePoll is the outbox handler for mail_poll items.
func (s *Sender) HandlePoll(ctx context.Context, it outbox.Item) error {
	return s.letter(ctx, it, s.gw.PollMail, s.gw.PollMailDone)
}

// HandleAlert is the outbox handler for mail_alert items.
func (s *Sender) HandleAlert(ctx context.Context, it outbox.Item) error {
	return s.letter(ctx, it, s.gw.AlertMail, s.gw.AlertMailDone)
}

// letter sends a mail that is no message: its end is recorded, and what is of no use any more is ErrNothingToSend when its time has passed.
func (s *Sender) letter(ctx context.Context, it outbox.Item, of func(context.Context, json.RawMessage) (flow.OutMail, error),
	done func(context.Context, json.RawMessage, bool, string) error) error {
	m, err := of(ctx, it.Payload)
	if errors.Is(err, flow.ErrNothingToSend) {
		return nil
	}
	if err != nil {
		return err
	}
	answer, err := s.send(ctx, m)
	switch {
	case err == nil:
		return done(ctx, it.Payload, true, answer)
	case faultOf(err).permanent:
		// Recorded, and shown: a person is told, nothing is left to do.
		return done(ctx, it.Payload, false, answerOf(err))
	}
	return outbox.RetryAt(s.cfg.Now().Add(outbox.Backoff(it.Attempts, 5*time.Second, 10*time.Minute)), err)
}

// final reports whether the server that took a mail is its recipient's own.
func (s *Sender) final(to string) bool {
	f := s.cfg.Smarthost.FinalFor
	return s.cfg.Smarthost.Addr == "" || slices.Contains(f, "*") || slices.Contains(f, people.Domain(to))
}

// send hands one mail to a server that takes it and returns its answer; a *fault else.
func (s *Sender) send(ctx context.Context, m flow.OutMail) (string, error) {
	raw, err := compose(m, s.cfg.Now())
	if err != nil {
		return "", err
	}
	if raw, err = s.sign(raw); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	if s.cfg.Smarthost.Addr != "" {
		return s.sendBySmarthost(ctx, m, raw)
	}
	return s.sendDirect(ctx, m, raw)
}

func (s *Sender) sendBySmarthost(ctx context.Context, m flow.OutMail, raw []byte) (string, error) {
	h := s.cfg.Smarthost
	host, _, _ := net.SplitHostPort(h.Addr)
	t := target{addr: h.Addr, host: host, domain: host, policy: "smarthost", level: map[TLSMode]level{TLSRequired: verified, TLSImplicit: verified,
		TLSOpportunistic: opportunistic, TLSNone: plain}[h.TLS], implicit: h.TLS == TLSImplicit}
	c, err := s.open(ctx, t)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := s.authenticate(c); err != nil {
		return "", err
	}
	offers, _ := c.Extension("REQUIRETLS")
	onward := requires(people.Domain(m.To), s.cfg.Required, nil, m.Neutral).level == verified
	if onward && !offers && !h.RequiresTLS && !s.final(m.To) {
		return "", &fault{stage: atTLS, trouble: messages.TroubleNoTLS, mayNotify: true, err: errNoRequireTLS}
	}
	return transmit(c, m, raw, onward && offers)
}

// sendDirect tries the recipient's servers in order until one takes the mail, or refuses it for good. Of several faults that which says most
// is returned: a server's answer before silence, and a connection that could not be secured only if no server could be spoken with.
func (s *Sender) sendDirect(ctx context.Context, m flow.OutMail, raw []byte) (string, error) {
	domain, err := asciiDomain(people.Domain(m.To))
	if err != nil {
		return "", err
	}
	sts, stsErr := s.cfg.Net.STS.Policy(ctx, domain)
	policy := "no-policy-found"
	if sts != nil || stsErr != nil {
		policy = "sts"
	}
	if stsErr != nil {
		s.report.add(domain, policy, policyResult(stsErr))
	}
	need := requires(domain, s.cfg.Required, sts, m.Neutral)
	hosts, err := s.mxHosts(ctx, domain)
	if err != nil {
		return "", err
	}
	var worst *fault
	for _, host := range hosts {
		if allowed, named := need.names(host); !named {
			s.report.add(domain, policy, TLSFailed)
			if !allowed {
				worst = worse(worst, &fault{stage: atTLS, trouble: messages.TroubleBadTLS, err: errors.New("the domain's policy does not name its server")})
				continue
			}
		}
		answer, f := s.tryHost(ctx, host, target{host: host, domain: domain, policy: policy, level: need.level, mayNotify: need.mayNotify}, m, raw)
		if f == nil {
			return answer, nil
		}
		if f.noAddress && len(hosts) == 1 && host == domain {
			f = &fault{stage: atLookup, permanent: true, trouble: messages.TroubleNoDomain, err: errNoDomain}
		}
		if worst = worse(worst, f); !f.elsewhere() || ctx.Err() != nil {
			return "", f
		}
	}
	return "", worst
}

// tryHost tries one server at each of its addresses.
func (s *Sender) tryHost(ctx context.Context, host string, t target, m flow.OutMail, raw []byte) (string, *fault) {
	addrs, err := s.addresses(ctx, host)
	if err != nil || len(addrs) == 0 {
		return "", &fault{stage: atConnect, trouble: messages.TroubleUnreachable, noAddress: err == nil, err: errNoAddress}
	}
	var worst *fault
	for _, addr := range addrs {
		t.addr = addr
		answer, err := s.tryAddress(ctx, t, m, raw)
		if err == nil {
			return answer, nil
		}
		f := faultOf(err)
		if worst = worse(worst, f); !f.elsewhere() || ctx.Err() != nil {
			return "", f
		}
	}
	return "", worst
}

// tryAddress tries one address; where protection is only wished for and cannot be had, once more without it (RFC 7435).
func (s *Sender) tryAddress(ctx context.Context, t target, m flow.OutMail, raw []byte) (string, error) {
	c, err := s.open(ctx, t)
	if f := faultOf(err); err != nil && t.level == opportunistic && f.stage == atTLS {
		t.level = plain
		c, err = s.open(ctx, t)
	}
	if err != nil {
		return "", err
	}
	defer c.Close()
	return transmit(c, m, raw, false)
}

// worse is the fault of two that says more. When one server could not be secured and another not be reached, the other may yet be secure:
// it is not taken for certain.
func worse(a, b *fault) *fault {
	order := map[stage]int{atLookup: 0, atConnect: 1, atTLS: 2, atAuth: 3, atMail: 4, atData: 5}
	if a == nil {
		return b
	}
	if order[b.stage] < order[a.stage] {
		a, b = b, a
	}
	if a.stage == atConnect && b.trouble == messages.TroubleNoTLS {
		unsure := *b
		unsure.trouble = messages.TroubleBadTLS
		return &unsure
	}
	return b
}
