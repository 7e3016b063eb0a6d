// Package intake reads a received email for the gateway: it parses, takes the reply apart and checks the sender, and says all of it in the
// gateway's own words (flow.ReadMail). It decides nothing and keeps nothing.
package intake

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"kinbridge/adapters/email/mailauth"
	"kinbridge/adapters/email/mailkind"
	"kinbridge/adapters/email/mailparse"
	"kinbridge/adapters/email/replytext"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
)

// Reader reads received email. It is safe for concurrent use.
type Reader struct {
	Resolver mailauth.Resolver
	Limits   mailparse.Limits // the zero value means the defaults
	// DNSTimeout bounds the questions one email causes; 0 = 10 s.
	DNSTimeout time.Duration
	// TrustedResults names, for each IMAP account, the servers (authserv-id, or mailauth.NoID) whose Authentication-Results count for mail that
	// was fetched by it.
	TrustedResults map[string][]string
	TrustedSealers []string // the domains whose ARC seals count
	// Expect returns whom a forger might want to be taken for; nil = nobody in particular. It is asked for every mail and must be quick.
	Expect func() []mailauth.Party
}

// Read implements flow.MailReader.
func (r Reader) Read(ctx context.Context, raw []byte, env store.Envelope) flow.ReadMail {
	mail, _ := r.read(ctx, raw, env)
	return mail
}

// read says besides whether a question had to stay open because its answer was not cached.
func (r Reader) read(ctx context.Context, raw []byte, env store.Envelope) (out flow.ReadMail, notCached bool) {
	m, err := mailparse.Parse(raw, r.Limits)
	if m == nil {
		return flow.ReadMail{Kind: flow.MailRejected, Problem: problem(err)}, false
	}
	class := mailkind.Classify(m, env.MailFrom)
	out = flow.ReadMail{Kind: flow.MailKind(class.Kind), FromHeaders: m.FromHeaders, Subject: m.Subject, MessageID: m.MessageID}
	if len(m.From) == 1 {
		out.From, out.FromName = people.NormaliseEmail(m.From[0].Addr), m.From[0].Name
	}
	if class.Kind == mailkind.KindRejected {
		out.Problem = class.Reason
	}
	out.Encrypted, out.Signed = protection(m.Protection)
	if out.Encrypted && out.Kind == flow.MailMessage {
		out.Kind, out.Problem = flow.MailRejected, "The email is encrypted, so nobody here can read it. Ask the sender to send it again without encryption."
	}
	reply := replytext.Split(m)
	out.Text = reply.Text
	out.Quoted = join(reply.Signature, reply.Quoted)
	if out.Kind == flow.MailMessage || out.Kind == flow.MailInvite {
		var scrub func(string) string
		if out.Invite, scrub = invitation(m, reply); out.Invite != nil {
			out.Kind = flow.MailInvite
		}
		out.Text, out.Quoted = scrub(out.Text), scrub(out.Quoted)
	}
	out.Files = newFiles(m.Attachments)
	if out.Bounces = bounces(class); len(out.Bounces) > 0 {
		out.Names = named(raw, m)
	}
	out.Auto = autoFacts(class.Auto)
	out.CalendarAnswer = calendarAnswer(m, out.From)
	if env.WholeSize > 0 {
		out.Kind, out.Problem = flow.MailRejected, tooLarge(env)
	}
	out.Proof, notCached = r.proof(ctx, raw, m, env)
	return out, notCached
}

// newFiles gives files identifiers that sort as the mail has the files: that is the order in which everybody is shown them.
func newFiles(as []mailparse.Attachment) (out []store.NewFile) {
	order := make([]ids.AttachmentID, len(as))
	for i := range order {
		order[i] = ids.New[ids.AttachmentID](ids.Attachment)
	}
	slices.Sort(order) // those of one millisecond are random
	for i, a := range as {
		out = append(out, store.NewFile{Content: a.Data, Attachment: messages.Attachment{ID: order[i], Name: a.Name, MediaType: a.Type, Size: int64(len(a.Data))}})
	}
	return out
}

