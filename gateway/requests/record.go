package requests

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// RecordTitle is the first line of every record.
const RecordTitle = "Kinbridge record of an answer"

// Record is what is written down of one answer: it goes to whoever asked, signed, and can be checked without us. It holds no more than they are
// told anyway.
type Record struct {
	Mother, MotherID     string
	Child, ChildID       string // "" = no child in particular
	Asker                string // who asked, with her organisation
	Asked, Answered      time.Time
	Kind                 Kind
	Says                 Says
	Language             string // in which she was asked
	Shown                string // the words shown to her before she confirmed
	Heard                bool   // she had them read aloud
	Reason               string // her own words
	Kiosk                string // the device's identifier
	Case                 string // the case's reference
	Request, Question    string // identifiers
	QuestionWords        string // the message that asked; only its digest is written
	Message, Entry, Take string // her message; the entry of the audit log; the entry of the answer that this one takes the place of
}

var saysWords = map[Says]string{Yes: "YES", No: "NO", Talk: "NOT YET: she wants to talk about it first", Told: "in her own words, below"}
var langWords = map[string]string{"en": "English", "cy": "Welsh"}

// Text writes the record: lines "Name: value" and quoted lines that begin with "> ", so that a person reads it and a program can.
func (r Record) Text() string {
	var b strings.Builder
	b.WriteString(RecordTitle + "\n\n")
	line := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + oneLine(value) + "\n")
		}
	}
	quote := func(name, text string) {
		if text = strings.TrimSpace(text); text == "" {
			return
		}
		b.WriteString(name + ":\n")
		for _, l := range strings.Split(text, "\n") {
			b.WriteString("> " + visible(l) + "\n")
		}
	}
	line("Answer", saysWords[r.Says])
	line("Asked for", r.Kind.Words("en"))
	line("Child", withID(r.Child, r.ChildID))
	line("Answered by", withID(r.Mother, r.MotherID)+", after giving her PIN at a kiosk")
	line("Asked by", r.Asker)
	line("Asked on", stamp(r.Asked))
	line("Answered on", stamp(r.Answered))
	line("Language", langWords[r.Language])
	quote("Words shown to her before she confirmed", r.Shown)
	heard := "no, she did not ask for it"
	if r.Heard {
		heard = "yes"
	}
	line("Read aloud to her", heard)
	quote("Her own words", r.Reason)
	b.WriteString("\n")
	line("Case", r.Case)
	line("Kiosk", r.Kiosk)
	line("Request", r.Request)
	line("Message that asked", r.Question)
	sum := sha256.Sum256([]byte(r.QuestionWords))
	line("SHA-256 of its words", hex.EncodeToString(sum[:]))
	line("Message that answers", r.Message)
	line("Audit entry", r.Entry)
	line("Takes the place of the answer in", r.Take)
	b.WriteString("\nTo check this record: kinbridge audit record FILE --key KEY. A later answer takes its place.\n")
	return b.String()
}

// Digest is the SHA-256 of a record as it was sent, in hexadecimal: the audit entry holds it.
func Digest(signed []byte) string {
	sum := sha256.Sum256(signed)
	return hex.EncodeToString(sum[:])
}

// Field reads one line of a record's text; "" when it has none.
func Field(text, name string) string {
	for l := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(l, name+": "); ok {
			return strings.TrimRight(value, "\r\n")
		}
	}
	return ""
}

func withID(name, id string) string {
	if id == "" {
		return name
	}
	return name + " (" + id + ")"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006 15:04:05") + " UTC"
}

func oneLine(s string) string { return visible(strings.Join(strings.Fields(s), " ")) }

// visible drops what a signed text may not hold: control characters.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
