// Package join reads how a meeting can be reached out of an invitation: from the properties of its calendar part, its HTML and its plain
// text. It anchors on shapes (digits after commas, addresses beside digits, known hosts), not on labels, which are translated. It knows
// every generation of Microsoft Teams invitation, Zoom, Webex and Google Meet. It is pure and takes time linear in its input.
package join

import (
	"strings"

	"kinbridge/adapters/calendar/problem"
)

// Service is who runs the meeting.
type Service string

// The services that are known.
const (
	Teams      Service = "teams"
	Zoom       Service = "zoom"
	Webex      Service = "webex"
	GoogleMeet Service = "google_meet"
	Other      Service = "other"
)

// Details is how a meeting can be reached. Passcodes and the identifiers are credentials: never log them or show them to those who do not
// dial. Empty fields were not given, or contradict one another and were refused: then Problems says so, with both.
type Details struct {
	Service       Service // "" when there is no link, number or address
	URL           string  // https link, unwrapped
	MeetingID     string  // digits only, 9 to 15
	Passcode      string
	Phone         string  // E.164: + and digits
	ConferenceID  string  // digits to send after the phone is answered, followed by #
	PhonePasscode string  // digits to send after the conference ID; Zoom and Webex
	Phones        []Phone // every number printed, Phone first
	SIPURI        string  // tenant key or address for video devices, local@domain
	VideoID       string  // digits for the video service
	DirectSIP     string  // address that reaches the meeting without a prompt; "" when it cannot be made
	Problems      []problem.Problem
	thread        string // of the Teams meeting
	urlThread     string // of URL
	canonical     link   // the calendar's link, when it contradicts the calendar's thread
}

// Phone is one number to dial in.
type Phone struct {
	Number string `json:"number"` // E.164
	Place  string `json:"place"`  // as printed: "United Kingdom, London (Toll)"
}

// Properties are what calendar programs say outside the text.
type Properties struct {
	TeamsURL     string   // X-MICROSOFT-SKYPETEAMSMEETINGURL
	Thread       string   // cid of X-MICROSOFT-SKYPETEAMSPROPERTIES
	ConferenceID string   // X-MICROSOFT-ONLINEMEETINGCONFERENCEID
	TollNumber   string   // X-MICROSOFT-ONLINEMEETINGTOLLNUMBER
	URIs         []string // CONFERENCE and its predecessors: https:, tel:, sip:
}

// Source is everything an invitation says; empty fields are fine.
type Source struct {
	Properties
	Calendar   []string // texts of the calendar part, HTML flattened
	HTML, Text string   // bodies of the message
	People     []string // addresses of people, which no video device dials
}

// maxText bounds each text that is read, in bytes.
const maxText = 1 << 20

// Read reads the ways into one meeting. Parts of the invitation that contradict one another are refused, both values shown.
func Read(src Source) Details {
	people := map[string]bool{}
	for _, p := range src.People {
		people[strings.ToLower(p)] = true
	}
	l := &linkReader{left: maxLinks}
	var d Details
	d.fromProperties(src.Properties, l)
	for _, text := range src.Calendar {
		d.take(readText(text, people, l, d.target(src.Thread)))
	}
	inCalendar := d.URL != "" || d.ConferenceID != ""
	for _, text := range []string{Flatten(src.HTML), src.Text} {
		o := readText(text, people, l, d.target(src.Thread))
		if inCalendar && d.thread != "" && o.thread != "" && d.thread != o.thread {
			d.Problems = problem.Add(d.Problems, problem.New(problem.OtherLink))
			continue
		}
		d.take(o)
	}
	d.Problems = problem.Add(d.Problems, l.problems...)
	d.finish()
	return d
}

// target is what an invitation further down must lead to in order to be this one.
func (d *Details) target(thread string) wanted {
	if thread == "" {
		thread = d.thread
	}
	return wanted{thread: strings.ToLower(thread), url: d.URL, meetingID: d.MeetingID}
}

