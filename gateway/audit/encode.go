package audit

import (
	"bytes"
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"kinbridge/gateway/ids"
)

const timeLayout = "2006-01-02T15:04:05.000000Z"

// Encode returns the entry's body: the one byte string that is stored, hashed and proved. seq is its place in the log,
// from 0. It refuses an entry that does not validate.
//
// The body is a JSON object with these members, in this order, all always present: v (1), seq, id, at, actor (kind, id,
// role, agency), kind, case, thread, subject, outcome, reasons, detail. There is no white space, details are sorted by
// key, times are in UTC with six decimals, and strings have no escapes but those of the quotation mark and reverse
// solidus.
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
	c := cursor{rest: body}
	c.literal(`{"v":1,"seq":`)
	seq = c.number()
	e.ID = c.text(`,"id":`)
	at, timeErr := time.Parse(timeLayout, c.text(`,"at":`))
	e.At = at.UTC()
	e.Actor.Kind = ids.ActorKind(c.text(`,"actor":{"kind":`))
	e.Actor.ID = c.text(`,"id":`)
	e.Actor.Role = ids.Role(c.text(`,"role":`))
	e.Actor.Agency = ids.AgencyID(c.text(`,"agency":`))
	e.Kind = Kind(c.text(`},"kind":`))
	e.Case = ids.CaseID(c.text(`,"case":`))
	e.Thread = ids.ThreadID(c.text(`,"thread":`))
	e.Subject = c.text(`,"subject":`)
	e.Outcome = Outcome(c.text(`,"outcome":`))
	for sep := range c.list(`,"reasons":[`, `]`) {
		e.Reasons = append(e.Reasons, c.text(sep))
	}
	for sep := range c.list(`,"detail":{`, `}`) {
		if e.Detail == nil {
			e.Detail = map[string]string{}
		}
		k := c.text(sep)
		e.Detail[k] = c.text(":")
	}
	c.literal("}")
	if c.bad || timeErr != nil || len(c.rest) != 0 {
		return 0, Entry{}, errors.New("audit: the entry is not in the log's format")
	}
	again, err := Encode(seq, e)
	if err != nil {
		return 0, Entry{}, err
	}
	if !bytes.Equal(again, body) {
		return 0, Entry{}, errors.New("audit: the entry is not in canonical form")
	}
	return seq, e, nil
}

// cursor reads the canonical form from left to right. After the first thing out of place it is bad and gives nothing.
// A general JSON reader would accept far more than one spelling, and verification reads every entry there is.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) literal(s string) {
	if c.bad || !bytes.HasPrefix(c.rest, []byte(s)) {
		c.bad = true
		return
	}
	c.rest = c.rest[len(s):]
}

func (c *cursor) number() int64 {
	end := bytes.IndexFunc(c.rest, func(r rune) bool { return r < '0' || r > '9' })
	if c.bad || end < 0 {
		c.bad = true
		return 0
	}
	n, err := strconv.ParseInt(string(c.rest[:end]), 10, 64)
	c.bad, c.rest = err != nil, c.rest[end:]
	return n
}

// text reads what stands before a string, and the string.
func (c *cursor) text(before string) string {
	c.literal(before)
	c.literal(`"`)
	var b []byte
	for !c.bad {
		i := bytes.IndexAny(c.rest, `"\\`)
		if i < 0 || (c.rest[i] == '\\' && i+1 == len(c.rest)) {
			break
		}
		b = append(b, c.rest[:i]...)
		if c.rest[i] == '"' {
			c.rest = c.rest[i+1:]
			return string(b)
		}
		b = append(b, c.rest[i+1])
		c.rest = c.rest[i+2:]
	}
	c.bad = true
	return ""
}

// list reads an opening, gives for each element what stands before it, and reads the close.
func (c *cursor) list(open, end string) iter.Seq[string] {
	return func(yield func(string) bool) {
		c.literal(open)
		for sep := ""; !c.bad && !bytes.HasPrefix(c.rest, []byte(end)); sep = "," {
			if !yield(sep) {
				return
			}
		}
		c.literal(end)
	}
}
