package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"kinbridge/adapters/calendar/join"
	"kinbridge/adapters/calendar/problem"
)

// Event is one VEVENT of a calendar object (RFC 5545 section 3.6.1) with the METHOD of the object (RFC 5546). Its times carry
// the offset of the organiser's zone.
type Event struct {
	UID, Method string // Method is upper case: REQUEST, CANCEL, REPLY, COUNTER, DECLINECOUNTER, REFRESH, ADD, PUBLISH; "" when the object has none
	Sequence    int
	Stamp       time.Time // DTSTAMP: when this version was written, zero when not said
	When
	RecurrenceID time.Time // the occurrence meant, zero for the whole series
	AndLater     bool      // RANGE=THISANDFUTURE: that occurrence and all after it
	Series       Series
	Organizer    Party
	Attendees    []Party
	Summary      string
	Location     string
	Description  string
	Comment      string // what who answers or proposes says
	Status       string // CONFIRMED, TENTATIVE, CANCELLED, upper case
	Free         bool   // TRANSP:TRANSPARENT, or Outlook's "free": it keeps nobody busy
	Problems     []problem.Problem
	JoinDetails  join.Properties // what the calendar program itself says of the way in
	RichText     string          // X-ALT-DESC, HTML: never show it as it is
}

// When is the time of an event or of one of its occurrences.
type When struct {
	Start, End time.Time // End equals Start when the end is not known
	AllDay     bool      // Start and End are then midnights in London
	Floating   bool      // no zone was given; London's was assumed
	Zone       string    // as written, "UTC", or "Europe/London" when assumed
}

// Party is the organiser or an attendee.
type Party struct {
	Name, Addr string
	Status     string // PARTSTAT, upper case: ACCEPTED, DECLINED, TENTATIVE, NEEDS-ACTION
	Role       string // ROLE, upper case; "" is REQ-PARTICIPANT
	Room       bool   // CUTYPE ROOM or RESOURCE: no person
}

// MaxAttendees bounds the people of one event that are kept.
const MaxAttendees = 1000

// Cancelled says that the event takes back a meeting or an occurrence.
func (e Event) Cancelled() bool { return e.Method == "CANCEL" || e.Status == "CANCELLED" }

// Parse reads every event of a calendar object. It returns what it could read together with ErrNoCalendar when that is nothing.
// Hostile input costs bounded time and memory; what had to be left out or assumed is in each event's Problems.
func Parse(data []byte) ([]Event, error) {
	root, cut := readComponents(string(data[:min(len(data), maxBytes)]))
	var out []Event
	for _, cal := range root.kids {
		if cal.name != "VCALENDAR" {
			continue
		}
		z := newZones(cal)
		method := strings.ToUpper(strings.TrimSpace(cal.text("METHOD")))
		for _, k := range cal.kids {
			if k.name == "VEVENT" && len(out) < maxEvents {
				out = append(out, readEvent(k, z, method))
			}
		}
	}
	if len(out) == 0 {
		return nil, ErrNoCalendar
	}
	if cut || len(data) > maxBytes || len(out) == maxEvents {
		out[0].Problems = problem.Add(out[0].Problems, problem.New(problem.TooLong))
	}
	return out, nil
}

