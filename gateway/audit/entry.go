// Package audit holds the record of who did what: typed entries with one canonical encoding, a Merkle tree over them
// with signed checkpoints (C2SP tlog-checkpoint, RFC 6962 hashing), proofs that stand without the database, and a
// verifier that recomputes everything and names the first bad entry.
//
// The package has no SQL. The store writes an entry's body in the transaction that does what the entry says, with the
// next sequence number and a running chain; a Sequencer then integrates the entries into the tree, within a second.
package audit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kinbridge/gateway/ids"
)

// Outcome is how the event came out.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"    // it was done
	Refused Outcome = "refused" // a rule or a check said no; nothing was done
	Held    Outcome = "held"    // it waits for a person
	Failed  Outcome = "failed"  // it was tried and did not work
)

// Entry is one event. Make one with the constructor of its kind (MessageWritten, MailHeld …), never as a literal: the
// zero Entry is invalid, so that "nothing to record" cannot be written. An entry holds identifiers and codes, never
// names, addresses, message text or anything else a person wrote.
type Entry struct {
	ID      string       // "aud_…"; set by Stamp
	At      time.Time    // UTC, whole microseconds; set by Stamp
	Actor   ids.Actor    // who; set by Stamp
	Kind    Kind         // what happened
	Case    ids.CaseID   // the case it belongs to, or ""
	Thread  ids.ThreadID // the thread it would give away, or "": who may not see the thread may not see the entry
	Subject string       // identifier of the thing acted on; Info.Subject says which sort of thing
	Outcome Outcome
	Reasons []string          // the decision's reasons, one line each
	Detail  map[string]string // further identifiers and codes
}

// Limits of an entry, so that one row stays a row.
const (
	maxToken   = 256 // bytes of an identifier or a Detail value
	maxReasons = 32
	maxReason  = 400 // bytes
	maxDetails = 32
)

// Stamp returns the entry with its identifier, time (rounded down to the microsecond, in UTC) and actor. An identifier and an actor
// that the entry already has are kept: a document may have to name the entry that names it, and some events are recorded on behalf of another.
func (e Entry) Stamp(id string, at time.Time, actor ids.Actor) Entry {
	if e.ID == "" {
		e.ID = id
	}
	e.At = at.UTC().Truncate(time.Microsecond)
	if e.Actor == (ids.Actor{}) {
		e.Actor = actor
	}
	// The log's form names one party: of staff the appointment. Who she is in all of hers stands beside it.
	e = e.With("signed_in", string(e.Actor.Person))
	e.Actor.Person = ""
	return e
}

// By returns the entry with an actor of its own, which Stamp then leaves alone.
func (e Entry) By(actor ids.Actor) Entry { e.Actor = actor; return e }

// Known returns the entry with an identifier of its own, which Stamp then leaves alone.
func (e Entry) Known(id string) Entry { e.ID = id; return e }

// In returns the entry with the case and thread it belongs to.
func (e Entry) In(c ids.CaseID, t ids.ThreadID) Entry { e.Case, e.Thread = c, t; return e }

// Because returns the entry with the decision's reasons appended.
func (e Entry) Because(reasons ...string) Entry {
	e.Reasons = append(slices.Clone(e.Reasons), reasons...)
	return e
}

// With returns the entry with one more detail; an empty value adds nothing. Values are identifiers and codes: pass
// words from outside through Code.
func (e Entry) With(key, value string) Entry {
	if value == "" {
		return e
	}
	detail := make(map[string]string, len(e.Detail)+1)
	maps.Copy(detail, e.Detail)
	detail[key] = value
	e.Detail = detail
	return e
}

// Code makes a permitted Detail value of any text: what is not printable ASCII becomes one underscore, and it is cut
// at 256 bytes. It is for codes that others send ("550 5.1.1"), not for content.
func Code(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case b.Len() >= maxToken:
			return b.String()
		case r > ' ' && r <= '~':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	return b.String()
}

// Validate reports what keeps the entry from being written. Nothing in an error quotes the entry's values.
func (e Entry) Validate() error {
	info, ok := known[e.Kind]
	if !ok {
		if e.Kind == "" {
			return errors.New("audit: the entry is empty: make it with a constructor")
		}
		return errors.New("audit: unknown kind of entry")
	}
	bad := func(format string, args ...any) error {
		return fmt.Errorf("audit: %s entry: "+format, append([]any{e.Kind}, args...)...)
	}
	switch {
	case !permitted(e.ID) || e.ID == "":
		return bad("it has no identifier, or one with spaces: call Stamp")
	case e.At.Location() != time.UTC || e.At.Nanosecond()%1000 != 0 || e.At.Year() < 1970 || e.At.Year() > 9999:
		return bad("its time is not in UTC and whole microseconds: call Stamp")
	case e.Actor.Kind == "":
		return bad("it has no actor")
	case !permitted(string(e.Actor.Kind), e.Actor.ID, string(e.Actor.Role), string(e.Actor.Agency)):
		return bad("its actor has an identifier with spaces or too long")
	case !permitted(string(e.Case), string(e.Thread), e.Subject):
		return bad("its case, thread or subject is not an identifier")
	case info.Cased && e.Case == "":
		return bad("it has no case")
	case info.Subject != "" && e.Subject == "":
		return bad("it does not say which %s", info.Subject)
	case e.Outcome != Done && e.Outcome != Refused && e.Outcome != Held && e.Outcome != Failed:
		return bad("it has no outcome")
	case len(e.Reasons) > maxReasons || len(e.Detail) > maxDetails:
		return bad("it has too many reasons or details")
	}
	for _, r := range e.Reasons {
		if !line(r) {
			return bad("a reason is empty, longer than %d bytes, or not one line of text", maxReason)
		}
	}
	for k, v := range e.Detail {
		if !key(k) || v == "" || !permitted(v) {
			return bad("a detail is not an identifier or a code: pass outside words through Code")
		}
	}
	return nil
}

// permitted reports whether each value is printable ASCII without spaces and not over the limit; empty is allowed.
func permitted(values ...string) bool {
	for _, v := range values {
		if len(v) > maxToken {
			return false
		}
		for i := range len(v) {
			if v[i] <= ' ' || v[i] > '~' {
				return false
			}
		}
	}
	return true
}

// key reports whether k is a lower-case name of a detail.
func key(k string) bool {
	for i := range len(k) {
		if c := k[i]; (c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return k != "" && len(k) <= 40
}

// line reports whether r is one non-empty line of text.
func line(r string) bool {
	if r == "" || len(r) > maxReason || !utf8.ValidString(r) {
		return false
	}
	return !strings.ContainsFunc(r, func(c rune) bool {
		return c < ' ' || c == 0x7f || c == 0x2028 || c == 0x2029 || (c >= 0x80 && c < 0xa0)
	})
}
