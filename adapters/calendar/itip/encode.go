// Package itip writes what Kinbridge sends to other calendars (RFC 5546): answers to invitations (REPLY, COUNTER, REFRESH), its own meetings
// (REQUEST, with updates and CANCEL, and DECLINECOUNTER), and a feed of somebody's meetings (PUBLISH). Each is an Object: the calendar object
// and the MIME part that carries it. Nothing private can get in: the texts of a meeting are fixed, and the organiser's own title is not
// repeated. It is pure.
package itip

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"

	"kinbridge/adapters/calendar"
	"kinbridge/gateway/ids"
)

// productID names the program that wrote an object (RFC 5545 section 3.7.3).
const productID = "-//Kinbridge//Kinbridge//EN"

// Object is one calendar object ready to send.
type Object struct {
	Method string // REPLY, COUNTER, REFRESH, REQUEST, CANCEL, DECLINECOUNTER, PUBLISH
	ICS    []byte // UTF-8, CRLF, lines of at most 75 octets
}

// ContentType is the object's media type: the method stands in it too, or Outlook shows an attachment instead of an answer (RFC 6047
// section 2.4).
func (o Object) ContentType() string {
	return "text/calendar; method=" + o.Method + "; charset=UTF-8"
}

// Header gives the fields of the MIME part, whose body is Body.
func (o Object) Header() textproto.MIMEHeader {
	return textproto.MIMEHeader{"Content-Type": {o.ContentType()}, "Content-Transfer-Encoding": {"base64"}}
}

// Body is the part's body in base64, in lines of 76 characters.
func (o Object) Body() []byte {
	raw := base64.StdEncoding.EncodeToString(o.ICS)
	var b bytes.Buffer
	for len(raw) > 76 {
		b.WriteString(raw[:76] + "\r\n")
		raw = raw[76:]
	}
	b.WriteString(raw + "\r\n")
	return b.Bytes()
}

// Alternative makes the body of a mail that carries the object: multipart/alternative with the words first, then their HTML (left out when
// ""), then the calendar, the form that Outlook, Google and Apple all act on. contentType goes into the mail's header.
func (o Object) Alternative(text, html string) (contentType string, body []byte, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range []struct{ kind, text string }{{"text/plain", text}, {"text/html", html}} {
		if p.text == "" && p.kind == "text/html" {
			continue
		}
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {p.kind + "; charset=UTF-8"}, "Content-Transfer-Encoding": {"quoted-printable"}})
		if err != nil {
			return "", nil, err
		}
		q := quotedprintable.NewWriter(part)
		if _, err := q.Write([]byte(strings.ReplaceAll(strings.ReplaceAll(p.text, "\r\n", "\n"), "\n", "\r\n"))); err != nil {
			return "", nil, err
		}
		if err := q.Close(); err != nil {
			return "", nil, err
		}
	}
	part, err := w.CreatePart(o.Header())
	if err != nil {
		return "", nil, err
	}
	if _, err := part.Write(o.Body()); err != nil {
		return "", nil, err
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return "multipart/alternative; boundary=" + w.Boundary(), b.Bytes(), nil
}

var london = func() *time.Location {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // the zone files are in the binary
	}
	return loc
}()

// zoneSince is the first year from which the VTIMEZONE below is true.
const zoneSince = 1997

// builder makes one calendar object.
type builder struct {
	cal     *ical.Calendar
	method  string
	london  bool // a time refers to the VTIMEZONE
	comps   []*ical.Component
	invalid error
}

func newBuilder(method string) *builder {
	cal := ical.NewCalendar()
	cal.Props.SetText(ical.PropVersion, "2.0")
	cal.Props.SetText(ical.PropProductID, productID)
	cal.Props.SetText(ical.PropCalendarScale, "GREGORIAN")
	if method != "" {
		cal.Props.SetText(ical.PropMethod, method)
	}
	return &builder{cal: cal, method: method}
}

// event adds a VEVENT with what every one must have (RFC 5545 section 3.6.1).
func (b *builder) event(uid string, sequence int, stamp time.Time) *ical.Component {
	c := ical.NewComponent(ical.CompEvent)
	uid = oneLine(uid)
	if uid == "" {
		b.fail("The invitation has no identifier, so nothing can be answered to it. Answer its sender by email.")
	}
	c.Props.SetText(ical.PropUID, uid)
	c.Props.SetDateTime(ical.PropDateTimeStamp, stamp.UTC())
	sq := ical.NewProp(ical.PropSequence)
	sq.Value = fmt.Sprint(max(0, sequence))
	c.Props.Set(sq)
	b.comps = append(b.comps, c)
	return c
}

