// Package inspect prints what the mail reader makes of message files: one JSON object a line, for people who want to know why a
// message was read as it was, and for tests.
package inspect

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"kinbridge/adapters/calendar/invite"
	"kinbridge/adapters/calendar/problem"
	"kinbridge/adapters/email/mailkind"
	"kinbridge/adapters/email/mailparse"
	"kinbridge/adapters/email/replytext"
	"kinbridge/gateway/ids"
)

// maxFile bounds one file; a larger one gets its line with an error.
const maxFile = 256 << 20

var errFolder = ids.E(ids.Invalid, "This is a folder: name the files in it.")

var errTooLarge = ids.E(ids.TooLarge, "The file is larger than %d MiB.", maxFile>>20)

// Report is one line of output. Its JSON names are part of the product.
type Report struct {
	File        string       `json:"file"`
	Kind        string       `json:"kind"`
	From        string       `json:"from"`
	Subject     string       `json:"subject"`
	Text        string       `json:"text"`
	Quoted      string       `json:"quoted"`
	InReplyTo   string       `json:"in_reply_to"`
	References  []string     `json:"references"`
	Attachments []Attachment `json:"attachments"`
	Bounces     []Bounce     `json:"bounces,omitempty"`
	Invite      *Invite      `json:"invite,omitempty"`
	Error       string       `json:"error,omitempty"`
}

// Attachment is one attachment; Size is in decoded bytes.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"`
}

// Bounce is what a report says of one recipient.
type Bounce struct {
	Recipient  string `json:"recipient"`
	Status     string `json:"status"`
	Permanent  bool   `json:"permanent"`
	Diagnostic string `json:"diagnostic"`
}

// Invite is a calendar invitation and how its meeting can be reached.
type Invite struct {
	UID       string `json:"uid"`
	Method    string `json:"method"`
	Sequence  int    `json:"sequence"`
	Start     string `json:"start"` // RFC 3339
	End       string `json:"end"`
	Organizer string `json:"organizer"`
	Join
}

// Join is the part of Invite that says how to reach the meeting; fields not given are empty.
type Join struct {
	JoinURL      string `json:"join_url"`
	MeetingID    string `json:"meeting_id"`
	Passcode     string `json:"passcode"`
	Phone        string `json:"phone"`
	ConferenceID string `json:"conference_id"`
	SIPURI       string `json:"sip_uri"`
	VideoID      string `json:"video_id"`
}

// Files writes one line to w for each path, in order; "-" is standard input. A file that cannot be read gets its line too, with
// error, and a word on stderr. The returned error is non-nil only when ctx ended or w failed, since then lines are missing.
func Files(ctx context.Context, w, stderr io.Writer, paths []string) error {
	return lines(ctx, w, stderr, "mail", paths, func(path string, raw []byte, err error) any {
		r := failed("")
		if err != nil {
			r.Error = err.Error()
		} else {
			r = Message(raw)
		}
		r.File = path
		return r
	})
}

// lines writes what report makes of each path, and complaints of those that cannot be read.
func lines(ctx context.Context, w, stderr io.Writer, command string, paths []string, report func(path string, raw []byte, err error) any) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, p := range paths {
		if err := ctx.Err(); err != nil {
			_ = out.Flush()
			return err
		}
		raw, err := read(p)
		if err != nil {
			fmt.Fprintf(stderr, "kinbridge %s inspect: %s: %v\n", command, p, err)
		}
		if err := enc.Encode(report(p, raw, err)); err != nil {
			return err
		}
		// One line at a time, so that what was read is seen even if a later file takes long.
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func read(path string) ([]byte, error) {
	var f io.Reader = os.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if about, err := file.Stat(); err == nil && about.IsDir() {
			return nil, errFolder
		} else if err == nil && about.Mode().IsRegular() && about.Size() > maxFile {
			return nil, errTooLarge // without reading 256 MiB first
		}
		f = file
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = errTooLarge
	}
	return raw, err
}

func failed(why string) Report {
	return Report{Kind: string(mailkind.KindRejected), References: []string{}, Attachments: []Attachment{}, Error: why}
}

