package custody

import (
	"encoding/json"
	"strings"
	"time"

	"kinbridge/gateway/custody"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Outcome is what becomes of a message.
type Outcome string

// The outcomes. All of them are answered as received: a queue that repeats what cannot be used repeats it for ever.
const (
	Used    Outcome = "used"     // Result.Event is to be applied
	NotUsed Outcome = "not_used" // of no concern here
	Unclear Outcome = "unclear"  // of concern, and a person must look: it is kept and shown
)

// Result is a message read.
type Result struct {
	Outcome Outcome
	Event   custody.Event // of Used; of Unclear what could be read
	Type    string        // the message's own event type
	Why     string        // in words for a log or a page of staff; no name, no number
}

// The limits of a message.
const (
	MaxMessage  = 1 << 20
	maxWrapping = 4
)

// envelope is a message as it comes: the event itself, or a wrapping that gives it as text. What an event of no concern holds is not looked at.
type envelope struct {
	EventType  json.RawMessage `json:"eventType"`
	OccurredAt json.RawMessage `json:"occurredAt"`
	Published  json.RawMessage `json:"publishedAt"`
	Additional json.RawMessage `json:"additionalInformation"`
	Person     json.RawMessage `json:"personReference"`
	Message    json.RawMessage `json:"Message"` // SNS
	Body       json.RawMessage `json:"Body"`    // SQS and others
}

// domainEvent is an event of concern, as the HMPPS domain events topic carries it. Fields that are not used here are left out.
type domainEvent struct {
	EventType  string
	OccurredAt string
	Published  string
	Additional additional
	Person     person
}

type person struct {
	Identifiers []struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"identifiers"`
}

// additional is the event's own part. Reasons differ between the services that publish.
type additional struct {
	Noms          string `json:"nomsNumber"`
	Removed       string `json:"removedNomsNumber"`
	Reason        string `json:"reason"`
	ProbableCause string `json:"probableCause"`
	PrisonID      string `json:"prisonId"`
	PrisonName    string `json:"prisonName"`
	FromPrisonID  string `json:"fromPrisonId"`
}

// ReadMessage reads one message, bare or wrapped by SNS and SQS; received is when it came. An error (Invalid, TooLarge) says that it is no JSON object
// at all; everything else is a Result.
func ReadMessage(data []byte, received time.Time) (Result, error) {
	if len(data) > MaxMessage {
		return Result{}, ids.E(ids.TooLarge, "The message is too large.")
	}
	var m envelope
	if err := json.Unmarshal(data, &m); err != nil {
		return Result{}, ids.Wrap(ids.Invalid, err, "The message is no JSON object.")
	}
	for range maxWrapping {
		inner := m.Message
		if len(inner) == 0 {
			inner = m.Body
		}
		if len(m.EventType) > 0 || len(inner) == 0 {
			return m.result(received), nil
		}
		if s := text(inner); s != "" {
			inner = []byte(s)
		}
		m = envelope{}
		if json.Unmarshal(inner, &m) != nil {
			return Result{Outcome: NotUsed, Why: "The wrapping holds no event."}, nil
		}
	}
	return Result{Outcome: NotUsed, Why: "The message is wrapped too often."}, nil
}

// text is a JSON string's text; "" for anything else.
func text(raw json.RawMessage) (s string) {
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// result reads no more of an event than its type needs.
func (m envelope) result(received time.Time) Result {
	d := domainEvent{EventType: text(m.EventType), OccurredAt: text(m.OccurredAt), Published: text(m.Published)}
	r := Result{Outcome: NotUsed, Type: short(d.EventType), Why: "Messages of this type say nothing about where she is."}
	if d.EventType == "" {
		r.Why = "The message names no event type."
		return r
	}
	if kind, note := d.kind(""); kind == "" && note == "" {
		return r
	}
	if len(m.Additional) > 0 && json.Unmarshal(m.Additional, &d.Additional) != nil || len(m.Person) > 0 && json.Unmarshal(m.Person, &d.Person) != nil {
		r.Outcome, r.Why = Unclear, "The message has not the form that is known here."
		return r
	}
	return d.result(received)
}

// result says which custody event it is.
func (d domainEvent) result(received time.Time) Result {
	r := Result{Outcome: Unclear, Type: short(d.EventType)}
	kind, note := d.kind(code(d.Additional.Reason))
	e := custody.Event{Kind: kind, Received: received, Source: "webhook", Reason: short(d.Additional.Reason)}
	if cause := code(d.Additional.ProbableCause); cause != "" {
		e.Reason = strings.TrimSpace(e.Reason + " " + short(d.Additional.ProbableCause))
	}
	at := place(short(strings.TrimSpace(d.Additional.PrisonID)), short(d.Additional.PrisonName))
	switch kind {
	case custody.Released, custody.HospitalOut, custody.AbsenceOut:
		e.From = at
	case custody.Transferred: // the half of it that leaves
		e.From = at
	case custody.Merged:
		e.Former, _ = custody.ParseNumber(d.Additional.Removed)
	default:
		e.At = at
		if from := strings.TrimSpace(d.Additional.FromPrisonID); from != "" {
			e.From = place(short(from), "")
		}
	}
	e.Number = d.number()
	e.Occurred = instant(d.OccurredAt, d.Published)
	e.ID = e.MakeID()
	r.Event = e
	switch err := e.Check(); {
	case note != "":
		r.Why = note
	case e.Number == "":
		r.Why = "The message gives no prisoner number."
	case e.Occurred.IsZero():
		r.Why = "The message does not say when it happened."
	case e.Occurred.After(received.Add(ahead)):
		r.Why = "It is said to happen in the future."
	case err != nil:
		r.Why = err.Error()
	default:
		r.Outcome, r.Why = Used, "It says where she is."
		if kind == custody.Merged {
			r.Why = "It says that two prisoner numbers are one woman."
		}
	}
	return r
}

// kind says which custody event a domain event is; a note says why a person must look, both empty mean that it is of no concern.
func (d domainEvent) kind(reason string) (custody.Kind, string) {
	// The services put their names before: prison-offender-events.prisoner.released, prisoner-offender-search.prisoner.released.
	name := strings.ToLower(strings.TrimSpace(d.EventType))
	if i := strings.LastIndex(name, "prisoner."); i > 0 && name[i-1] != '.' {
		return "", ""
	} else if i >= 0 {
		name = name[i+len("prisoner."):]
	} else {
		return "", ""
	}
	switch name {
	case "received":
		if code(d.Additional.ProbableCause) == "RECALL" && (reason == "ADMISSION" || reason == "NEW_ADMISSION" || reason == "READMISSION" || reason == "UNKNOWN" || reason == "") {
			return custody.Recalled, ""
		}
		return look(receivedReasons, reason, "The message says that she was received, with a reason that is not known here: look where she is.")
	case "released":
		return look(releasedReasons, reason, "The message says that she left, with a reason that is not known here: find out whether she is released before her kiosk is closed.")
	case "merged":
		return custody.Merged, ""
	}
	return "", ""
}

func look(reasons map[string]custody.Kind, reason, otherwise string) (custody.Kind, string) {
	if k, ok := reasons[reason]; ok {
		return k, ""
	}
	return "", otherwise
}

var receivedReasons = map[string]custody.Kind{
	"ADMISSION": custody.Received, "NEW_ADMISSION": custody.Received, "READMISSION": custody.Received, "READMISSION_SWITCH_BOOKING": custody.Received, "POST_MERGE_ADMISSION": custody.Received,
	"TRANSFERRED": custody.Received, "TRANSFER": custody.Received, "RECALL": custody.Recalled, "RETURN_FROM_COURT": custody.AbsenceBack, "TEMPORARY_ABSENCE_RETURN": custody.AbsenceBack,
	"RETURN_FROM_HOSPITAL": custody.HospitalBack,
}

var releasedReasons = map[string]custody.Kind{
	"RELEASED": custody.Released, "RELEASE": custody.Released, "RELEASED_TO_HOSPITAL": custody.HospitalOut, "SENT_TO_COURT": custody.AbsenceOut, "TEMPORARY_ABSENCE_RELEASE": custody.AbsenceOut,
	"TRANSFERRED": custody.Transferred, "TRANSFER": custody.Transferred,
}

// code writes a reason as the codes are written.
func code(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.TrimSpace(s)))
}

// number finds the prisoner number: among the person's identifiers, else in the event's own part. Two that differ are none.
func (d domainEvent) number() string {
	found, _ := custody.ParseNumber(d.Additional.Noms)
	for _, id := range d.Person.Identifiers {
		if !strings.EqualFold(id.Type, "NOMS") {
			continue
		}
		if n, err := custody.ParseNumber(id.Value); err == nil {
			if found != "" && found != n {
				return ""
			}
			found = n
		}
	}
	return found
}

// instant reads the first of the times that can be read. A time without a zone is London's.
func instant(times ...string) time.Time {
	for _, s := range times {
		s = strings.TrimSpace(s)
		s, _, _ = strings.Cut(s, "[") // "2026-07-01T10:00:00+01:00[Europe/London]"
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil && t.Year() > 1900 {
			return t
		}
		if t, err := time.Parse("2006-01-02T15:04:05", s); err == nil && t.Year() > 1900 {
			return workdays.Date(t.Year(), t.Month(), t.Day()).At(t.Hour(), t.Minute()).Add(time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond()))
		}
	}
	return time.Time{}
}

// short bounds what is kept of a foreign text.
func short(s string) string {
	if r := []rune(strings.TrimSpace(s)); len(r) > 200 {
		return string(r[:200])
	}
	return strings.TrimSpace(s)
}