func (b *builder) fail(words string) {
	if b.invalid == nil {
		b.invalid = ids.E(ids.Invalid, "%s", words)
	}
}

// time sets a DATE, or a time in London; one that comes twice when the clocks go back is written in UTC, which comes once.
func (b *builder) time(c *ical.Component, name string, t time.Time, day bool) {
	p := ical.NewProp(name)
	local := t.In(london)
	_, off := local.Zone()
	_, later := local.Add(time.Hour).Zone()
	_, earlier := local.Add(-time.Hour).Zone()
	switch {
	case t.IsZero():
		return
	case day:
		p.SetDate(t)
	case local.Year() < zoneSince || later < off || earlier > off:
		p.SetDateTime(t.UTC())
	default:
		b.london = true
		p.SetDateTime(local)
	}
	c.Props.Set(p)
}

// party adds an ORGANIZER or ATTENDEE.
func (b *builder) party(c *ical.Component, name string, who calendar.Party, params map[string]string) {
	addr := oneLine(who.Addr)
	if !strings.Contains(addr, "@") || strings.ContainsAny(addr, " \"<>,;") {
		b.fail("An address in the meeting cannot be written into a calendar. Check the addresses.")
		return
	}
	p := ical.NewProp(name)
	p.Value = "mailto:" + addr
	if cn := param(who.Name); cn != "" {
		p.Params.Set("CN", cn)
	}
	for k, v := range params {
		p.Params.Set(k, v)
	}
	c.Props.Add(p)
}

func (b *builder) text(c *ical.Component, name, value string) {
	if value = clean(value); value != "" {
		c.Props.SetText(name, value)
	}
}

// done encodes and folds.
func (b *builder) done() (Object, error) {
	if b.invalid != nil {
		return Object{}, b.invalid
	}
	if b.london {
		b.cal.Children = append(b.cal.Children, londonZone())
	}
	b.cal.Children = append(b.cal.Children, b.comps...)
	var raw bytes.Buffer
	if len(b.comps) == 0 { // a feed of nothing: the library refuses an empty calendar, readers do not
		fmt.Fprintf(&raw, "BEGIN:VCALENDAR\r\nCALSCALE:GREGORIAN\r\nMETHOD:%s\r\nPRODID:%s\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", b.method, productID)
	} else if err := ical.NewEncoder(&raw).Encode(b.cal); err != nil {
		return Object{}, ids.Wrap(ids.Internal, err, "The calendar entry could not be written.")
	}
	return Object{Method: b.method, ICS: fold(raw.Bytes())}, nil
}

// fold breaks lines of more than 75 octets between characters (RFC 5545 section 3.1); the library does not.
func fold(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/70*3)
	for len(raw) > 0 {
		line := raw
		if i := bytes.Index(raw, []byte("\r\n")); i >= 0 {
			line, raw = raw[:i], raw[i+2:]
		} else {
			raw = nil
		}
		for limit := 75; len(line) > limit; limit = 74 {
			n := limit
			for n > limit-4 && !utf8.RuneStart(line[n]) {
				n--
			}
			out = append(append(out, line[:n]...), "\r\n "...)
			line = line[n:]
		}
		out = append(append(out, line...), "\r\n"...)
	}
	return out
}

// londonZone is the definition of Europe/London since 1996.
func londonZone() *ical.Component {
	z := ical.NewComponent(ical.CompTimezone)
	z.Props.SetText(ical.PropTimezoneID, "Europe/London")
	for _, o := range []struct{ comp, name, start, from, to, rule string }{
		{ical.CompTimezoneDaylight, "BST", "19960331T010000", "+0000", "+0100", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"},
		{ical.CompTimezoneStandard, "GMT", "19961027T020000", "+0100", "+0000", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"},
	} {
		c := ical.NewComponent(o.comp)
		for name, v := range map[string]string{ical.PropDateTimeStart: o.start, ical.PropTimezoneOffsetFrom: o.from, ical.PropTimezoneOffsetTo: o.to, ical.PropTimezoneName: o.name, ical.PropRecurrenceRule: o.rule} {
			p := ical.NewProp(name)
			p.Value = v
			c.Props.Set(p)
		}
		z.Children = append(z.Children, c)
	}
	return z
}

// clean keeps line ends and drops every other control character.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

func oneLine(s string) string { return strings.ReplaceAll(clean(s), "\n", " ") }

// param makes text fit for a parameter: a double quote cannot be written there so that every reader understands it.
func param(s string) string { return strings.ReplaceAll(oneLine(s), `"`, "'") }
