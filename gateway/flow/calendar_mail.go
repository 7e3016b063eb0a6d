package flow

import (
	"fmt"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/threads"
)

// meetingsName is who invites, as calendars show it.
const meetingsName = "Kinbridge meetings"

// calendarUID names a guest's place for her calendar: the same in every version, and not to be guessed, since whoever knows it can take the entry away.
func (f *Flow) calendarUID(p ids.ParticipantID) string {
	return ids.Base32(f.derive("kinbridge calendar uid v1", string(p))[:20]) + "@" + f.cfg.MailDomain
}

// calendarPart is what a mail of a purpose tells the guest's calendar; nil when there is nothing to tell. Every guest has an entry of her own, so that no
// calendar shows who else is invited.
func (f *Flow) calendarPart(m meetings.Meeting, p meetings.Participant, purpose string) (*CalendarPart, error) {
	if f.cfg.Calendar == nil || p.Answers == "" {
		return nil, nil
	}
	c := CalendarMeeting{UID: f.calendarUID(p.ID), Sequence: m.Sequence, Start: m.Starts, End: m.Ends, Organizer: CalendarPerson{Name: meetingsName, Address: f.answerAddress(p)},
		Guest: CalendarPerson{Name: p.Name, Address: p.Email}}
	var part CalendarPart
	var err error
	switch purpose {
	case mailInvited, mailMoved:
		c.Link = f.guestLink(p.ID)
		part, err = f.cfg.Calendar.Request(c, f.now())
	case mailCancelled, mailReoffered:
		part, err = f.cfg.Calendar.Cancel(c, f.now())
	case mailWithdrawn:
		c.Sequence++ // the meeting goes on as it is, without her: hers must be above the last one that she was sent
		part, err = f.cfg.Calendar.Cancel(c, f.now())
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the calendar entry of a guest's mail: %w", err)
	}
	return &part, nil
}

// answerAddress is where a guest's calendar answers to.
func (f *Flow) answerAddress(p meetings.Participant) string {
	return f.addressing().Write(threads.AnswerAddress, p.Answers)
}

func (f *Flow) guestLink(p ids.ParticipantID) string {
	return f.cfg.PublicURL + "/guest/" + f.guestToken(p)
}
