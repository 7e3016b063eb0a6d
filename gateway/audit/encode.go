package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"kinbridge/gateway/ids"
)

const timeLayout = "2006-01-02T15:04:05.000000Z"

// wire is the canonical JSON form: these members, in this order, all always present, no white space, details sorted
// by key, times in UTC with six decimals, and only the escapes that appendString writes.
type wire struct {
	V       int               `json:"v"`
	Seq     int64             `json:"seq"`
	ID      string            `json:"id"`
	At      string            `json:"at"`
	Actor   wireActor         `json:"actor"`
	Kind    Kind              `json:"kind"`
	Case    ids.CaseID        `json:"case"`
	Thread  ids.ThreadID      `json:"thread"`
	Subject string            `json:"subject"`
	Outcome Outcome           `json:"outcome"`
	Reasons []string          `json:"reasons"`
	Detail  map[string]string `json:"detail"`
}

type wireActor struct {
	Kind   ids.ActorKind `json:"kind"`
	ID     string        `json:"id"`
	Role   ids.Role      `json:"role"`
	Agency ids.AgencyID  `json:"agency"`
}

// Encode returns the entry's body: the one byte string that is stored, hashed and proved. seq is its place in the log,
// from 0. It refuses an entry that does not validate.
func Encode(seq int64, e Entry) ([]byte, error) {
	if seq < 0 {
		return nil, errors.New("audit: sequence numbers begin at 0")
	}
	if err := e.Validate(); err != nil {
		return nil, err
	}
	return appendBody(make([]byte, 0, 512), seq, e), nil
}

func appendBody(b []byte, seq int64, e Entry) []byte {
	b = append(b, `{"v":1,"seq":`...)
	b = strconv.AppendInt(b, seq, 10)
	b = appendMember(b, `,"id":`, e.ID)
	b = append(b, `,"at":"`...)
	b = e.At.AppendFormat(b, timeLayout)
	b = append(b, '"')
	b = appendMember(b, `,"actor":{"kind":`, string(e.Actor.Kind))
	b = appendMember(b, `,"id":`, e.Actor.ID)
	b = appendMember(b, `,"role":`, string(e.Actor.Role))
	b = appendMember(b, `,"agency":`, string(e.Actor.Agency))
	b = appendMember(b, `},"kind":`, string(e.Kind))
	b = appendMember(b, `,"case":`, string(e.Case))
	b = appendMember(b, `,"thread":`, string(e.Thread))
	b = appendMember(b, `,"subject":`, e.Subject)
	b = appendMember(b, `,"outcome":`, string(e.Outcome))
	b = append(b, `,"reasons":[`...)
	for i, r := range e.Reasons {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, r)
	}
	b = append(b, `],"detail":{`...)
	for i, k := range slices.Sorted(maps.Keys(e.Detail)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, k)
		b = appendMember(b, ":", e.Detail[k])
	}
	return append(b, "}}"...)
}

func appendMember(b []byte, name, value string) []byte {
	return appendString(append(b, name...), value)
}

// appendString writes a JSON string (RFC 8259 section 7). Validated strings have no control characters, so only the
// quotation mark and the reverse solidus need an escape; everything else is written as UTF-8.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// Decode reads a body. It is strict: only the bytes that Encode would write for the same entry are accepted, so a
// body has one meaning and a meaning one body.
func Decode(body []byte) (seq int64, e Entry, err error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	var w wire
	if err := dec.Decode(&w); err != nil {
		return 0, Entry{}, fmt.Errorf("audit: the entry is not in the log's format: %w", err)
	}
	at, err := time.Parse(timeLayout, w.At)
	if err != nil {
		return 0, Entry{}, errors.New("audit: the entry's time cannot be read")
	}
	e = Entry{
		ID: w.ID, At: at.UTC(), Actor: ids.Actor{Kind: w.Actor.Kind, ID: w.Actor.ID, Role: w.Actor.Role, Agency: w.Actor.Agency},
		Kind: w.Kind, Case: w.Case, Thread: w.Thread, Subject: w.Subject, Outcome: w.Outcome,
	}
	if len(w.Reasons) > 0 {
		e.Reasons = w.Reasons
	}
	if len(w.Detail) > 0 {
		e.Detail = w.Detail
	}
	again, err := Encode(w.Seq, e)
	if err != nil {
		return 0, Entry{}, err
	}
	if !bytes.Equal(again, body) {
		return 0, Entry{}, errors.New("audit: the entry is not in canonical form")
	}
	return w.Seq, e, nil
}
