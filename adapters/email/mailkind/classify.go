// Package mailkind says what a received mail message is — words of a person, an automatic answer, a delivery report, an invitation, mail
// going round — and reads the facts out of those that are nobody's words. It is pure: no I/O, no clock, time linear in the message.
package mailkind

import (
	"strings"

	"kinbridge/adapters/email/mailparse"
)

// Kind is what a message is to the gateway.
type Kind string

// The kinds of message.
const (
	KindMessage   Kind = "message"    // written by a person
	KindAutoReply Kind = "auto_reply" // out of office, acknowledgement, "has left": sent by a machine in answer
	KindBounce    Kind = "bounce"     // a report on the delivery of a mail
	KindInvite    Kind = "invite"     // a calendar request, change, cancellation or answer
	KindLoop      Kind = "loop"       // our own mail come back, or mail going round
	KindRejected  Kind = "rejected"   // not to be read as mail: two writers, no writer and no text, or over a limit
)

// LoopHeader is set by our sender on every message, so that one of ours that comes back is known.
const LoopHeader = "X-Kinbridge-Loop"

// maxHops is the number of Received fields from which mail is held to be going round (RFC 5321 section 6.3 asks for a large
// number; Postfix gives up at 50).
const maxHops = 50

// Class is the kind of a message and what its kind tells.
type Class struct {
	Kind    Kind
	Bounces []Bounce // of a bounce: each recipient that failed or is delayed
	// Delivered are the recipients that a report says the mail has reached (RFC 3464 section 2.3.3). One that was "relayed" is not among
	// them: the mail went on to a server that reports nothing.
	Delivered []Bounce
	Auto      AutoReply // of an automatic answer
	Reason    string    // why this kind, in words for a person
}

// Classify says what kind of message m is. envelopeFrom is the SMTP sender: "" or "<>" when it was empty, "-" when unknown
// (a file), in which case Return-Path is asked.
func Classify(m *mailparse.Message, envelopeFrom string) Class {
	c := &classifier{m: m, subject: head(strings.TrimSpace(m.Subject), 500)}
	c.nullSender = envelopeFrom == "" || envelopeFrom == "<>"
	if envelopeFrom == "-" {
		rp, ok := m.Header.Raw("Return-Path"), m.Header.Has("Return-Path")
		c.nullSender = ok && strings.Trim(rp, "<> \t") == ""
	}
	for _, step := range []func() (Class, bool){c.rejected, c.bounce, c.loop, c.invite, c.autoReply} {
		if class, ok := step(); ok {
			return class
		}
	}
	return Class{Kind: KindMessage}
}

// classifier reads what it is asked for once.
type classifier struct {
	m           *mailparse.Message
	subject     string
	nullSender  bool
	subjectForm *subjectForm
	headerMarks *marks
	read        *report
	weighed     *evidence
}

// form is the subject taken apart.
func (c *classifier) form() *subjectForm {
	if c.subjectForm == nil {
		f := readSubject(c.subject, c.m.From)
		c.subjectForm = &f
	}
	return c.subjectForm
}

// marks is what the header tells of machines.
func (c *classifier) marks() *marks {
	if c.headerMarks == nil {
		k := readMarks(&c.m.Header)
		c.headerMarks = &k
	}
	return c.headerMarks
}

func (c *classifier) rejected() (Class, bool) {
	m := c.m
	switch {
	case m.FromHeaders > 1 && !sameFrom(m.From):
		return Class{Kind: KindRejected, Reason: "The message names more than one writer."}, true
	case m.OverLimit:
		return Class{Kind: KindRejected, Reason: "The message is over a limit of size or nesting."}, true
	case m.FromHeaders == 0 && len(m.Header.Fields) == 0 && strings.TrimSpace(m.Text+m.HTML) == "":
		return Class{Kind: KindRejected, Reason: "This is not a mail message."}, true
	}
	return Class{}, false
}

func sameFrom(from []mailparse.Address) bool {
	for _, a := range from {
		if !strings.EqualFold(a.Addr, from[0].Addr) {
			return false
		}
	}
	return true
}

func (c *classifier) loop() (Class, bool) {
	h := &c.m.Header
	delivered := map[string]int{}
	for _, v := range h.Values("Delivered-To") {
		v = strings.ToLower(strings.TrimSpace(v))
		if delivered[v]++; delivered[v] > 3 {
			return Class{Kind: KindLoop, Reason: "The message has been delivered to the same address before."}, true
		}
	}
	switch {
	case h.Has(LoopHeader):
		return Class{Kind: KindLoop, Reason: "The message is one of ours that came back."}, true
	case h.Count("Received") >= maxHops:
		return Class{Kind: KindLoop, Reason: "The message has passed through too many servers."}, true
	case h.Has("X-Loop") && !c.marks().list && loopsToUs(h): // a list's mail carries its own address in both
		return Class{Kind: KindLoop, Reason: "The message carries the mark of its own recipient."}, true
	}
	return Class{}, false
}

// loopsToUs says that X-Loop names the address the message is for.
func loopsToUs(h *mailparse.Header) bool {
	for _, to := range append(h.Addresses("To"), h.Addresses("Delivered-To")...) {
		for _, v := range h.Values("X-Loop") {
			if to.Addr != "" && strings.Contains(strings.ToLower(v), strings.ToLower(to.Addr)) {
				return true
			}
		}
	}
	return false
}

func (c *classifier) invite() (Class, bool) {
	for _, cal := range c.m.Calendar {
		if strings.Contains(strings.ToUpper(string(cal)), "BEGIN:VEVENT") {
			return Class{Kind: KindInvite, Reason: "The message carries a calendar event."}, true
		}
	}
	return Class{}, false
}