func readEvent(c *component, z zones, method string) Event {
	e := Event{
		UID: strings.TrimSpace(c.text("UID")), Method: method, Summary: strings.TrimSpace(c.text("SUMMARY")), Location: strings.TrimSpace(c.text("LOCATION")),
		Description: c.text("DESCRIPTION"), Comment: strings.TrimSpace(c.text("COMMENT")), Status: strings.ToUpper(strings.TrimSpace(c.text("STATUS"))), RichText: c.text("X-ALT-DESC"),
	}
	if e.Method == "" && e.Status == "CANCELLED" {
		e.Method = "CANCEL"
	}
	e.Sequence, _ = strconv.Atoi(strings.TrimSpace(c.text("SEQUENCE")))
	if e.Sequence == 0 && c.get("SEQUENCE") == nil {
		e.Sequence, _ = strconv.Atoi(strings.TrimSpace(c.text("X-MICROSOFT-CDO-APPT-SEQUENCE")))
	}
	e.Sequence = max(0, e.Sequence)
	e.Stamp = z.read(c.get("DTSTAMP")).at
	e.Free = strings.EqualFold(strings.TrimSpace(c.text("TRANSP")), "TRANSPARENT") || strings.EqualFold(strings.TrimSpace(c.text("X-MICROSOFT-CDO-BUSYSTATUS")), "FREE")
	start := z.read(c.get("DTSTART"))
	e.readWhen(c, z, start)
	if r := c.get("RECURRENCE-ID"); r != nil {
		m := z.read(r)
		e.RecurrenceID, e.AndLater = m.at, strings.EqualFold(r.params["RANGE"], "THISANDFUTURE")
		if !m.ok {
			e.Problems = problem.Add(e.Problems, m.problems...)
		}
	}
	e.Series = readSeries(c, z, start)
	e.readPeople(c)
	e.readJoin(c)
	return e
}

// readWhen reads DTSTART with DTEND or DURATION.
func (e *Event) readWhen(c *component, z zones, start moment) {
	end := z.read(c.get("DTEND"))
	e.Start, e.End, e.AllDay, e.Zone, e.Floating = start.at, start.at, start.allDay, start.zone.name, start.zone.floating && !start.allDay
	e.Problems = problem.Add(e.Problems, start.problems...)
	if !start.ok {
		if len(start.problems) == 0 && e.Method != "REFRESH" { // a REFRESH names only what it asks for (RFC 5546 section 3.2.6)
			e.Problems = problem.Add(e.Problems, problem.New(problem.NoStart))
		}
		if end.ok {
			e.End = end.at
		}
		return
	}
	length, given := duration(c.text("DURATION"))
	switch {
	case end.ok:
		e.End = end.at
		for _, p := range end.problems {
			if p.Code != problem.Floating && p.Code != problem.UnknownZone || !start.zone.floating {
				e.Problems = problem.Add(e.Problems, p)
			}
		}
	case given:
		e.End = start.plus(length)
	case start.allDay:
		e.End = start.plus(span{days: 1}) // section 3.6.1
	default:
		e.Problems = problem.Add(e.Problems, end.problems...)
		if !e.Cancelled() {
			e.Problems = problem.Add(e.Problems, problem.New(problem.NoEnd))
		}
	}
	if e.AllDay && !e.Cancelled() {
		e.Problems = problem.Add(e.Problems, problem.New(problem.WholeDay))
	}
	const shown = "2006-01-02 15:04"
	switch sy, sm, sd := e.Start.Date(); {
	case e.End.Before(e.Start):
		e.Problems = problem.Add(e.Problems, problem.New(problem.EndBeforeStart, e.End.Format(shown), e.Start.Format(shown)))
		e.End = e.Start
	case !e.AllDay && e.End.After(time.Date(sy, sm, sd+1, 0, 0, 0, 0, e.Start.Location())):
		e.Problems = problem.Add(e.Problems, problem.New(problem.Midnight, e.Start.Format(shown), e.End.Format(shown)))
	case e.AllDay && !e.End.After(e.Start):
		e.End = start.plus(span{days: 1}) // DTEND of an all-day event is the day after; some programs write the day itself
	}
}

func (e *Event) readPeople(c *component) {
	people := 0
	for i := range c.props {
		switch p := &c.props[i]; p.name {
		case "ORGANIZER":
			if e.Organizer.Addr == "" {
				e.Organizer = party(p)
			}
		case "ATTENDEE":
			if people++; people <= MaxAttendees {
				e.Attendees = append(e.Attendees, party(p))
			}
		}
	}
	if people > MaxAttendees {
		e.Problems = problem.Add(e.Problems, problem.New(problem.Attendees, strconv.Itoa(people), strconv.Itoa(MaxAttendees)))
	}
}

