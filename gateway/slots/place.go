package slots

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// PlaceKind says what sort of place it is.
type PlaceKind string

// The kinds of place.
const (
	KioskPlace PlaceKind = "kiosk"       // the shared screen on a wing
	VideoRoom  PlaceKind = "video_room"  // a room with a camera and a screen
	PhoneRoom  PlaceKind = "phone_room"  // a telephone and nothing else
	VisitsRoom PlaceKind = "visits_room" // where visitors come to her: no camera
)

// PlaceKinds lists every kind, in the order screens show them.
var PlaceKinds = []PlaceKind{KioskPlace, VideoRoom, PhoneRoom, VisitsRoom}

// Place is where a woman takes part in meetings.
type Place struct {
	ID            ids.PlaceID
	Establishment ids.AgencyID
	Name          string
	Kind          PlaceKind
	// Wings are those whose women may use it; none = all of the establishment.
	Wings []ids.WingID
	// Walk is how long it takes to bring her there from her wing, and back.
	Walk time.Duration
	// Private: what is said there is heard by nobody outside.
	Private bool
	// Legal: it is kept for legal visits.
	Legal bool
	// Beside is how many people can sit with her.
	Beside    int
	Withdrawn time.Time // zero = in use
}

// Limits of a place.
const (
	MaxPlaceName = 60 // characters: it stands on the movement list
	LongestWalk  = 45 * time.Minute
	MostBeside   = 12
)

// Check returns the place as it may be kept; Invalid, in words for whoever enters it, when something is wrong.
func (p Place) Check(wings []ids.WingID) (Place, error) {
	p.Name = strings.Join(strings.Fields(p.Name), " ")
	switch n := utf8.RuneCountInString(p.Name); {
	case n == 0 || n > MaxPlaceName || !utf8.ValidString(p.Name):
		return p, ids.E(ids.Invalid, "Give the place a name of 1 to %d letters, such as “Video room 2”: it stands on the movement list.", MaxPlaceName)
	case !slices.Contains(PlaceKinds, p.Kind):
		return p, ids.E(ids.Invalid, "Choose what kind of place it is.")
	case p.Walk < 0 || p.Walk > LongestWalk:
		return p, ids.E(ids.Invalid, "The walk there takes between 0 and %d minutes.", int(LongestWalk.Minutes()))
	case p.Beside < 0 || p.Beside > MostBeside:
		return p, ids.E(ids.Invalid, "Between 0 and %d people can sit with her.", MostBeside)
	}
	for _, w := range p.Wings {
		if !slices.Contains(wings, w) {
			return p, ids.E(ids.Invalid, "Choose wings of this establishment.")
		}
	}
	return p, nil
}

// Need is what a meeting asks of the place in which she takes part.
type Need struct {
	Kind   meetings.Kind
	Wing   ids.WingID
	Beside int // people who sit with her
	// Audio: her voice is enough. Else she is to be seen, which a telephone cannot do.
	Audio bool
}

// MustBePrivate reports whether a meeting of a kind may be held only where nobody else hears: with her lawyer, or alone with her supporter.
func MustBePrivate(k meetings.Kind) bool { return k == meetings.LegalVisit || k.Private() }

// Refuses says why a place is not fit for a meeting at any time; "" when it is.
func (p Place) Refuses(n Need) Reason {
	switch {
	case !p.Withdrawn.IsZero():
		return Withdrawn
	case len(p.Wings) > 0 && !slices.Contains(p.Wings, n.Wing):
		return OtherWing
	case p.Legal && n.Kind != meetings.LegalVisit:
		return LegalOnly
	case MustBePrivate(n.Kind) && !p.Private:
		return NotPrivate
	case n.Beside > p.Beside:
		return TooSmall
	case p.Kind == VisitsRoom && n.Kind != meetings.LegalVisit, p.Kind == PhoneRoom && !n.Audio:
		return NoVideo
	}
	return ""
}

// Leads are how long she is in the place before a meeting, for the talk with her supporter (PreBrief), and after it (Debrief).
type Leads struct{ PreBrief, Debrief time.Duration }

// DefaultLeads is a quarter of an hour before and after: PRODUCT.md's pre-brief and debrief. A legal visit, and the pre-brief and debrief themselves, have none. A
// deployment can set others.
func DefaultLeads(k meetings.Kind) Leads {
	if MustBePrivate(k) {
		return Leads{}
	}
	return Leads{PreBrief: 15 * time.Minute, Debrief: 15 * time.Minute}
}

// Times are when she is where, for one meeting in one place.
type Times struct {
	PickUp time.Time // she leaves her wing
	There  Span      // she has the place
	Back   time.Time // she is on her wing again
}

// Around says when she is where for a meeting with these times.
func (l Leads) Around(starts, ends time.Time, walk time.Duration) Times {
	t := Times{There: Span{From: starts.Add(-l.PreBrief), To: ends.Add(l.Debrief)}}
	t.PickUp, t.Back = t.There.From.Add(-walk), t.There.To.Add(walk)
	return t
}

// Away is the time in which she is not on her wing, or not free for anything else.
func (t Times) Away() Span { return Span{From: t.PickUp, To: t.Back} }