// Message reports on one raw message. It never panics: a fault of ours on one message becomes its error and stops nothing else.
func Message(raw []byte) (r Report) {
	defer func() {
		if p := recover(); p != nil {
			r = failed(fmt.Sprintf("internal fault while reading the message: %v", p))
		}
	}()
	m, err := mailparse.Parse(raw, mailparse.Limits{})
	if m == nil {
		return failed(ids.Public(err))
	}
	if what := noMail(raw, m); what != "" {
		return failed(what)
	}
	class := mailkind.Classify(m, "-")
	reply := replytext.Split(m)
	r = Report{
		Kind: string(class.Kind), Subject: m.Subject, Text: reply.Text, Quoted: join(reply.Signature, reply.Quoted),
		References: append([]string{}, m.References...), Attachments: []Attachment{},
	}
	if class.Kind == mailkind.KindBounce {
		r.Text, r.Quoted = serverWords(m, reply)
	}
	if len(m.From) > 0 {
		r.From = m.From[0].String()
	}
	if len(m.InReplyTo) > 0 {
		r.InReplyTo = m.InReplyTo[0]
	}
	for _, a := range m.Attachments {
		r.Attachments = append(r.Attachments, Attachment{Name: a.Name, Type: a.Type, Size: len(a.Data)})
	}
	for _, b := range class.Bounces {
		r.Bounces = append(r.Bounces, Bounce{Recipient: b.Recipient, Status: b.Status, Permanent: b.Permanent, Diagnostic: b.Diagnostic})
	}
	if class.Kind == mailkind.KindInvite {
		r.Invite, r.Error = readInvite(m)
	}
	if class.Kind == mailkind.KindRejected {
		r.Error = class.Reason
	}
	if err != nil {
		r.Error = strings.TrimSpace(ids.Public(err) + " " + r.Error)
	}
	return r
}

// binaries are the beginnings of what is given by mistake for a message, and what to do about each. No mail begins so.
var binaries = []struct{ magic, words string }{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is a file of Outlook's own (.msg) or of an old Office program, not a message as it was sent. Save it from the mail program as .eml, or fetch it by IMAP."},
	{"!BDN", "This is an Outlook data file (.pst), not a message. Save the messages in it as .eml."},
	{"PK\x03\x04", "This is a zip archive, not a message. Unpack it first."},
	{"\x1f\x8b", "This is a gzip archive, not a message. Unpack it first."},
	{"%PDF-", "This is a PDF, not a message."},
	{"\x89PNG\r\n", "This is a picture, not a message."},
	{"\xff\xd8\xff", "This is a picture, not a message."},
}

// noMail says what a file is that is plainly no message; "" for what may be one. m is what was made of it, nil when that matters not.
func noMail(raw []byte, m *mailparse.Message) string {
	for _, b := range binaries {
		if bytes.HasPrefix(raw, []byte(b.magic)) {
			return b.words
		}
	}
	if (m == nil || len(m.Header.Fields) == 0) && len(raw) > 0 && bytes.IndexByte(raw, 0) >= 0 && len(bytes.Trim(raw, "\x00 \t\r\n")) == 0 {
		return "The file holds nothing but NUL bytes: it was never written, or its disk lost it."
	}
	return ""
}

// serverWords separates what a mail server says in a delivery report from the copy of what it returns. A server has no signature.
func serverWords(m *mailparse.Message, reply replytext.Reply) (text, quoted string) {
	if whole := strings.TrimSpace(m.Text); whole != "" {
		end := mailkind.ReportEnd(whole)
		return strings.TrimSpace(whole[:end]), strings.TrimSpace(whole[end:])
	}
	return join(reply.Text, reply.Signature), reply.Quoted
}

func join(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + "\n\n" + b
}

// readInvite reads the calendar parts of m. why says in words what is contradictory: a person must then choose.
func readInvite(m *mailparse.Message) (in *Invite, why string) {
	read, _ := invite.Read(invite.FromMail(m))
	f := read.Fields()
	var words []string
	for _, p := range read.Problems {
		switch p.Code {
		case problem.ConferenceMismatch, problem.ConferenceDiffers, problem.MeetingMismatch, problem.VideoMismatch, problem.TenantMismatch, problem.PasscodeMismatch, problem.Several:
			words = append(words, p.En)
		}
	}
	return &Invite{
		UID: f.UID, Method: f.Method, Sequence: f.Sequence, Start: f.Start, End: f.End, Organizer: f.Organizer,
		Join: Join{JoinURL: f.JoinURL, MeetingID: f.MeetingID, Passcode: f.Passcode, Phone: f.Phone, ConferenceID: f.ConferenceID, SIPURI: f.SIPURI, VideoID: f.VideoID},
	}, strings.Join(words, " ")
}
