package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/email/intake"
	"kinbridge/adapters/email/mailauth"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/store"
)

var reader = intake.Reader{Resolver: mailauth.Static{TXT: map[string][]string{"anytown.example": {"v=spf1 ip4:192.0.2.1 -all"}}}, DNSTimeout: 2 * time.Second}

var env = store.Envelope{MailFrom: "anna@anytown.example", Rcpt: "r-1@in.kinbridge.example", RemoteIP: "192.0.2.1", Helo: "mx.anytown.example"}

const reply = "From: Anna Quill <Anna@Anytown.example>\r\nTo: r-1@in.kinbridge.example\r\nSubject: Re: Kinbridge message\r\nMessage-ID: <1@anytown.example>\r\n"

const report = "From: mailer-daemon@anytown.example\r\nSubject: Report\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nReport.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.anytown.example\r\n\r\n" +
	"Final-Recipient: rfc822; anna@anytown.example\r\nAction: ACTION\r\nStatus: STATUS\r\n\r\n--b--\r\n"

func TestRead(t *testing.T) {
	stranger := env
	stranger.RemoteIP = "203.0.113.7"
	for _, c := range []struct {
		name, raw string
		env       store.Envelope
		kind      flow.MailKind
		check     func(flow.ReadMail) bool
	}{
		{"a reply", reply + "\r\nYes, on Monday.\r\n\r\nOn 1 May 2026, Kinbridge <r-1@in.kinbridge.example> wrote:\r\n> Will you come?\r\n", env, flow.MailMessage, func(m flow.ReadMail) bool {
			return m.From == "anna@anytown.example" && m.FromName == "Anna Quill" && m.FromHeaders == 1 && strings.TrimSpace(m.Text) == "Yes, on Monday." &&
				strings.Contains(m.Quoted, "Will you come?") && m.MessageID == "1@anytown.example" && m.Proof.Verified && m.Proof.Results["spf"] == "pass"
		}},
		{"from another server", reply + "\r\nYes.\r\n", stranger, flow.MailMessage, func(m flow.ReadMail) bool {
			return !m.Proof.Verified && m.Proof.Results["spf"] == "fail" && len(m.Proof.Reasons) > 0
		}},
		{"two writers", "From: evil@x.example\r\n" + reply + "\r\nYes.\r\n", env, "", func(m flow.ReadMail) bool { return m.FromHeaders == 2 && !m.Proof.Verified }},
		{"encrypted", reply + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAG\r\n", env, flow.MailRejected,
			func(m flow.ReadMail) bool { return strings.Contains(m.Problem, "encrypted") && m.Encrypted }},
		{"signed", reply + "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nYes.\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n", env, flow.MailMessage,
			func(m flow.ReadMail) bool {
				return m.Signed == "pgp" && !m.Encrypted && strings.TrimSpace(m.Text) == "Yes."
			}},
		{"away until, and whom to ask", reply + "Date: Mon, 2 Mar 2026 10:00:00 +0000\r\nAuto-Submitted: auto-replied\r\n\r\nI am on leave until 9 March.\r\n\r\nPlease contact Sam Reed, Sam.Reed@Anytown.example.\r\n", env, flow.MailAutoReply,
			func(m flow.ReadMail) bool {
				return m.Auto.Form == "away" && m.Auto.Until.Equal(time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)) && slices.Equal(m.Auto.Colleagues, []flow.Colleague{{Name: "Sam Reed", Email: "sam.reed@anytown.example"}})
			}},
		{"out of office", reply + "Auto-Submitted: auto-replied\r\n\r\nI am away.\r\n", env, flow.MailAutoReply, func(flow.ReadMail) bool { return true }},
		{"our own mail", reply + "X-Kinbridge-Loop: 1\r\nAuto-Submitted: auto-generated\r\n\r\nx\r\n", env, flow.MailLoop, func(flow.ReadMail) bool { return true }},
		{"failed", strings.NewReplacer("ACTION", "failed", "STATUS", "5.1.1").Replace(report), store.Envelope{RemoteIP: "192.0.2.1"}, flow.MailBounce, func(m flow.ReadMail) bool {
			return len(m.Bounces) == 1 && m.Bounces[0].Permanent && !m.Bounces[0].Delayed && !m.Bounces[0].Delivered && m.Bounces[0].Status == "5.1.1"
		}},
		{"delayed", strings.NewReplacer("ACTION", "delayed", "STATUS", "4.4.1").Replace(report), store.Envelope{RemoteIP: "192.0.2.1"}, flow.MailBounce, func(m flow.ReadMail) bool {
			return len(m.Bounces) == 1 && m.Bounces[0].Delayed && !m.Bounces[0].Delivered && !m.Bounces[0].Permanent
		}},
		{"given up for now", strings.NewReplacer("ACTION", "failed", "STATUS", "4.4.7").Replace(report), store.Envelope{RemoteIP: "192.0.2.1"}, flow.MailBounce, func(m flow.ReadMail) bool {
			return len(m.Bounces) == 1 && !m.Bounces[0].Delayed && !m.Bounces[0].Delivered && !m.Bounces[0].Permanent
		}},
		{"delivered", strings.NewReplacer("ACTION", "delivered", "STATUS", "2.1.5").Replace(report), store.Envelope{RemoteIP: "192.0.2.1"}, flow.MailBounce, func(m flow.ReadMail) bool {
			return len(m.Bounces) == 1 && m.Bounces[0].Delivered && m.Bounces[0].Recipient == "anna@anytown.example" && m.Bounces[0].Status == "2.1.5"
		}},
		{"nothing", "", env, "", func(m flow.ReadMail) bool { return m.From == "" && !m.Proof.Verified }},
		{"garbage", "\x00\xff\xfe\r\n\x00", env, "", func(m flow.ReadMail) bool { return m.From == "" && !m.Proof.Verified }},
	} {
		m := reader.Read(t.Context(), []byte(c.raw), c.env)
		if c.kind != "" && m.Kind != c.kind || !c.check(m) {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
}

func TestAttachmentsAreTaken(t *testing.T) {
	raw := reply + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n" +
		"--b\r\nContent-Type: text/plain; name=\"a.txt\"\r\nContent-Disposition: attachment; filename=\"a.txt\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n"
	m := reader.Read(t.Context(), []byte(raw), env)
	if len(m.Files) != 1 || m.Files[0].Name != "a.txt" || string(m.Files[0].Content) != "\x00\x01\x02" || m.Files[0].Size != 3 || m.Files[0].ID == "" {
		t.Errorf("%+v", m.Files)
	}
}

// Which mail of ours a report is about: wherever it names it, and only what has the form of our identifiers.
func TestWhatAReportNames(t *testing.T) {
	const msg, later, dlv = "msg_06h27a6bzezxh3254rc7skq42g", "msg_06h27a6bzrx143r90xt3n4y9pg", "dlv_06h27a6c02vswh4723ncz9z8vm"
	dsn := func(fields, returned string) string {
		r := strings.Replace(strings.ReplaceAll(strings.ReplaceAll(report, "ACTION", "failed"), "STATUS", "5.1.1"), "Reporting-MTA", fields+"Reporting-MTA", 1)
		return strings.Replace(r, "--b--", "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"+returned+"\r\n--b--", 1)
	}
	for _, c := range []struct {
		raw  string
		want []string
	}{
		{dsn("", "Subject: x\r\n"), nil},
		{dsn("Original-Envelope-Id: "+dlv+"\r\n", "Subject: x\r\n"), []string{dlv}},
		{dsn("", "Message-ID: <"+later+"@in.kinbridge.example>\r\nReferences: <"+msg+"@in.kinbridge.example>\r\n <"+msg+"@in.kinbridge.example>\r\n"), []string{later, msg}},
		{dsn("", "Message-ID: <notice."+msg+"@in.kinbridge.example>\r\n"), []string{msg}},
		{dsn("", "Message-ID: <x"+msg+"@x.example>\r\nX: "+msg+"0 "+msg[:29]+" "+strings.ToUpper(msg)+"\r\n"), nil},
		{strings.Replace(dsn("", "Subject: x\r\n"), "text/plain\r\n\r\nReport.", "text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nReport on <msg=5F06h27a6bze=\r\nzxh3254rc7skq42g@in.kinbridge.example>", 1), []string{msg}},
		{reply + "\r\nSee <" + msg + "@in.kinbridge.example>\r\n", nil}, // no report
	} {
		if got := reader.Read(t.Context(), []byte(c.raw), env).Names; !slices.Equal(got, c.want) {
			t.Errorf("%v, want %v, of\n%s", got, c.want, c.raw)
		}
	}
}

// Sixty photographs are shown in the order in which they were attached, which is that of their identifiers.
func TestFilesKeepTheirOrder(t *testing.T) {
	raw := reply + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the files.\r\n"
	for i := range 60 {
		raw += fmt.Sprintf("--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=\"photo %d.png\"\r\n\r\n%d\r\n", i, i)
	}
	files := reader.Read(t.Context(), []byte(raw+"--b--\r\n"), env).Files
	if len(files) != 60 {
		t.Fatalf("%d files", len(files))
	}
	for i, f := range files {
		if f.Name != fmt.Sprintf("photo %d.png", i) || i > 0 && f.ID <= files[i-1].ID {
			t.Errorf("file %d is %s with the identifier %s", i, f.Name, f.ID)
		}
	}
}

// Mail that was fetched from a mailbox has no session: what its provider found counts, from the server that is trusted and no other.
func TestFetchedMail(t *testing.T) {
	r := reader
	r.TrustedResults = map[string][]string{"post": {"mx.anymail.example"}, "other": {"mx.evil.example"}}
	r.Expect = func() []mailauth.Party { return []mailauth.Party{{Name: "Anna Quill", Domain: "anytown.example"}} }
	fetched := store.Envelope{Rcpt: env.Rcpt, Fetched: "post"}
	header := "Authentication-Results: mx.anymail.example; spf=pass smtp.mailfrom=anytown.example\r\n"
	if m := r.Read(t.Context(), []byte(header+reply+"\r\nYes.\r\n"), fetched); !m.Proof.Verified || m.Proof.Source != "Authentication-Results of mx.anymail.example" || m.Proof.Results["spf"] != "pass" {
		t.Errorf("%+v", m.Proof)
	}
	if m := r.Read(t.Context(), []byte(strings.Replace(header, "anymail", "evil", 1)+reply+"\r\nYes.\r\n"), fetched); m.Proof.Verified || m.Proof.Source != "" {
		t.Errorf("another's header: %+v", m.Proof)
	}
	if m := r.Read(t.Context(), []byte(header+reply+"\r\nYes.\r\n"), func() store.Envelope { e := env; e.RemoteIP = "203.0.113.7"; return e }()); m.Proof.Verified {
		t.Errorf("the header counts at the door: %+v", m.Proof)
	}
	m := r.Read(t.Context(), []byte("From: Anna Quill <anna@freemail.example>\r\nReply-To: x@evil.example\r\nSubject: x\r\n\r\nYes.\r\n"), fetched)
	if len(m.Proof.Warnings) != 2 {
		t.Errorf("warnings: %q", m.Proof.Warnings)
	}
}
