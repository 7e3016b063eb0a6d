package itip

import (
	"strings"
	"time"

	"github.com/emersion/go-ical"

	"kinbridge/adapters/calendar"
)

// Answer is PARTSTAT: what we say to an invitation.
type Answer string

// The answers.
const (
	Accepted  Answer = "ACCEPTED"
	Tentative Answer = "TENTATIVE"
	Declined  Answer = "DECLINED"
)

// Slot is a proposed time.
type Slot struct{ Start, End time.Time }

// Reply answers the invitation e, for the whole series or, when e has a RecurrenceID, that occurrence (RFC 5546 section 3.2.3). me is the
// address that was invited: it need not be among the attendees, since an invitation may have been forwarded. comment is optional and goes to
// the organiser as it is: nothing private. e.Organizer is who must get it.
func Reply(e calendar.Event, me calendar.Party, a Answer, comment string, now time.Time) (Object, error) {
	b := newBuilder("REPLY")
	c := b.answer(e, me, a, now)
	b.time(c, ical.PropDateTimeStart, e.Start, e.AllDay)
	if e.End.After(e.Start) {
		b.time(c, ical.PropDateTimeEnd, e.End, e.AllDay)
	}
	b.text(c, ical.PropComment, comment)
	return b.done()
}

// Counter proposes other times for e (RFC 5546 section 3.2.7). A COUNTER can carry one time, so the first slot is it and all are listed in
// the comment, in London time, where a person reads them.
func Counter(e calendar.Event, me calendar.Party, slots []Slot, comment string, now time.Time) (Object, error) {
	b := newBuilder("COUNTER")
	if len(slots) == 0 {
		b.fail("No other time was proposed. Choose at least one.")
		return b.done()
	}
	c := b.answer(e, me, Tentative, now)
	var list []string
	for _, s := range slots {
		if !s.End.After(s.Start) {
			b.fail("A proposed time ends before it begins. Correct it.")
		}
		list = append(list, "- "+s.Start.In(london).Format("Monday 2 January 2006, 15:04")+s.End.In(london).Format("–15:04"))
	}
	b.time(c, ical.PropDateTimeStart, slots[0].Start, false)
	b.time(c, ical.PropDateTimeEnd, slots[0].End, false)
	if !e.Start.IsZero() { // what Outlook shows as the current time
		for name, t := range map[string]time.Time{"X-MS-OLK-ORIGINALSTART": e.Start, "X-MS-OLK-ORIGINALEND": e.End} {
			b.time(c, name, t, false)
		}
	}
	if len(slots) > 1 {
		comment = strings.TrimSpace(comment + "\n\nThese times are possible / Mae'r amserau hyn yn bosibl:\n" + strings.Join(list, "\n"))
	}
	b.text(c, ical.PropComment, comment)
	return b.done()
}

// Refresh asks the organiser for the newest version of e (RFC 5546 section 3.2.6).
func Refresh(e calendar.Event, me calendar.Party, now time.Time) (Object, error) {
	b := newBuilder("REFRESH")
	c := b.answer(e, me, "", now)
	c.Props.Del(ical.PropSequence)
	c.Props.Del(ical.PropSummary)
	return b.done()
}

// answer makes what REPLY, COUNTER and REFRESH share. The organiser's title is not repeated: mail about it passes servers of others.
func (b *builder) answer(e calendar.Event, me calendar.Party, a Answer, now time.Time) *ical.Component {
	c := b.event(e.UID, e.Sequence, now)
	if e.Organizer.Addr == "" {
		b.fail("The invitation does not name its organiser, so it cannot be answered from here. Answer the sender by email.")
		return c
	}
	b.party(c, ical.PropOrganizer, e.Organizer, nil)
	params := map[string]string{}
	if a != "" {
		params["PARTSTAT"] = string(a)
	}
	b.party(c, ical.PropAttendee, me, params)
	b.time(c, ical.PropRecurrenceID, e.RecurrenceID, e.AllDay)
	if p := c.Props.Get(ical.PropRecurrenceID); p != nil && e.AndLater {
		p.Params.Set("RANGE", "THISANDFUTURE")
	}
	c.Props.SetText(ical.PropSummary, "Meeting")
	return c
}
