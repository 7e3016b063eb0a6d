package intake_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinbridge/adapters/email/intake"
	"kinbridge/adapters/email/mailauth"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/invites"
)

const teams = "Join the meeting now<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0?context=%7b%22Tid%22%3a%221%22%7d>\r\nMeeting ID: 123 456 789 012 3\r\nPasscode: Xq7RtB2m\r\n" +
	"+44 20 7946 0958,,123456789#<tel:+442079460958,,123456789#>\r\nPhone conference ID: 123 456 789#\r\n"

func ics(method, more string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:" + method + "\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T090000Z\r\nSEQUENCE:2\r\nDTSTART:20261208T140000Z\r\nDTEND:20261208T150000Z\r\n" +
		"ORGANIZER;CN=Jo:mailto:Jo@Anytown.example\r\nSUMMARY:LAC review\r\n" + more + "END:VEVENT\r\nEND:VCALENDAR\r\n"
}

func withCalendar(method, words, more string) []byte {
	return []byte("From: Anna <anna@anytown.example>\r\nSubject: Review\r\nMessage-ID: <i1@anytown.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		words + "\r\n--b\r\nContent-Type: text/calendar; charset=utf-8; method=" + method + "\r\n\r\n" + ics(method, more) + "\r\n--b--\r\n")
}

func readMail(t *testing.T, raw []byte) flow.ReadMail {
	t.Helper()
	return intake.Reader{Resolver: mailauth.Static{}}.Read(t.Context(), raw, env)
}

func TestAnInvitationIsRead(t *testing.T) {
	m := readMail(t, withCalendar("REQUEST", "Please come.\r\n\r\n"+teams, ""))
	in := m.Invite
	if m.Kind != flow.MailInvite || in == nil || in.UID != "u1" || in.Sequence != 2 || in.Organizer.Address != "jo@anytown.example" || in.Service != "teams" || len(in.Plan) == 0 || in.Start.Hour() != 14 || in.Repeats {
		t.Fatalf("%s %+v", m.Kind, in)
	}
	for _, secret := range []string{"Xq7RtB2m", "123 456 789", "123456789", "012 3", "meetup-join"} {
		if strings.Contains(m.Text+m.Quoted, secret) {
			t.Errorf("%q is in the words: %q %q", secret, m.Text, m.Quoted)
		}
	}
	if !strings.Contains(m.Text, "Please come.") {
		t.Errorf("its own words were cut: %q", m.Text)
	}
	if c := readMail(t, withCalendar("CANCEL", "Off.", "STATUS:CANCELLED\r\n")).Invite; c == nil || !c.Cancels() {
		t.Errorf("a cancellation: %+v", c)
	}
	weekly := readMail(t, withCalendar("REQUEST", teams, "RRULE:FREQ=WEEKLY;COUNT=5\r\n")).Invite
	if weekly == nil || !weekly.Repeats || len(weekly.Times) != 5 || !weekly.Times[1].ID.Equal(weekly.Start.AddDate(0, 0, 7)) {
		t.Errorf("a series: %+v", weekly)
	}
	if r := readMail(t, withCalendar("REPLY", "Yes.", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@anytown.example\r\n")); r.Invite != nil {
		t.Errorf("an answer is an invitation: %+v", r.Invite)
	}
	if plain := readMail(t, []byte("From: anna@anytown.example\r\nSubject: x\r\n\r\nThe review is on Monday, ring 123456789.\r\n")); plain.Invite != nil || !strings.Contains(plain.Text, "123456789") {
		t.Errorf("an ordinary mail: %+v %q", plain.Invite, plain.Text)
	}
}

// Zoom puts the link with its password where the place stands, Google prints a second PIN in a link, Webex a second password beside the first.
func TestNoCredentialIsLeftInWhatIsShown(t *testing.T) {
	for name, c := range map[string]struct{ words, more string }{
		"Zoom": {"Join\r\nhttps://la.zoom.us/j/84512345678?pwd=QmFzZTY0\r\nMeeting ID: 845 1234 5678\r\nPasscode: 739201\r\n",
			"LOCATION:https://la.zoom.us/j/84512345678?pwd=QmFzZTY0\r\nCOMMENT:Passcode 739201\r\n"},
		"Zoom, broken over lines": {"Join<https://la.zoom.us/j/84512345678?pw\r\nd=QmFzZTY0pwd=\r\n>\r\nMeeting ID: 845 1234 5678\r\nPasscode: 739201\r\nPlease come.\r\n", ""},
		"Google":                  {"Join with Google Meet: https://meet.google.com/abc-defg-hij\r\nOr dial: (GB) +44 20 7946 0666 PIN: 753951846#\r\nMore phone numbers: https://tel.meet/abc-defg-hij?pin=7539518462468&hs=7\r\n", ""},
		"Webex": {"Join meeting\r\nhttps://la.webex.com/la/j.php?MTID=m0123\r\nMeeting number (access code): 2633 123 4567\r\nMeeting password: wXyZ12abC3 (99991222 when dialing from a phone or video system)\r\n" +
			"Tap to join from a mobile device\r\n+44-20-7946-0888,,26331234567#99991222# United Kingdom Toll\r\n", "LOCATION:https://la.webex.com/la/j.php?MTID=m0123\r\n"},
	} {
		m := readMail(t, withCalendar("REQUEST", c.words, c.more))
		if m.Invite == nil {
			t.Fatalf("%s: no invitation", name)
		}
		shown := strings.Join([]string{m.Text, m.Quoted, m.Invite.Location, m.Invite.Summary, m.Invite.Comment}, "\n")
		for _, secret := range []string{"pwd=", "739201", "845123", "845 1", "abc-defg", "753951846", "wXyZ12abC3", "99991222", "2633", "MTID"} {
			if strings.Contains(shown, secret) {
				t.Errorf("%s: %q is shown in %q", name, secret, shown)
			}
		}
	}
}

func TestAForwardOfAForward(t *testing.T) {
	forward := func(inner []byte) []byte {
		return []byte("From: Anna <anna@anytown.example>\r\nSubject: Fwd\r\nMessage-ID: <f@anytown.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o" + string(rune('a'+len(inner)%20)) + "\r\n\r\n--o" + string(rune('a'+len(inner)%20)) +
			"\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n--o" + string(rune('a'+len(inner)%20)) + "\r\nContent-Type: message/rfc822\r\n\r\n" + string(inner) + "\r\n--o" + string(rune('a'+len(inner)%20)) + "--\r\n")
	}
	m := readMail(t, forward(forward(withCalendar("REQUEST", teams, ""))))
	if m.Kind != flow.MailInvite || m.Invite == nil || m.Invite.UID != "u1" || !strings.Contains(m.Text, "See below.") {
		t.Errorf("%s %+v %q", m.Kind, m.Invite, m.Text)
	}
}

// Every golden invitation of the calendar's own corpus becomes one here, with bounded lists and times in UTC.
func TestTheCalendarsCorpus(t *testing.T) {
	files, _ := filepath.Glob("../../calendar/invite/testdata/golden/*.eml")
	found := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in := readMail(t, raw).Invite
		if in == nil {
			continue
		}
		found++
		if len(in.Times) > invites.MaxTimes || len(in.Plan) == 0 || len([]rune(in.Summary)) > 201 {
			t.Errorf("%s: %d times, %d ways", file, len(in.Times), len(in.Plan))
		}
		for _, x := range in.Times {
			if x.Start.Location().String() != "UTC" || x.End.Before(x.Start) {
				t.Errorf("%s: %+v", file, x)
			}
		}
	}
	if len(files) < 20 || found < len(files)/3 {
		t.Errorf("only %d of %d are invitations", found, len(files))
	}
}