// fromProperties takes what needs no reading of prose.
func (d *Details) fromProperties(p Properties, l *linkReader) {
	thread := strings.ToLower(p.Thread)
	switch k := l.read(p.TeamsURL); {
	case k.kind == "":
	case thread != "" && k.thread != "" && k.thread != thread:
		d.canonical = k
	default:
		d.setLink(k)
	}
	if thread != "" {
		d.thread = thread
	}
	for _, uri := range p.URIs {
		switch scheme, rest, _ := strings.Cut(uri, ":"); strings.ToLower(scheme) {
		case "https", "http":
			if k := l.read(uri); k.kind != "" && d.URL == "" {
				d.setLink(k)
			}
		case "tel":
			if number, id, pass := dialString(unescapePath(rest) + "#"); number != "" && d.Phone == "" {
				d.Phone, d.ConferenceID, d.PhonePasscode = number, id, pass
			}
		case "sip", "sips":
			if addr, _, _ := strings.Cut(rest, ";"); d.SIPURI == "" && addrForm.FindString(addr) == addr && addr != "" {
				d.SIPURI = strings.ToLower(addr)
			}
		}
	}
	if id := digitsOnly(p.ConferenceID); d.ConferenceID == "" && len(id) >= 4 && len(id) <= 16 {
		d.ConferenceID = id
	}
	if d.Phone == "" {
		d.Phone = e164(p.TollNumber)
	}
	if d.Phone != "" {
		d.Phones = []Phone{{Number: d.Phone}}
	}
}

func (d *Details) setLink(k link) {
	d.URL, d.Service = k.url, k.service
	d.urlThread = k.thread
	if k.thread != "" {
		d.thread = k.thread
	}
}

// take merges what another part says. What both say must be the same.
func (d *Details) take(o Details) {
	d.Problems = problem.Add(d.Problems, o.Problems...)
	if d.URL == "" || o.urlThread != "" && o.urlThread == d.thread && d.urlThread != d.thread {
		d.URL, d.Service, d.urlThread = o.URL, o.Service, o.urlThread
	}
	if d.thread == "" {
		d.thread = o.thread
	}
	for _, f := range []struct {
		to, from *string
		differ   problem.Code
	}{
		{&d.MeetingID, &o.MeetingID, problem.MeetingMismatch}, {&d.Passcode, &o.Passcode, problem.PasscodeMismatch}, {&d.ConferenceID, &o.ConferenceID, problem.ConferenceDiffers},
		{&d.SIPURI, &o.SIPURI, problem.TenantMismatch}, {&d.VideoID, &o.VideoID, problem.VideoMismatch},
		{&d.Phone, &o.Phone, ""}, {&d.PhonePasscode, &o.PhonePasscode, ""}, {&d.DirectSIP, &o.DirectSIP, ""},
	} {
		switch {
		case *f.to == "":
			*f.to = *f.from
		case *f.from != "" && *f.from != *f.to && f.differ != "" && !strings.EqualFold(*f.from, *f.to):
			d.refuse(f.differ, *f.to, *f.from)
		}
	}
	for _, p := range o.Phones {
		known := false
		for i, q := range d.Phones {
			if known = q.Number == p.Number; known {
				if q.Place == "" {
					d.Phones[i].Place = p.Place
				}
				break
			}
		}
		if !known && len(d.Phones) < 30 {
			d.Phones = append(d.Phones, p)
		}
	}
}

func (d *Details) refuse(c problem.Code, a, b string) {
	if problem.Has(d.Problems, c) {
		return
	}
	if c == problem.PasscodeMismatch {
		d.Problems = problem.Add(d.Problems, problem.New(c)) // no secret in words that are shown about
		return
	}
	d.Problems = problem.Add(d.Problems, problem.New(c, a, b))
}

// finish empties what was refused, and works out what follows from the rest.
func (d *Details) finish() {
	if d.canonical.url != "" && d.urlThread != d.thread {
		d.URL, d.Service = d.canonical.url, d.canonical.service
		d.Problems = problem.Add(d.Problems, problem.New(problem.LinkDiffers))
	}
	id, inLink := idInURL(d.URL)
	if inLink && d.MeetingID != "" && d.MeetingID != id {
		d.refuse(problem.MeetingMismatch, d.MeetingID, id)
	}
	for c, f := range map[problem.Code]*string{
		problem.MeetingMismatch: &d.MeetingID, problem.PasscodeMismatch: &d.Passcode, problem.ConferenceMismatch: &d.ConferenceID,
		problem.ConferenceDiffers: &d.ConferenceID, problem.TenantMismatch: &d.SIPURI, problem.VideoMismatch: &d.VideoID,
	} {
		if problem.Has(d.Problems, c) {
			*f = ""
		}
	}
	if d.MeetingID == "" && !problem.Has(d.Problems, problem.MeetingMismatch) {
		d.MeetingID = id
	}
	if d.Service == "" && (d.Phone != "" && d.ConferenceID != "" || d.SIPURI != "") {
		d.Service = Other
	}
	switch {
	case problem.Has(d.Problems, problem.TenantMismatch) || problem.Has(d.Problems, problem.VideoMismatch):
		d.DirectSIP = ""
	case d.DirectSIP == "":
		d.DirectSIP = directSIP(d.SIPURI, d.VideoID)
	}
}
