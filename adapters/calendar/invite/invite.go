// Package invite reads one invitation whole: which meeting of which calendar, when, how it can be reached and in which order that should
// be tried, what is wrong with it, and the request to its organiser for what is missing. It is pure.
package invite

import (
	"encoding/json"
	"strings"
	"time"

	"kinbridge/adapters/calendar"
	"kinbridge/adapters/calendar/join"
	"kinbridge/adapters/calendar/problem"
	"kinbridge/gateway/ids"
)

// Message is what brought an invitation.
type Message struct {
	From       string // address; asked when the calendar names no organiser
	Text, HTML string
	Calendars  [][]byte  // text/calendar parts, in UTF-8
	Forwarded  []Message // messages attached to it, in order
}

// Invite is an invitation, or an update, cancellation or answer: Event.Method says which.
type Invite struct {
	Event    calendar.Event
	Events   []calendar.Event // every event of the same UID, for calendar.Expand
	Others   []calendar.Event // of other meetings that the message brought: a person must choose
	Join     join.Details
	Plan     []Leg
	Problems []problem.Problem
	Request  *Request // the drafted request to the organiser; nil when nothing is missing
	HasEvent bool     // false when no calendar event could be read: only Join is meaningful
}

// maxForwards bounds how deep messages inside messages are read, and how many there are.
const (
	maxDepth    = 5
	maxMessages = 50
)

// candidate is an event with the message that carried it.
type candidate struct {
	event calendar.Event
	all   []calendar.Event
	from  *Message
}

// Read reads m. It always returns a plan; the error is calendar.ErrNoCalendar when no event could be read.
func Read(m Message) (Invite, error) {
	var list []candidate
	var messages []*Message
	collect(&m, 0, &list, &messages)
	var in Invite
	carrier := &m
	if len(list) > 0 {
		in.HasEvent = true
		carrier = in.choose(list)
	}
	text, html := carrier.Text, carrier.HTML
	in.Join = calendar.JoinFrom(in.Event, text, html)
	if !in.HasEvent || in.Join.Service == "" {
		for _, o := range messages { // what was forwarded may say it in its words alone
			if o != carrier && in.Join.Service == "" {
				if j := calendar.JoinFrom(in.Event, o.Text, o.HTML); j.Service != "" {
					in.Join = j
				}
			}
		}
	}
	in.judge()
	in.plan(m.From)
	if !in.HasEvent {
		return in, calendar.ErrNoCalendar
	}
	return in, nil
}

func collect(m *Message, depth int, list *[]candidate, messages *[]*Message) {
	if depth > maxDepth || len(*messages) == maxMessages {
		return
	}
	*messages = append(*messages, m)
	for _, c := range m.Calendars[:min(len(m.Calendars), 20)] {
		events, err := calendar.Parse(c)
		if err != nil {
			continue
		}
		for _, g := range byUID(events) {
			e, _ := calendar.Choose(g)
			for _, o := range g { // of one object the master speaks for the series, whatever its exceptions' numbers
				if o.RecurrenceID.IsZero() && !e.RecurrenceID.IsZero() {
					e = o
				}
			}
			*list = append(*list, candidate{event: e, all: g, from: m})
		}
	}
	for i := range m.Forwarded {
		collect(&m.Forwarded[i], depth+1, list, messages)
	}
}

