package itip

import (
	"strings"
	"time"

	"github.com/emersion/go-ical"

	"kinbridge/adapters/calendar"
)

// Meeting is one of our own, as one person's calendar is to hold it. It has no place for a name, a reason or a kind of meeting: what goes
// out says only that there is one and how it is reached.
type Meeting struct {
	UID       string // the same for every version; unguessable, since whoever knows it can cancel
	Sequence  int    // 0, then one more with each change of time or way in, and with the cancellation
	Start     time.Time
	End       time.Time
	Organizer calendar.Party   // Kinbridge's own address, which takes the answers
	Attendees []calendar.Party // who gets this object; Status is kept, so that an update does not ask anew
	Way       Way
	// Occurrence is the original start of the one occurrence that is meant; zero for all of it.
	Occurrence time.Time
	Rule       string // RRULE; "" for a single meeting
}

// Way is how the person comes in. Both are for her alone.
type Way struct {
	GuestLink string // https
	Number    string // to dial, as it is to be printed
	PIN       string // asked for after the answer
}

// Request invites to m, or updates it when its Sequence is not 0 (RFC 5546 section 3.2.2).
func Request(m Meeting, now time.Time) (Object, error) {
	b := newBuilder("REQUEST")
	c := b.meeting(m, now, true)
	c.Props.SetText(ical.PropStatus, "CONFIRMED")
	return b.done()
}

// Cancel takes m, or one occurrence of it, back (RFC 5546 section 3.2.5). Its Sequence must be above the last one sent.
func Cancel(m Meeting, now time.Time) (Object, error) {
	b := newBuilder("CANCEL")
	m.Way = Way{}
	c := b.meeting(m, now, false)
	c.Props.SetText(ical.PropStatus, "CANCELLED")
	return b.done()
}

// DeclineCounter says to who proposed another time that m stays as it is (RFC 5546 section 3.2.8); m.Attendees is that person.
func DeclineCounter(m Meeting, comment string, now time.Time) (Object, error) {
	b := newBuilder("DECLINECOUNTER")
	m.Way = Way{}
	c := b.meeting(m, now, false)
	b.text(c, ical.PropComment, comment)
	return b.done()
}

func (b *builder) meeting(m Meeting, now time.Time, ask bool) *ical.Component {
	c := b.event(m.UID, m.Sequence, now)
	if !m.End.After(m.Start) {
		b.fail("The meeting ends before it begins. Correct its times.")
	}
	b.time(c, ical.PropDateTimeStart, m.Start, false)
	b.time(c, ical.PropDateTimeEnd, m.End, false)
	b.time(c, ical.PropRecurrenceID, m.Occurrence, false)
	if m.Rule != "" {
		p := ical.NewProp(ical.PropRecurrenceRule)
		p.Value = oneLine(m.Rule)
		c.Props.Set(p)
	}
	b.party(c, ical.PropOrganizer, m.Organizer, nil)
	for _, a := range m.Attendees {
		params := map[string]string{"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION"}
		if a.Role != "" {
			params["ROLE"] = param(a.Role)
		}
		if a.Status != "" {
			params["PARTSTAT"] = param(a.Status)
		}
		if ask {
			params["RSVP"] = "TRUE"
		}
		b.party(c, ical.PropAttendee, a, params)
	}
	c.Props.SetText(ical.PropSummary, "Meeting / Cyfarfod")
	c.Props.SetText(ical.PropTransparency, "OPAQUE")
	c.Props.SetText(ical.PropClass, "PRIVATE") // colleagues who see the calendar see only that it is busy
	if m.Way != (Way{}) {
		b.text(c, ical.PropLocation, "By video or telephone / Drwy fideo neu ffôn")
		b.text(c, ical.PropDescription, m.Way.words())
		if strings.HasPrefix(m.Way.GuestLink, "https://") {
			p := ical.NewProp("CONFERENCE") // RFC 7986 section 5.11
			p.Value = oneLine(m.Way.GuestLink)
			p.Params.Set("VALUE", "URI")
			p.Params["FEATURE"] = []string{"AUDIO", "VIDEO"}
			c.Props.Add(p)
		}
	}
	return c
}

// words are what the calendar entry says, in both languages.
func (w Way) words() string {
	var en, cy []string
	if w.GuestLink != "" {
		en = append(en, "Join in your browser, without an account:\n"+w.GuestLink)
		cy = append(cy, "Ymunwch yn eich porwr, heb gyfrif:\n"+w.GuestLink)
	}
	if w.Number != "" {
		line := "Or dial " + w.Number
		linell := "Neu ffoniwch " + w.Number
		if w.PIN != "" {
			line += " and enter your own PIN: " + w.PIN
			linell += " a rhowch eich PIN eich hun: " + w.PIN
		}
		en, cy = append(en, line+"."), append(cy, linell+".")
	}
	en = append(en, "The link and the PIN are yours alone: do not pass them on.")
	cy = append(cy, "Mae'r ddolen a'r PIN i chi yn unig: peidiwch â'u rhannu.")
	return strings.Join(en, "\n\n") + "\n\n" + strings.Join(cy, "\n\n")
}

// Entry is one meeting of a feed.
type Entry struct {
	UID        string
	Sequence   int
	Start, End time.Time
	Changed    time.Time // when this version was made
	Title      string    // what the reader of the feed may see; "" is "Meeting / Cyfarfod"
	Link       string    // to the meeting's own page, which asks for a sign-in
	Cancelled  bool
}

// MaxFeed bounds the entries of a feed: the first are kept.
const MaxFeed = 5000

// Feed writes somebody's meetings for a calendar program to subscribe to (METHOD PUBLISH). name is the calendar's. The address of a feed is a
// secret that gets copied into other programs: titles in it must not tell what the reader's desk may not show.
func Feed(name string, entries []Entry) (Object, error) {
	b := newBuilder("PUBLISH")
	for _, prop := range []string{"NAME", "X-WR-CALNAME"} { // RFC 7986 section 5.1, and what it is for older programs
		b.text(b.cal.Component, prop, oneLine(name))
	}
	for _, p := range []struct{ name, value, kind string }{{ical.PropRefreshInterval, "PT15M", "DURATION"}, {"X-PUBLISHED-TTL", "PT15M", ""}} {
		prop := ical.NewProp(p.name)
		prop.Value = p.value
		if p.kind != "" {
			prop.Params.Set("VALUE", p.kind)
		}
		b.cal.Props.Set(prop)
	}
	for _, e := range entries[:min(len(entries), MaxFeed)] {
		c := b.event(e.UID, e.Sequence, e.Changed)
		b.time(c, ical.PropDateTimeStart, e.Start, false)
		b.time(c, ical.PropDateTimeEnd, e.End, false)
		title, status := oneLine(e.Title), "CONFIRMED"
		if title == "" {
			title = "Meeting / Cyfarfod"
		}
		if e.Cancelled {
			status = "CANCELLED"
		}
		b.text(c, ical.PropSummary, title)
		c.Props.SetText(ical.PropStatus, status)
		if strings.HasPrefix(e.Link, "https://") {
			p := ical.NewProp(ical.PropURL)
			p.Value = oneLine(e.Link)
			c.Props.Set(p)
		}
	}
	return b.done()
}
