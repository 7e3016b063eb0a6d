package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Event is one VEVENT of a calendar object (RFC 5545 section 3.6.1) with the METHOD of the object (RFC 5546). Its times carry
// the offset of the organiser's zone.
type Event struct {
	UID, Method   string // Method is upper case; "" when the object has none
	Sequence      int
	Start, End    time.Time
	AllDay        bool
	RecurrenceID  time.Time // the occurrence meant, zero for the whole series
	Organizer     Party
	Summary       string
	Location      string
	Description   string
	Status        string // CONFIRMED, TENTATIVE, CANCELLED, upper case
	Attendees     []Party
	Notes         []string // what had to be assumed, in words for a person
	altHTML       string   // X-ALT-DESC
	teams         teamsProps
	conferenceURL string
}

// Party is the organiser or an attendee.
type Party struct {
	Name, Addr string
	Status     string // PARTSTAT, upper case: ACCEPTED, DECLINED, TENTATIVE, NEEDS-ACTION
}

// teamsProps are the properties Exchange adds to a Teams meeting.
type teamsProps struct{ url, cid, confID, tollNumber string }

// Parse reads every event of a calendar object. It returns what it could read together with ErrNoCalendar when that is nothing.
func Parse(data []byte) ([]Event, error) {
	root := readComponents(string(data))
	var out []Event
	for _, cal := range root.kids {
		if cal.name != "VCALENDAR" {
			continue
		}
		z := newZones(cal)
		method := strings.ToUpper(strings.TrimSpace(cal.text("METHOD")))
		for _, k := range cal.kids {
			if k.name == "VEVENT" {
				out = append(out, readEvent(k, z, method))
			}
		}
	}
	if len(out) == 0 {
		return nil, ErrNoCalendar
	}
	return out, nil
}

func readEvent(c *component, z zones, method string) Event {
	e := Event{
		UID: strings.TrimSpace(c.text("UID")), Method: method, Summary: strings.TrimSpace(c.text("SUMMARY")), Location: strings.TrimSpace(c.text("LOCATION")),
		Description: c.text("DESCRIPTION"), Status: strings.ToUpper(strings.TrimSpace(c.text("STATUS"))), altHTML: c.text("X-ALT-DESC"),
	}
	if e.Method == "" && e.Status == "CANCELLED" {
		e.Method = "CANCEL"
	}
	e.Sequence, _ = strconv.Atoi(strings.TrimSpace(c.text("SEQUENCE")))
	if e.Sequence == 0 && c.get("SEQUENCE") == nil {
		e.Sequence, _ = strconv.Atoi(strings.TrimSpace(c.text("X-MICROSOFT-CDO-APPT-SEQUENCE")))
	}
	start, end := z.read(c.get("DTSTART")), z.read(c.get("DTEND"))
	e.Start, e.AllDay = start.at, start.allDay
	switch {
	case end.ok:
		e.End = end.at
	case start.ok:
		e.End = start.at.Add(duration(c.text("DURATION"), start.allDay))
	default:
		e.Notes = append(e.Notes, "The invitation does not say when the meeting is.")
	}
	if start.note != "" {
		e.Notes = append(e.Notes, start.note)
	}
	if r := z.read(c.get("RECURRENCE-ID")); r.ok {
		e.RecurrenceID = r.at
	}
	for i := range c.props {
		switch p := &c.props[i]; p.name {
		case "ORGANIZER":
			e.Organizer = party(p)
		case "ATTENDEE":
			if len(e.Attendees) < 1000 {
				e.Attendees = append(e.Attendees, party(p))
			}
		}
	}
	e.readTeams(c)
	return e
}

func party(p *property) Party {
	addr := strings.TrimSpace(p.value)
	if i := strings.IndexByte(addr, ':'); i >= 0 && strings.EqualFold(addr[:i], "mailto") {
		addr = addr[i+1:]
	}
	if !strings.Contains(addr, "@") && strings.Contains(p.params["EMAIL"], "@") {
		addr = p.params["EMAIL"]
	}
	return Party{Name: unescape(p.params["CN"]), Addr: strings.TrimSpace(addr), Status: strings.ToUpper(p.params["PARTSTAT"])}
}

var cidProperty = regexp.MustCompile(`"cid"\s*:\s*"([^"]+)"`)

func (e *Event) readTeams(c *component) {
	e.teams.url = strings.TrimSpace(c.text("X-MICROSOFT-SKYPETEAMSMEETINGURL"))
	if m := cidProperty.FindStringSubmatch(c.text("X-MICROSOFT-SKYPETEAMSPROPERTIES")); m != nil {
		e.teams.cid = m[1]
	}
	e.teams.confID = digitsOnly(c.text("X-MICROSOFT-ONLINEMEETINGCONFERENCEID"))
	e.teams.tollNumber = strings.TrimSpace(c.text("X-MICROSOFT-ONLINEMEETINGTOLLNUMBER"))
	for _, name := range []string{"CONFERENCE", "X-GOOGLE-CONFERENCE", "X-ZOOM-JOIN-URL"} {
		if u := strings.TrimSpace(c.text(name)); strings.HasPrefix(u, "http") && e.conferenceURL == "" {
			e.conferenceURL = u
		}
	}
}

var durationForm = regexp.MustCompile(`^([+-])?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$`)

// duration reads RFC 5545 section 3.3.6; without one an all-day event lasts a day and any other no time (section 3.6.1).
func duration(v string, allDay bool) time.Duration {
	m := durationForm.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(v)))
	if m == nil || m[1] == "-" {
		if allDay {
			return 24 * time.Hour
		}
		return 0
	}
	n := func(i int) time.Duration { v, _ := strconv.Atoi(m[i]); return time.Duration(v) }
	return n(2)*7*24*time.Hour + n(3)*24*time.Hour + n(4)*time.Hour + n(5)*time.Minute + n(6)*time.Second
}

// Choose picks the event an invitation is about when several are in a message: the highest SEQUENCE of one UID, and of a series its
// master before its exceptions. ok is false when there are different meetings, and a person must choose.
func Choose(events []Event) (Event, bool) {
	if len(events) == 0 {
		return Event{}, false
	}
	best, one := events[0], true
	for _, e := range events[1:] {
		if e.UID != best.UID {
			one = false
			continue
		}
		if e.Sequence > best.Sequence || e.Sequence == best.Sequence && e.RecurrenceID.IsZero() && !best.RecurrenceID.IsZero() {
			best = e
		}
	}
	return best, one
}
