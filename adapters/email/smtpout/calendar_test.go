package smtpout

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"kinbridge/adapters/calendar/desk"
	"kinbridge/adapters/calendar/invite"
	"kinbridge/adapters/email/mailparse"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
)

var written = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// withRequest is a mail that carries an invitation.
func withRequest(t *testing.T) flow.OutMail {
	t.Helper()
	p, err := desk.Desk{}.Request(flow.CalendarMeeting{UID: "u-1@in.kinbridge.example", Sequence: 2, Start: written.Add(48 * time.Hour), End: written.Add(49 * time.Hour),
		Organizer: flow.CalendarPerson{Name: "Kinbridge meetings", Address: "a-1@in.kinbridge.example"}, Guest: flow.CalendarPerson{Name: "Anna Quill", Address: "anna@anytown.example"},
		Link: "https://kinbridge.example/guest/" + strings.Repeat("k", 32)}, written)
	if err != nil {
		t.Fatal(err)
	}
	return flow.OutMail{From: "meetings@in.kinbridge.example", To: "anna@anytown.example", Subject: "Meeting", Text: "Croeso i’r cyfarfod.\n", HTML: "<p>Croeso i’r cyfarfod.</p>",
		MessageID: "x@in.kinbridge.example", Calendar: &p}
}

// The calendar is the last alternative, in the form that Outlook, Google and Apple act on, whether or not files go with the mail.
func TestCalendarIsTheLastAlternative(t *testing.T) {
	for name, files := range map[string][]store.NewFile{"alone": nil, "with a file": {{Content: []byte("paper"), Attachment: messages.Attachment{Name: "paper.pdf", MediaType: "application/pdf"}}}} {
		m := withRequest(t)
		m.Files = files
		raw, err := compose(m, written)
		if err != nil {
			t.Fatal(err)
		}
		msg, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		body := msg.Body
		if files != nil {
			part, err := multipart.NewReader(body, params["boundary"]).NextPart()
			if err != nil {
				t.Fatal(err)
			}
			kind, params, _ = mime.ParseMediaType(part.Header.Get("Content-Type"))
			body = part
		}
		if kind != "multipart/alternative" {
			t.Fatalf("%s: %s", name, kind)
		}
		var kinds []string
		var last []byte
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, p.Header.Get("Content-Type")+" "+p.Header.Get("Content-Transfer-Encoding"))
			last, _ = io.ReadAll(p)
		}
		if len(kinds) != 3 || kinds[2] != "text/calendar; method=REQUEST; charset=UTF-8 base64" {
			t.Errorf("%s: %q", name, kinds)
		}
		for _, line := range strings.Split(string(last), "\r\n") {
			if len(line) > 76 {
				t.Errorf("%s: a line of %d", name, len(line))
			}
		}
		if ics, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(last), "\r\n", "")); err != nil || !bytes.Equal(ics, m.Calendar.ICS) {
			t.Errorf("%s: %v, other bytes", name, err)
		}
		readByUs(t, raw)
	}
}

// readByUs checks that what Kinbridge sends is what Kinbridge would read as an invitation.
func readByUs(t *testing.T, raw []byte) {
	t.Helper()
	m, err := mailparse.Parse(raw, mailparse.Limits{})
	if err != nil || len(m.Calendar) != 1 || !strings.Contains(m.Text, "Croeso") {
		t.Fatalf("%v %+v", err, m)
	}
	message, err := invite.FromBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	in, err := invite.Read(message)
	if f := in.Fields(); err != nil || f.UID != "u-1@in.kinbridge.example" || f.Sequence != 2 || f.Method != "REQUEST" {
		t.Errorf("%v %+v", err, f)
	}
}

// Through a real SMTP dialogue the calendar arrives as it was written, and the DKIM signature covers it.
func TestCalendarIsSentAndSigned(t *testing.T) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h, g := &smarthost{}, &gateway{mail: withRequest(t)}
	s := sender(t, g, Config{Smarthost: Smarthost{Addr: h.start(t, nil, false), TLS: TLSNone}, DKIM: DKIM{Domain: "in.kinbridge.example", Selector: "k1", Key: key}})
	if err := s.HandleGuest(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	raw := h.all()[0].raw
	readByUs(t, []byte(raw))
	check := func(raw string) error {
		vs, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(string) ([]string, error) {
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
		}})
		if err != nil || len(vs) != 1 {
			t.Fatalf("%d signatures, %v", len(vs), err)
		}
		return vs[0].Err
	}
	if err := check(raw); err != nil {
		t.Errorf("the signature does not verify: %v", err)
	}
	if err := check(strings.Replace(raw, "method=REQUEST", "method=CANCEL", 1)); err == nil {
		t.Error("another method verifies")
	}
}

func (g *gateway) InviteMail(ctx context.Context, p json.RawMessage) (flow.OutMail, error) {
	return g.GuestMail(ctx, p)
}
func (g *gateway) PollMail(ctx context.Context, p json.RawMessage) (flow.OutMail, error) {
	return g.GuestMail(ctx, p)
}
func (g *gateway) PollMailDone(ctx context.Context, p json.RawMessage, sent bool, answer string) error {
	return g.GuestMailDone(ctx, p, sent, answer)
}
func (g *gateway) InviteMailDone(ctx context.Context, p json.RawMessage, sent bool, answer string) error {
	return g.GuestMailDone(ctx, p, sent, answer)
}
