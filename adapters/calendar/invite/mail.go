package invite

import (
	"bytes"

	"kinbridge/adapters/email/mailparse"
)

// FromMail takes from a parsed message what Read needs, with the messages attached to it (a forward of a forward).
func FromMail(m *mailparse.Message) Message { return fromMail(m, 0) }

func fromMail(m *mailparse.Message, depth int) Message {
	out := Message{Text: m.Text, HTML: m.HTML, Calendars: m.Calendar}
	if len(m.From) > 0 {
		out.From = m.From[0].Addr
	}
	if depth >= maxDepth {
		return out
	}
	for _, a := range m.Attachments {
		if a.Type != "message/rfc822" || len(out.Forwarded) == maxMessages {
			continue
		}
		if inner, _ := mailparse.Parse(a.Data, mailparse.Limits{}); inner != nil {
			out.Forwarded = append(out.Forwarded, fromMail(inner, depth+1))
		}
	}
	return out
}

// FromBytes takes a file of either kind: a calendar object as it is, or a whole email.
func FromBytes(raw []byte) (Message, error) {
	head := bytes.TrimLeft(bytes.TrimPrefix(raw[:min(len(raw), 4096)], []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(head) >= 15 && bytes.EqualFold(head[:15], []byte("BEGIN:VCALENDAR")) {
		return Message{Calendars: [][]byte{bytes.ToValidUTF8(raw, []byte("\uFFFD"))}}, nil
	}
	m, err := mailparse.Parse(raw, mailparse.Limits{})
	if m == nil {
		return Message{}, err
	}
	return FromMail(m), nil
}
