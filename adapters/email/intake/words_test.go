package intake_test

import (
	"strings"
	"testing"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/invites"
)

func plain(words string) []byte {
	return []byte("From: Anna <anna@anytown.example>\r\nSubject: Core group on Monday\r\nMessage-ID: <w@anytown.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + words)
}

// The words that say how to join, without a calendar part, are an invitation without times; their credentials leave the words.
func TestWordsThatSayHowToJoin(t *testing.T) {
	for service, block := range map[string]string{
		"teams":       teams,
		"zoom":        "Join Zoom Meeting\r\nhttps://us02web.zoom.us/j/82345678901?pwd=abcDEF123\r\n\r\nMeeting ID: 823 4567 8901\r\nPasscode: 445566\r\n",
		"webex":       "Join from the meeting link\r\nhttps://anytown.webex.com/anytown/j.php?MTID=m0123456789abcdef0123456789abcdef\r\n\r\nMeeting number (access code): 2345 678 9012\r\nMeeting password: pQ4rStUv\r\n",
		"google_meet": "Google Meet joining info\r\nVideo call link: https://meet.google.com/abc-defg-hij\r\nOr dial: (GB) +44 20 7946 0958 PIN: 123 456 789 0123#\r\n",
	} {
		m := readMail(t, plain("The core group is on Monday at two.\r\n\r\n"+block))
		in := m.Invite
		if m.Kind != flow.MailInvite || in == nil || !in.WordsOnly || in.Service != service || in.HasTime() || in.UID != "" || len(in.Plan) == 0 || in.Summary != "Core group on Monday" || in.Organizer.Address != "" {
			t.Errorf("%s: %s %+v", service, m.Kind, in)
			continue
		}
		if !strings.Contains(m.Text, "on Monday at two") || strings.Contains(m.Text, "https://") {
			t.Errorf("%s: its words are %q", service, m.Text)
		}
	}
	for name, words := range map[string]string{
		"what is quoted": "Thank you, I shall be there.\r\n\r\nOn Mon, 23 Nov 2026 at 10:00, Jo wrote:\r\n> " + strings.ReplaceAll(teams, "\r\n", "\r\n> "),
		"a number":       "Ring me on +44 20 7946 0958.\r\n", "her own room, below every mail": "I shall ring you on Monday.\r\n\r\n-- \r\nAnna Quill\r\nMy room: https://us02web.zoom.us/j/82345678901\r\n", "a name": "We use Teams here, see https://teams.microsoft.com for how it works.\r\n",
	} {
		if m := readMail(t, plain(words)); m.Kind != flow.MailMessage || m.Invite != nil {
			t.Errorf("%s: %s %+v", name, m.Kind, m.Invite)
		}
	}
}

// The organiser does not take another time.
func TestARefusalIsRead(t *testing.T) {
	m := readMail(t, withCalendar("DECLINECOUNTER", "Sorry.", "COMMENT:The chair is away.\r\nATTENDEE:mailto:Re+One@in.kinbridge.example\r\n"))
	if in := m.Invite; m.Kind != flow.MailInvite || in == nil || in.Method != invites.Refusal || in.UID != "u1" || in.Comment != "The chair is away." || len(in.Attendees) != 1 || in.Attendees[0] != "re+one@in.kinbridge.example" {
		t.Errorf("%s %+v", m.Kind, in)
	}
}