// tooLarge says where a mail is of which only the header was fetched.
func tooLarge(env store.Envelope) string {
	return fmt.Sprintf("The email has %d MB and is over the limit, so only its header was fetched. The whole email is in the mailbox of the account %q: read it there.",
		(env.WholeSize+(1<<20)-1)>>20, env.Fetched)
}

func problem(err error) string {
	if err == nil {
		return ""
	}
	return ids.Public(err)
}

func join(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if strings.TrimSpace(p) != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}

// protection says what cryptographic envelope the mail came in: sealed, or signed by which standard.
func protection(p mailparse.Protection) (encrypted bool, signed string) {
	switch {
	case p.Sealed():
		return true, ""
	case p == mailparse.SMIMESigned:
		return false, "smime"
	case p == mailparse.PGPSigned:
		return false, "pgp"
	}
	return false, ""
}

// bounces are the recipients that a delivery report speaks of: failed, delayed, and reached.
func bounces(class mailkind.Class) []flow.Bounce {
	var out []flow.Bounce
	for _, b := range class.Bounces {
		out = append(out, flow.Bounce{Recipient: b.Recipient, Status: b.Status, Permanent: b.Permanent, Delayed: b.Delayed, Diagnostic: b.Diagnostic})
	}
	for _, b := range class.Delivered {
		out = append(out, flow.Bounce{Recipient: b.Recipient, Status: b.Status, Delivered: true})
	}
	return out
}

// maxNames is how many identifiers of ours a report may name: it returns one mail, whose References are 20.
const maxNames = 64

// named finds our identifiers of messages and deliveries in a report: in the Message-ID, In-Reply-To and References of the mail it returns, or as its
// Original-Envelope-Id (RFC 3464 section 2.2.1). Servers put them into fields, text and parts of every kind, so they are looked for everywhere. Among
// more than there can be, the first count.
func named(raw []byte, m *mailparse.Message) (out []string) {
	places := [][]byte{raw, []byte(m.Text)}
	for _, a := range m.Attachments {
		places = append(places, a.Data)
	}
	for _, b := range places {
		for len(out) < maxNames {
			at := ours.FindIndex(b)
			if at == nil {
				break
			}
			if id := string(b[at[0]:at[1]]); !slices.Contains(out, id) {
				out = append(out, id)
			}
			b = b[at[1]:]
		}
	}
	return out
}

// ours is an identifier of a message or a delivery, as package ids makes them.
var ours = regexp.MustCompile(`\b(?:` + ids.Message + `|` + ids.Delivery + `)_[0-9a-z]{26}\b`)

// autoFacts says in the gateway's words what an automatic answer tells.
func autoFacts(a mailkind.AutoReply) flow.AutoFacts {
	out := flow.AutoFacts{Form: string(a.Form), Until: a.Until}
	for _, c := range a.Colleagues {
		f := flow.Colleague{Name: c.Name, Phone: c.Phone}
		if c.Email != "" {
			f.Email = people.NormaliseEmail(c.Email)
		}
		out.Colleagues = append(out.Colleagues, f)
	}
	return out
}

func (r Reader) proof(ctx context.Context, raw []byte, m *mailparse.Message, env store.Envelope) (p flow.SenderProof, notCached bool) {
	timeout := r.DNSTimeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	var expect []mailauth.Party
	if r.Expect != nil {
		expect = r.Expect()
	}
	f := mailauth.Within(ctx, timeout, raw, mailauth.Envelope{RemoteIP: net.ParseIP(env.RemoteIP), Helo: env.Helo, MailFrom: env.MailFrom, Parsed: m,
		Fetched: env.Fetched != "", TrustedResults: r.TrustedResults[env.Fetched], TrustedSealers: r.TrustedSealers, Expect: expect}, r.Resolver)
	p = flow.SenderProof{Verified: f.Verified(), Reasons: f.Reasons(), TempFail: f.Temporary(), Warnings: f.Warnings(), Source: f.Source,
		Results: map[string]string{"spf": string(f.SPF), "dmarc": string(f.DMARC), "dkim": string(mailauth.None), "arc": string(f.ARC.Result)}}
	for _, s := range f.Signatures {
		if p.Results["dkim"] != string(mailauth.Pass) {
			p.Results["dkim"] = string(s.Result)
		}
	}
	return p, f.NotCached
}
