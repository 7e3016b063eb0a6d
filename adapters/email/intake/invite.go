package intake

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"kinbridge/adapters/calendar"
	"kinbridge/adapters/calendar/invite"
	ways "kinbridge/adapters/calendar/join"
	"kinbridge/adapters/email/mailparse"
	"kinbridge/adapters/email/replytext"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/invites"
)

// marks are words of which one at least is in every message that says how to join a meeting: only those with one, or with a calendar or another message in them, are looked
// at closely.
var marks = []string{"teams.microsoft.", "teams.live.", "teams.cloud.", "zoom.us", "zoom.com", "webex.com", "meet.google.", "safelinks.protection.outlook"}

func mayInvite(m *mailparse.Message) bool {
	if len(m.Calendar) > 0 {
		return true
	}
	for _, a := range m.Attachments {
		if a.Type == "message/rfc822" {
			return true
		}
	}
	for _, text := range []string{m.Text, m.HTML} {
		text = strings.ToLower(text)
		for _, mark := range marks {
			if strings.Contains(text, mark) {
				return true
			}
		}
	}
	return false
}

// invitation reads the invitation that a person's mail brings, itself or in a message that it forwards. An answer to one of ours is none. A mail without a calendar part is one,
// without times, when its own words (new: apart from what it quotes) say how to join a meeting. The credentials leave the words in any case.
func invitation(m *mailparse.Message, own replytext.Reply) (in *invites.Invite, scrub func(string) string) {
	scrub = func(s string) string { return s }
	if !mayInvite(m) {
		return nil, scrub
	}
	read, err := invite.Read(invite.FromMail(m))
	scrub = scrubber(read)
	if err != nil {
		if saysHowToJoin(read.Join, own) {
			in = domain(read, scrub)
			in.WordsOnly, in.Method, in.Summary, in.Organizer = true, invites.Published, cut(scrub(m.Subject)), invites.Person{}
		}
		return in, scrub
	}
	switch read.Event.Method {
	case "REQUEST", "CANCEL", "PUBLISH", "DECLINECOUNTER", "":
		return domain(read, scrub), scrub
	}
	return nil, scrub
}

// saysHowToJoin reports whether somebody's own words have the way into a meeting of a known service: its link, or its number, however it is spaced. What stands below them counts when
// it is a block with the number, too: a link alone may be that of her own room, below every mail of hers.
func saysHowToJoin(j ways.Details, own replytext.Reply) bool {
	if !slices.Contains([]ways.Service{ways.Teams, ways.Zoom, ways.Webex, ways.GoogleMeet}, j.Service) {
		return false
	}
	if said := calendar.JoinFrom(calendar.Event{}, own.Text, ""); said.Service == j.Service && said.URL != "" {
		return true
	}
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, links.ReplaceAllString(own.Text+"\n"+own.Signature, ""))
	return len(j.MeetingID) >= 9 && strings.Contains(digits, j.MeetingID)
}

var links = regexp.MustCompile(`https?://\S+`)

// domain is an invitation in the gateway's words. What people write of it themselves is scrubbed: Zoom and Webex put their link, with its password, where the place stands.
func domain(read invite.Invite, scrub func(string) string) *invites.Invite {
	e := read.Event
	in := &invites.Invite{UID: e.UID, Method: invites.Method(e.Method), Sequence: e.Sequence, Stamp: e.Stamp.UTC(), RecurrenceID: utc(e), AndLater: e.AndLater, Start: e.Start.UTC(), End: e.End.UTC(),
		AllDay: e.AllDay, Repeats: e.Series.Repeats(), Organizer: invites.Person{Name: e.Organizer.Name, Address: strings.ToLower(e.Organizer.Addr)}, Summary: cut(scrub(e.Summary)), Location: cut(scrub(e.Location)),
		Service: string(read.Join.Service), JoinURL: read.Join.URL, Others: len(read.Others), Comment: cut(scrub(e.Comment))}
	for _, p := range e.Attendees[:min(len(e.Attendees), invites.MaxAttendees)] {
		in.Attendees = append(in.Attendees, strings.ToLower(p.Addr))
	}
	if in.Location == "[…]" { // nothing but the link
		in.Location = ""
	}
	if e.Start.IsZero() {
		in.Start, in.End = e.Start, e.Start
	}
	if e.Cancelled() {
		in.Method = invites.Cancel
	}
	if in.Repeats && !in.Cancels() {
		found, _ := calendar.Expand(read.Events, calendar.Window{From: e.Start, To: e.Start.AddDate(1, 0, 0), Max: invites.MaxTimes})
		for _, o := range found {
			in.Times = append(in.Times, invites.Time{ID: o.RecurrenceID.UTC(), Start: o.Start.UTC(), End: o.End.UTC()})
		}
	}
	for _, l := range read.Plan {
		in.Plan = append(in.Plan, invites.Leg{Kind: invites.LegKind(l.Kind), Target: l.Target, Send: l.Send, Why: l.Why, WhyCy: l.WhyCy})
	}
	for _, p := range read.Problems {
		in.Problems = append(in.Problems, invites.Problem{Code: string(p.Code), En: p.En, Cy: p.Cy})
	}
	if r := read.Request; r != nil {
		in.Ask = invites.Ask{To: strings.ToLower(r.To), En: invites.Draft(r.En), Cy: invites.Draft(r.Cy)}
	}
	return in
}

// cut bounds a text for staff.
func cut(s string) string {
	s = strings.Join(strings.Fields(flow.CleanText(s)), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

// scrubber takes the credentials of a meeting out of a mail's words, which may be shown to others than those who dial: passcodes, conference and meeting identifiers, however
// they are spaced, and the link itself.
func scrubber(read invite.Invite) func(string) string {
	j := read.Join
	var parts []string
	secrets := []string{j.Passcode, j.ConferenceID, j.PhonePasscode, j.MeetingID, j.VideoID}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // one may begin with another
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue
		}
		var p []string
		for _, r := range secret {
			p = append(p, regexp.QuoteMeta(string(r)))
		}
		parts = append(parts, `\b`+strings.Join(p, `[ \x{a0}-]?`)+`\b`)
	}
	if j.Service != "" {
		parts = append(parts, `<`+meetingLink+`(?:\s{1,3}[^\s<>"]+){1,12}\s{0,3}>`, meetingLink) // between brackets it may be broken over lines
	}
	if len(parts) == 0 {
		return func(s string) string { return s }
	}
	re, err := regexp.Compile(strings.Join(parts, "|"))
	if err != nil {
		return func(s string) string { return s }
	}
	return func(s string) string {
		return re.ReplaceAllStringFunc(s, func(found string) string {
			if strings.HasPrefix(found, "<") {
				return "<[…]>"
			}
			return "[…]"
		})
	}
}

// meetingLink is a link to a meeting, to its numbers, or to a filter that stands before it.
const meetingLink = `https?://[^\s<>"]*(?:teams\.|zoom\.|webex\.|meet\.google\.|tel\.meet/|safelinks\.)[^\s<>"]*`

// utc is which occurrence is meant; zero stays zero.
func utc(e calendar.Event) (t time.Time) {
	if !e.RecurrenceID.IsZero() {
		t = e.RecurrenceID.UTC()
	}
	return t
}
