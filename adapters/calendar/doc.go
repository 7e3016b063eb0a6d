// Package calendar reads the iCalendar parts of invitations (RFC 5545, RFC 5546) as real programs write them: folded in the middle of
// characters, with Windows time-zone names, with zones of their own making. It is pure, and bounded whatever it is given.
//
// The rooms of the house, all of them pure:
//
//   - calendar (here): Parse gives the events of a calendar object; Expand their occurrences inside a window; Compare says which of two
//     versions is the newer; Busy reads when the owner of a calendar feed is busy.
//   - calendar/join: how a meeting can be reached, from the calendar's own properties, the HTML and the plain text (Teams, Zoom, Webex,
//     Google Meet), with wrapped links undone and false ones refused.
//   - calendar/invite: the whole of one invitation: event, way in, plan for dialling, problems, and the drafted request to the organiser.
//     This is what intake and "kinbridge invite inspect" call: invite.Read(invite.FromMail(m)).
//   - calendar/itip: what Kinbridge writes: answers, its own meetings, and feeds of them, each as a calendar object and as the
//     MIME part of a mail.
//   - calendar/desk: the same in the gateway's words (flow.CalendarWriter).
//   - calendar/problem: everything that can be wrong, in English and Welsh.
package calendar