func byUID(events []calendar.Event) (out [][]calendar.Event) {
	at := map[string]int{}
	for _, e := range events {
		i, ok := at[e.UID]
		if !ok {
			i = len(out)
			at[e.UID] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return out
}

// choose takes the newest version of the first meeting; of the same version that with more to say, which came first.
func (in *Invite) choose(list []candidate) *Message {
	best := list[0]
	for _, c := range list[1:] {
		if c.event.UID != best.event.UID {
			in.Others = append(in.Others, c.event)
			continue
		}
		if calendar.Compare(c.event, best.event) > 0 {
			best = c
		}
	}
	in.Event = best.event
	for _, c := range list {
		if c.event.UID == best.event.UID {
			in.Events = append(in.Events, c.all...)
		}
	}
	return best.from
}

// judge gathers the problems.
func (in *Invite) judge() {
	e := in.Event
	if !in.HasEvent {
		in.Problems = problem.Add(in.Problems, problem.New(problem.NoCalendar))
	} else {
		in.Problems = problem.Add(in.Problems, e.Problems...)
		if e.UID == "" {
			in.Problems = problem.Add(in.Problems, problem.New(problem.NoUID))
		}
		if e.Organizer.Addr == "" && e.Method != "PUBLISH" {
			in.Problems = problem.Add(in.Problems, problem.New(problem.NoOrganizer))
		}
		if len(in.Others) > 0 {
			starts := []string{when(e)}
			for _, o := range in.Others[:min(len(in.Others), 4)] {
				starts = append(starts, when(o))
			}
			in.Problems = problem.Add(in.Problems, problem.New(problem.Several, strings.Join(starts, ", ")))
		}
	}
	in.Problems = problem.Add(in.Problems, in.Join.Problems...)
	if !in.invites() {
		return
	}
	switch {
	case in.Join.Service == "":
		in.Problems = problem.Add(in.Problems, problem.New(problem.NoJoin))
	case !in.hasPhone() && !in.contradicted():
		in.Problems = problem.Add(in.Problems, problem.New(problem.NoPhone))
	}
	if e.Series.Repeats() {
		w := calendar.Window{From: e.Start, To: e.Start.AddDate(1, 0, 0), Max: maxShown}
		_, why := calendar.Expand(in.Events, w)
		for _, p := range why {
			if p.Code != problem.Cut {
				in.Problems = problem.Add(in.Problems, p)
			}
		}
	}
}

func when(e calendar.Event) string {
	if e.Start.IsZero() {
		return "?"
	}
	return e.Start.Format("2006-01-02 15:04")
}

// invites says that the message asks to a meeting, or brings one's details; answers and cancellations do not.
func (in *Invite) invites() bool {
	switch in.Event.Method {
	case "CANCEL", "REPLY", "REFRESH", "COUNTER", "DECLINECOUNTER":
		return false
	}
	return in.Event.Status != "CANCELLED"
}

// maxShown is how many occurrences of a series the JSON lists: those of the first year, at most.
const maxShown = 60

// Occurrence is one date of a series in the JSON.
type Occurrence struct {
	RecurrenceID string `json:"recurrence_id"`
	Start        string `json:"start"`
	End          string `json:"end"`
	Moved        bool   `json:"moved,omitempty"`
}

// Fields are the JSON of an invitation. Its names are part of the product; fields not given are empty.
type Fields struct {
	UID          string            `json:"uid"`
	Method       string            `json:"method"`
	Sequence     int               `json:"sequence"`
	Start        string            `json:"start"` // RFC 3339
	End          string            `json:"end"`
	Organizer    string            `json:"organizer"`
	JoinURL      string            `json:"join_url"`
	MeetingID    string            `json:"meeting_id"`
	Passcode     string            `json:"passcode"`
	Phone        string            `json:"phone"`
	ConferenceID string            `json:"conference_id"`
	SIPURI       string            `json:"sip_uri"`
	VideoID      string            `json:"video_id"`
	Service      join.Service      `json:"service"`
	Summary      string            `json:"summary"`
	Location     string            `json:"location"`
	Status       string            `json:"status"`
	AllDay       bool              `json:"all_day"`
	Zone         string            `json:"time_zone"`
	RecurrenceID string            `json:"recurrence_id,omitempty"`
	AndLater     bool              `json:"this_and_future,omitempty"`
	Recurrence   string            `json:"recurrence,omitempty"`
	Occurrences  []Occurrence      `json:"occurrences,omitempty"`
	Phones       []join.Phone      `json:"phones"`
	Plan         []Leg             `json:"dial_plan"`
	Problems     []problem.Problem `json:"problems"`
	Request      *Request          `json:"organiser_request,omitempty"`
}

// Fields gives the JSON form.
func (in Invite) Fields() Fields {
	e, j := in.Event, in.Join
	f := Fields{
		UID: e.UID, Method: e.Method, Sequence: e.Sequence, Start: stamp(e.Start), End: stamp(e.End), Organizer: e.Organizer.Addr,
		JoinURL: j.URL, MeetingID: j.MeetingID, Passcode: j.Passcode, Phone: j.Phone, ConferenceID: j.ConferenceID, SIPURI: j.SIPURI, VideoID: j.VideoID,
		Service: j.Service, Summary: e.Summary, Location: e.Location, Status: e.Status, AllDay: e.AllDay, Zone: e.Zone,
		RecurrenceID: stamp(e.RecurrenceID), AndLater: e.AndLater, Recurrence: e.Series.Rule,
		Phones: append([]join.Phone{}, j.Phones...), Plan: in.Plan, Problems: append([]problem.Problem{}, in.Problems...), Request: in.Request,
	}
	if e.Series.Repeats() && !e.Cancelled() {
		found, _ := calendar.Expand(in.Events, calendar.Window{From: e.Start, To: e.Start.AddDate(1, 0, 0), Max: maxShown})
		for _, o := range found {
			f.Occurrences = append(f.Occurrences, Occurrence{RecurrenceID: stamp(o.RecurrenceID), Start: stamp(o.Start), End: stamp(o.End), Moved: o.Moved})
		}
	}
	return f
}

// MarshalJSON writes the Fields.
func (in Invite) MarshalJSON() ([]byte, error) { return json.Marshal(in.Fields()) }

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// ErrNotInvite is for callers that were given something with neither an event nor a way into a meeting.
var ErrNotInvite = ids.E(ids.Invalid, "The file holds no invitation: neither a calendar event nor a link, number or address to join a meeting.")