func party(p *property) Party {
	addr := strings.TrimSpace(p.value)
	if i := strings.IndexByte(addr, ':'); i >= 0 && strings.EqualFold(addr[:i], "mailto") {
		addr = addr[i+1:]
	}
	if !strings.Contains(addr, "@") && strings.Contains(p.params["EMAIL"], "@") {
		addr = p.params["EMAIL"]
	}
	kind := strings.ToUpper(p.params["CUTYPE"])
	return Party{Name: paramText(p.params["CN"]), Addr: strings.TrimSpace(addr), Status: strings.ToUpper(p.params["PARTSTAT"]), Role: strings.ToUpper(p.params["ROLE"]), Room: kind == "ROOM" || kind == "RESOURCE"}
}

// paramText undoes the escapes of parameter values (RFC 6868), and those of TEXT that some programs use there.
func paramText(s string) string {
	return unescape(strings.NewReplacer("^^", "^", "^n", " ", "^'", `"`).Replace(s))
}

var cidProperty = regexp.MustCompile(`"cid"\s*:\s*"([^"]{1,500})"`)

func (e *Event) readJoin(c *component) {
	e.JoinDetails.TeamsURL = strings.TrimSpace(c.text("X-MICROSOFT-SKYPETEAMSMEETINGURL"))
	if v := c.text("X-MICROSOFT-SKYPETEAMSPROPERTIES"); v != "" {
		if m := cidProperty.FindStringSubmatch(v[:min(len(v), 8192)]); m != nil {
			e.JoinDetails.Thread = m[1]
		}
	}
	e.JoinDetails.ConferenceID = c.text("X-MICROSOFT-ONLINEMEETINGCONFERENCEID")
	e.JoinDetails.TollNumber = strings.TrimSpace(c.text("X-MICROSOFT-ONLINEMEETINGTOLLNUMBER"))
	for i := range c.props {
		switch p := &c.props[i]; p.name {
		case "CONFERENCE", "X-GOOGLE-CONFERENCE", "X-ZOOM-JOIN-URL", "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK", "URL", "X-WEBEX-JOIN-URL": // CONFERENCE: RFC 7986 section 5.11
			if len(e.JoinDetails.URIs) < 20 && len(p.value) < 4096 {
				e.JoinDetails.URIs = append(e.JoinDetails.URIs, strings.TrimSpace(unescape(p.value)))
			}
		}
	}
}

// span is a DURATION: its days are by the calendar, its rest by the clock (RFC 5545 section 3.3.6).
type span struct {
	days int
	rest time.Duration
}

// plus adds a duration: a day later is the same time of the next day, whatever the clocks do.
func (m moment) plus(s span) time.Time {
	at := m.at
	if s.days != 0 {
		if later, ok := m.zone.at(m.wall.AddDate(0, 0, s.days)); ok {
			at = later
		}
	}
	return at.Add(s.rest)
}

var durationForm = regexp.MustCompile(`^([+-])?P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?$`)

// duration reads RFC 5545 section 3.3.6; ok is false when there is none or it makes no sense.
func duration(v string) (span, bool) {
	if len(v) > 40 {
		return span{}, false
	}
	m := durationForm.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(v)))
	if m == nil || m[1] == "-" || strings.Join(m[2:], "") == "" {
		return span{}, false
	}
	n := func(i int) int { v, _ := strconv.Atoi(m[i]); return v }
	return span{days: n(2)*7 + n(3), rest: time.Duration(n(4))*time.Hour + time.Duration(n(5))*time.Minute + time.Duration(n(6))*time.Second}, true
}

// JoinFrom reads how the event can be joined, from its calendar part and the message that brought it; both bodies may be empty.
func JoinFrom(e Event, textBody, htmlBody string) join.Details {
	people := make([]string, 0, len(e.Attendees)+1)
	for _, p := range append([]Party{e.Organizer}, e.Attendees...) {
		people = append(people, p.Addr)
	}
	return join.Read(join.Source{Properties: e.JoinDetails, Calendar: []string{join.FlattenDescription(e.Description), join.Flatten(e.RichText), e.Location}, Text: textBody, HTML: htmlBody, People: people})
}
