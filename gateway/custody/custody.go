// Package custody holds what prisons report about where a woman is, and works out her place from reports that come twice, late and out of
// order. It is pure and reads no clock.
package custody

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"kinbridge/gateway/ids"
)

// Kind is what happened.
type Kind string

// The kinds of event.
const (
	Received     Kind = "received"      // into an establishment, from outside or at the end of a transfer
	Transferred  Kind = "transferred"   // to Event.At; without it she has left Event.From and is on her way
	Released     Kind = "released"      // out of custody
	Recalled     Kind = "recalled"      // back into custody after release; Event.At may not be known yet
	HospitalOut  Kind = "hospital_out"  // to a hospital, still of Event.From
	HospitalBack Kind = "hospital_back" // back from it
	AbsenceOut   Kind = "absence_out"   // temporary absence or court
	AbsenceBack  Kind = "absence_back"  // back from it
	Merged       Kind = "merged"        // two prisoner numbers were one woman: Event.Former ends, Event.Number goes on
)

// Kinds lists every kind, in the order screens show them.
var Kinds = []Kind{Received, Transferred, Released, Recalled, HospitalOut, HospitalBack, AbsenceOut, AbsenceBack, Merged}

// Place is an establishment as a report names it. Code is that of the prisons' own records ("EWI"); either may be missing.
type Place struct {
	Code string
	Name string
}

// Known reports whether it names any place.
func (p Place) Known() bool { return p.Code != "" || p.Name != "" }

// same compares places: by code where both have one, else by name.
func (p Place) same(o Place) bool {
	if p.Code != "" && o.Code != "" {
		return p.Code == o.Code
	}
	if p.Name != "" && o.Name != "" {
		return strings.EqualFold(p.Name, o.Name)
	}
	return p == o
}

// WomensPrisons are the codes and names of the women's establishments of England, as the prisons' records are believed to have them; a
// deployment says which of its establishments a code is.
var WomensPrisons = map[string]string{
	"AGI": "Askham Grange", "BZI": "Bronzefield", "DHI": "Drake Hall", "DWI": "Downview", "ESI": "East Sutton Park", "EWI": "Eastwood Park",
	"FHI": "Foston Hall", "LNI": "Low Newton", "NHI": "New Hall", "PFI": "Peterborough", "SDI": "Send", "STI": "Styal",
}

// Event is one report. Events of one ID are the same event.
type Event struct {
	ID       string
	Kind     Kind
	Number   string // the prisoner number; after a merge the one that goes on
	Former   string // Merged only: the number that ends
	At       Place  // where she is now
	From     Place  // where she was
	Occurred time.Time
	Received time.Time // when the report came here; it orders nothing
	Source   string    // "form", "csv", "webhook"
	Reason   string    // in the report's own words or code
}

var number = regexp.MustCompile(`^[A-Z][0-9]{4}[A-Z]{2}$`)

// ParseNumber reads a prisoner number as people write it ("a1234 bc"). Invalid when it has not the form A1234BC.
func ParseNumber(s string) (string, error) {
	n := strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, s))
	if !number.MatchString(n) {
		return "", ids.E(ids.Invalid, "A prisoner number has the form A1234BC.")
	}
	return n, nil
}

// MakeID makes an ID of what an event says, for sources that give none: the same report read twice, from a file and from a webhook too, is the
// same event.
func (e Event) MakeID() string {
	h := sha256.New()
	at := e.At.Code
	if at == "" {
		at = strings.ToLower(e.At.Name)
	}
	for _, s := range []string{string(e.Kind), e.Number, e.Former, at, e.Occurred.UTC().Format(time.RFC3339)} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return "cev_" + hex.EncodeToString(h.Sum(nil)[:16])
}

// Check says what keeps an event from being used; nil when nothing does.
func (e Event) Check() error {
	if _, err := ParseNumber(e.Number); err != nil || e.ID == "" || e.Occurred.IsZero() {
		return ids.E(ids.Invalid, "A custody event has an identifier, a prisoner number and the time it happened.")
	}
	switch e.Kind {
	case Received:
		if !e.At.Known() {
			return ids.E(ids.Invalid, "Say which establishment has received her.")
		}
	case Transferred:
		if !e.At.Known() && !e.From.Known() {
			return ids.E(ids.Invalid, "Say to which establishment she was transferred, or from which.")
		}
	case Merged:
		if former, err := ParseNumber(e.Former); err != nil || former == e.Number {
			return ids.E(ids.Invalid, "A merge names the number that ended and the other one that goes on.")
		}
	case Released, Recalled, HospitalOut, HospitalBack, AbsenceOut, AbsenceBack:
	default:
		return ids.E(ids.Invalid, "There is no custody event of this kind.")
	}
	return nil
}
